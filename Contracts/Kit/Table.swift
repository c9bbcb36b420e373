internal import Primitives

/// Whether a table's rows are leaves of the state tree.
package enum TableKind: Hashable, Sendable {
    /// Rows that nothing else says. They are leaves, so their presence and absence can be proven.
    case primary
    /// Rows that follow from primary ones and can be rebuilt. They are no leaves.
    case index
    /// An index that is complete by its contract's rules and is a leaf, so that absence from it proves something.
    case provenIndex
}

/// Rows of one type under keys of one type, in the order of the keys. Declared once, as a constant of its contract;
/// only that contract can touch it.
package struct Table<Key: TableKey, Row: Record>: Sendable {
    package let contract: ContractID
    package let kind: TableKind
    private let number: UInt8

    /// Numbers are the contract's own, below 128, and never used again for something else.
    package init(_ contract: ContractID, _ number: UInt8, kind: TableKind = .primary) {
        precondition(number < StateLayout.indexBit, "the highest bit of a table's byte marks indexes")
        self.contract = contract
        self.kind = kind
        self.number = kind == .index ? number | StateLayout.indexBit : number
    }

    /// The state key of a row, also for those who prove it.
    package func stateKey(_ key: some TableKey) -> StateKey {
        var bytes: StateKey = [contract.number, number]
        bytes.reserveCapacity(2 + 40)
        key.append(to: &bytes)
        return bytes
    }

    private func checkOwner(_ context: borrowing ContractContext) throws(ContractError) {
        guard context.contract == contract else {
            throw ContractError(.policy, "the table belongs to another contract")
        }
    }

    package func get(_ key: Key, _ context: inout ContractContext) throws(ContractError) -> Row? {
        try checkOwner(context)
        guard let bytes = try context.read(stateKey(key)) else { return nil }
        return try Row(decoding: bytes)
    }

    /// The row, or REFERENCE.
    package func existing(
        _ key: Key,
        _ name: String,
        _ context: inout ContractContext
    ) throws(ContractError) -> Row {
        guard let row = try get(key, &context) else { throw ContractError(.reference, "no such " + name) }
        return row
    }

    package func contains(_ key: Key, _ context: inout ContractContext) throws(ContractError) -> Bool {
        try checkOwner(context)
        return try context.read(stateKey(key)) != nil
    }

    package func put(_ key: Key, _ row: Row, _ context: inout ContractContext) throws(ContractError) {
        try checkOwner(context)
        try context.write(stateKey(key), try row.encoded())
    }

    /// A new row; DUPLICATE if there is one.
    package func insert(
        _ key: Key,
        _ row: Row,
        _ name: String,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard try !contains(key, &context) else { throw ContractError(.duplicate, "there is already such a " + name) }
        try put(key, row, &context)
    }

    package func delete(_ key: Key, _ context: inout ContractContext) throws(ContractError) {
        try checkOwner(context)
        try context.write(stateKey(key), nil)
    }
}

// For indexes that are made from leaves, without a context.
extension Table {
    /// Key and row of an entry of the state; nil where it is not of this table.
    package func read(_ entry: StateEntry) throws(ContractError) -> (key: Key, row: Row)? {
        guard entry.key.count >= 2, entry.key[0] == contract.number, entry.key[1] == number else { return nil }
        var reader = KeyReader(entry.key, from: 2)
        guard let key = Key.read(from: &reader), reader.isAtEnd else {
            throw ContractError(.schema, "a row with another key")
        }
        return (key, try Row(decoding: entry.value))
    }

    /// The entry of the state that a row is.
    package func entry(_ key: Key, _ row: Row) throws(ContractError) -> StateEntry {
        StateEntry(key: stateKey(key), value: try row.encoded())
    }
}

extension Table where Row == Nothing {
    /// Adds a key to an index.
    package func add(_ key: Key, _ context: inout ContractContext) throws(ContractError) {
        try put(key, Nothing(), &context)
    }
}
