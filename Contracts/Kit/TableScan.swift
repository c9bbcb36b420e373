internal import Primitives

/// The cursor of paged questions.
package enum PageCursor {
    package static let greatestByteCount = 256
    /// The longest page that anybody gets.
    package static let greatestPage: UInt64 = 100
}

/// The first two fields of every paged question, to be visited before its others.
package struct PageArguments: Record, Hashable {
    package var after: [UInt8]?
    package var limit: UInt64?

    package init() {}

    /// How many rows: as many as asked for, or the longest page.
    package var count: UInt64 { limit ?? PageCursor.greatestPage }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.optional(1, "after", &after, .cursor)
        try visitor.optional(2, "limit", &limit, .unsigned(from: 1, through: PageCursor.greatestPage))
    }
}

/// Some rows in order, and where to go on.
package struct Page<Key: TableKey, Row: Record>: Sendable {
    package struct Entry: Sendable {
        package let key: Key
        package let row: Row
    }

    package var entries: [Entry]
    /// Given back as `after`, continues behind the last row; nil where there is no more.
    package var next: [UInt8]?
}

extension Table {
    /// Rows whose keys begin with the prefix, in order, behind the cursor. `Whole()` is the prefix of all rows.
    package func scan(
        prefix: some TableKey = Whole(),
        after cursor: [UInt8]? = nil,
        limit: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) -> Page<Key, Row> {
        let start = stateKey(prefix)
        guard let end = StateLayout.end(ofPrefix: start) else { return Page(entries: [], next: nil) }
        return try scan(start, end, after: cursor, limit: limit, &context)
    }

    /// Rows with from ≤ key < to, where both may be beginnings of keys.
    package func scan(
        from: some TableKey,
        to: some TableKey,
        after cursor: [UInt8]? = nil,
        limit: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) -> Page<Key, Row> {
        try scan(stateKey(from), stateKey(to), after: cursor, limit: limit, &context)
    }

    /// The first row with the prefix.
    package func first(
        prefix: some TableKey = Whole(),
        _ context: inout ContractContext
    ) throws(ContractError) -> Page<Key, Row>.Entry? {
        try scan(prefix: prefix, limit: 1, &context).entries.first
    }

    private func scan(
        _ from: StateKey,
        _ to: StateKey,
        after cursor: [UInt8]?,
        limit: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) -> Page<Key, Row> {
        guard context.contract == contract else {
            throw ContractError(.policy, "the table belongs to another contract")
        }
        guard limit > 0, limit <= PageCursor.greatestPage else { throw ContractError(.limit, "page size") }
        var start = from
        if let cursor {
            guard cursor.count <= PageCursor.greatestByteCount else { throw ContractError(.limit, "cursor") }
            // The cursor comes from outside: it can only move the start forward within the range asked for.
            let behind = Array(from.prefix(2)) + cursor + [0]
            if start.lexicographicallyPrecedes(behind) { start = behind }
        }
        // One more than asked for, to know whether there is more.
        let found = try context.scan(from: start, to: to, limit: Int(limit) + 1)
        var page = Page<Key, Row>(entries: [], next: nil)
        for entry in found.prefix(Int(limit)) { page.entries.append(try self.entry(entry)) }
        if found.count > Int(limit) { page.next = page.entries.last?.key.bytes }
        return page
    }

    private func entry(_ entry: StateEntry) throws(ContractError) -> Page<Key, Row>.Entry {
        guard let (key, row) = try read(entry) else { throw ContractError(.schema, "a row of another table") }
        return Page<Key, Row>.Entry(key: key, row: row)
    }
}
