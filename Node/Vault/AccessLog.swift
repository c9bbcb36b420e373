internal import Foundation
internal import GRDB
internal import Primitives

/// How the access log differs from the one that was written.
package enum LogDamage: Hashable, Sendable {
    case changed(entry: Int64)
    case missing(from: Int64, through: Int64)
    /// The head ends before entries that are there: an older head was put back.
    case olderHead(Int64)
    case head
}

/// The log's entries, each with a code over itself and the code before: HMAC(log key, previous code ‖ number ‖ entry);
/// and a head, HMAC(head key, number ‖ code of the newest entry), written in the transaction of every entry.
///
/// Whoever changes, drops or inserts an entry without the operator's key breaks the chain; the head says where the chain
/// ends, because a chain alone is as whole without its newest entries. The head has a key of its own: under the
/// entries' key, the code of any entry would serve as the head of a shorter log.
enum AccessLog {
    /// What an entry says but for its number, which the log gives it.
    typealias Draft = AccessEntry

    private struct Head {
        let number: Int64
        /// The newest entry's code; empty before the first.
        let last: [UInt8]

        static let empty = Head(number: 0, last: [])
    }

    /// Says that the log has no entry yet.
    static func begin(under key: OperatorKey, in database: Database) throws {
        try write(.empty, under: key, in: database)
    }

    /// Goes on from the head, not from the newest row: entries that were dropped stay missing for ever.
    static func append(_ draft: Draft, under key: OperatorKey, in database: Database) throws {
        let head = try readHead(under: key, in: database)
        let number = head.number + 1
        let newest = try Int64.fetchOne(database, sql: "SELECT max(number) FROM access") ?? 0
        guard newest < number else { throw VaultError.logTampered(.olderHead(head.number)) }
        let code = code(draft.encoded, number: number, after: head.last, under: key)
        try database.execute(
            sql: "INSERT INTO access (number, entry, code) VALUES (?, ?, ?)",
            arguments: [number, draft.encoded.blob, code.blob]
        )
        try write(Head(number: number, last: code), under: key, in: database)
    }

    /// All entries from the first to the head's, after checking each code.
    static func entries(under key: OperatorKey, in database: Database) throws -> [AccessEntry] {
        let head = try readHead(under: key, in: database)
        var entries: [AccessEntry] = []
        var previous: [UInt8] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT number, entry, code FROM access ORDER BY number")
        while let row = try rows.next() {
            let number: Int64 = row["number"]
            let next = Int64(entries.count) + 1
            if number > head.number { throw VaultError.logTampered(.olderHead(head.number)) }
            if number > next { throw VaultError.logTampered(.missing(from: next, through: number - 1)) }
            let bytes = row.bytes("entry")
            let expected = code(bytes, number: number, after: previous, under: key)
            guard number == next, expected == row.bytes("code") else {
                throw VaultError.logTampered(.changed(entry: number))
            }
            entries.append(try AccessEntry(number: number, decoding: bytes))
            previous = expected
        }
        let count = Int64(entries.count)
        guard count == head.number else {
            throw VaultError.logTampered(.missing(from: count + 1, through: head.number))
        }
        guard previous == head.last else { throw VaultError.logTampered(.changed(entry: count)) }
        return entries
    }

    /// Makes every code and the head again under a new key; refuses a log that is not whole, which would be whole
    /// afterwards.
    static func renew(from old: OperatorKey, to new: OperatorKey, in database: Database) throws {
        var head = Head.empty
        for entry in try entries(under: old, in: database) {
            head = Head(
                number: entry.number,
                last: code(entry.encoded, number: entry.number, after: head.last, under: new)
            )
            try database.execute(
                sql: "UPDATE access SET code = ? WHERE number = ?",
                arguments: [head.last.blob, head.number]
            )
        }
        try write(head, under: new, in: database)
    }

    private static func readHead(under key: OperatorKey, in database: Database) throws -> Head {
        let row = try Row.fetchOne(database, sql: "SELECT number, last, code FROM accessHead WHERE one = 1")
        guard let row else { throw VaultError.logTampered(.head) }
        let head = Head(number: row["number"], last: row.bytes("last"))
        guard code(of: head, under: key) == row.bytes("code") else { throw VaultError.logTampered(.head) }
        return head
    }

    private static func write(_ head: Head, under key: OperatorKey, in database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO accessHead (one, number, last, code) VALUES (1, ?, ?, ?)",
            arguments: [head.number, head.last.blob, code(of: head, under: key).blob]
        )
    }

    private static func code(of head: Head, under key: OperatorKey) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 48)
        encoder.array(2)
        encoder.integer(head.number)
        encoder.byteString(head.last)
        return key.logHead.code(over: encoder.bytes)
    }

    private static func code(
        _ entry: [UInt8],
        number: Int64,
        after previous: [UInt8],
        under key: OperatorKey
    ) -> [UInt8] {
        var encoder = CBOREncoder(capacity: entry.count + 48)
        encoder.array(3)
        encoder.byteString(previous)
        encoder.integer(number)
        encoder.byteString(entry)
        return key.log.code(over: encoder.bytes)
    }
}
