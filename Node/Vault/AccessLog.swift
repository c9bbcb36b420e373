internal import Foundation
internal import GRDB
package import Primitives

/// One read that was asked for, allowed or not.
package struct AccessEntry: Hashable, Sendable {
    package enum Outcome: UInt64, Hashable, Sendable {
        case denied = 0
        case allowed = 1
        case erased = 2

        package var text: String {
            switch self {
            case .denied: "DENIED"
            case .allowed: "ALLOWED"
            case .erased: "ERASED"
            }
        }
    }

    package let number: Int64
    package let time: UInt64
    package let subject: Digest
    /// Nil where it was about the person as a whole.
    package let reference: Digest?
    /// Who asked, and what for: identifiers, so that the log holds no personal data of its own.
    package let reader: Identifier
    package let purpose: Identifier
    package let outcome: Outcome
}

extension AccessEntry {
    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 160)
        encoder.array(6)
        encoder.unsigned(time)
        encoder.byteString(subject)
        encoder.byteString(reference?.bytes ?? [])
        encoder.text(reader)
        encoder.text(purpose)
        encoder.unsigned(outcome.rawValue)
        return encoder.bytes
    }

    init(number: Int64, decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 6)
        self.number = number
        time = try decoder.unsigned()
        subject = try decoder.digest()
        reference = Digest(try decoder.byteString(atMost: Digest.byteCount))
        reader = try decoder.identifier()
        purpose = try decoder.identifier()
        guard let outcome = Outcome(rawValue: try decoder.unsigned()) else { throw .unexpectedValue }
        self.outcome = outcome
        try decoder.finish()
    }
}

/// The log's entries, each with a code over itself and the code before: HMAC(log key, previous code ‖ number ‖ entry).
/// Whoever changes, drops or inserts an entry without the operator's key breaks the chain.
enum AccessLog {
    /// What an entry says but for its number, which the log gives it.
    typealias Draft = AccessEntry

    static func append(_ draft: Draft, under key: SecretKey, in database: Database) throws {
        let last = try Row.fetchOne(database, sql: "SELECT number, code FROM access ORDER BY number DESC LIMIT 1")
        let previousNumber: Int64 = last?["number"] ?? 0
        let number = previousNumber + 1
        let code = code(draft.encoded, number: number, after: last?.bytes("code") ?? [], under: key)
        try database.execute(
            sql: "INSERT INTO access (number, entry, code) VALUES (?, ?, ?)",
            arguments: [number, draft.encoded.blob, code.blob]
        )
    }

    /// All entries from the first, after checking each code.
    static func entries(under key: SecretKey, in database: Database) throws -> [AccessEntry] {
        var entries: [AccessEntry] = []
        var previous: [UInt8] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT number, entry, code FROM access ORDER BY number")
        while let row = try rows.next() {
            let number: Int64 = row["number"]
            let bytes = row.bytes("entry")
            let expected = code(bytes, number: number, after: previous, under: key)
            guard number == Int64(entries.count) + 1, expected == row.bytes("code") else {
                throw VaultError.logTampered(entry: number)
            }
            entries.append(try AccessEntry(number: number, decoding: bytes))
            previous = expected
        }
        return entries
    }

    private static func code(
        _ entry: [UInt8],
        number: Int64,
        after previous: [UInt8],
        under key: SecretKey
    ) -> [UInt8] {
        var encoder = CBOREncoder(capacity: entry.count + 48)
        encoder.array(3)
        encoder.byteString(previous)
        encoder.integer(number)
        encoder.byteString(entry)
        return key.code(over: encoder.bytes)
    }
}
