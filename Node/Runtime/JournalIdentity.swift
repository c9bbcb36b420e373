internal import FoundationEssentials
internal import Ledger
internal import LedgerCrypto
internal import Primitives
internal import Storage

/// Which journal a consensus key has voted with (rule 20).
///
/// A key whose journal is gone must never vote again: it may have promised what nobody here remembers. The journal and a
/// file beside the key carry the same random id, so that an emptied, exchanged or replaced database is noticed before the
/// first vote.
enum JournalIdentity {
    enum Finding: Equatable {
        /// The journal that the key has always voted with, or the key has never voted.
        case own
        case lost
    }

    /// Compares the two, and ties a new key to a journal.
    static func check(_ database: Database, of key: PrivateKey, keyPath: String) throws -> Finding {
        let path = "\(keyPath).journal-\(Hex.encode(key.publicKey.bytes).prefix(16))"
        let known = try database.get(.meta, MetaKey.journal.bytes)
        guard FileManager.default.fileExists(atPath: path) else {
            let identity = known ?? (0..<32).map { _ in UInt8.random(in: .min ... .max) }
            // The database first: a crash between the two leaves a journal whose key has not voted.
            var batch = database.makeBatch()
            batch.put(.meta, MetaKey.journal.bytes, identity)
            try database.write(batch, synced: true)
            try write(identity, to: path)
            return .own
        }
        guard let data = FileManager.default.contents(atPath: path), data.count <= 256,
            let text = String(bytes: data, encoding: .utf8),
            let identity = Hex.decode(text.filter { !$0.isWhitespace })
        else { throw ConfigurationError("\(path): does not name a journal; without it the key cannot vote safely") }
        return identity == known ? .own : .lost
    }

    private static func write(_ identity: [UInt8], to path: String) throws {
        do {
            try Data((Hex.encode(identity) + "\n").utf8).write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch { throw ConfigurationError("\(path): cannot be written: \(error)") }
    }
}
