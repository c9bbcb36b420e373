internal import AkashiClient
internal import FoundationEssentials
internal import Ledger
internal import NodeAPI
internal import NodeRuntime
internal import Primitives

/// Copies that are there as a whole or not at all.
enum LedgerCopy {
    /// Copies a chain into a new directory: made under another name beside it, and renamed when it is complete.
    ///
    /// - Returns: what was copied, for whoever gave the command.
    static func copy(_ store: ChainStore, from source: String, to path: String) throws -> JSONValue {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ClientError("EXISTS", "\(path): is there already")
        }
        let unfinished = path + ".unfinished"
        try? FileManager.default.removeItem(atPath: unfinished)
        try FileManager.default.createDirectory(
            atPath: unfinished,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        do {
            let byteCount = try LedgerDirectory.reading(source) { () throws(LedgerFault) in
                try store.copy(to: unfinished) { progress("copying: \($0 >> 20) MiB") }
            }
            try FileManager.default.moveItem(atPath: unfinished, toPath: path)
            return [
                "directory": .string(path), "height": .unsigned(store.lastExecuted.number),
                "certified_height": .unsigned(store.lastCertified.number), "bytes": .unsigned(byteCount),
            ]
        } catch {
            try? FileManager.default.removeItem(atPath: unfinished)
            throw error
        }
    }

    static func genesis(of home: String) async throws -> [UInt8] {
        do {
            return try readFile(try await NodeConfiguration.load(home: home).genesisPath)
        } catch let error as ConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        }
    }
}
