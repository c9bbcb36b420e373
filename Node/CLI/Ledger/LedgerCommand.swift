internal import AkashiClient
internal import ArgumentParser
internal import FoundationEssentials
internal import Ledger
internal import NodeAPI
internal import NodeRuntime
internal import Storage

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Look into a validator's database, compare, back up, export, restore, repair, prune and compact it.",
        discussion: """
            A directory is a validator's home, its data, or a backup. Looking, comparing and backing up change nothing and
            may be done while the validator runs: they see the chain as it is when they begin. Pruning, compacting and
            repairing need it stopped.
            """,
        subcommands: [
            LedgerInspectCommand.self, LedgerCompareCommand.self, LedgerBackupCommand.self, LedgerRestoreCommand.self,
            LedgerSnapshotCommand.self, LedgerPruneCommand.self, LedgerCompactCommand.self, LedgerRepairCommand.self,
        ]
    )
}

/// Where a database is, and what it takes on disk.
enum LedgerDirectory {
    /// The data of a home; otherwise the directory itself.
    static func data(of path: String) async throws -> String {
        guard FileManager.default.fileExists(atPath: "\(path)/akashi.yaml") else { return path }
        do {
            return try await NodeConfiguration.load(home: path).dataPath
        } catch let error as ConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        }
    }

    static func open(_ path: String) async throws -> ChainStore {
        let data = try await data(of: path)
        return try reading(path) { () throws(LedgerFault) in try ChainStore(readingAt: data) }
    }

    /// Runs what reads a database, and says which one it was that failed.
    static func reading<Result>(
        _ path: String,
        _ body: () throws(LedgerFault) -> Result
    ) throws(ClientError) -> Result {
        do throws(LedgerFault) { return try body() } catch { throw ClientError("STORAGE", "\(path): \(error)") }
    }

    /// What a directory takes on disk with all that is below it, as `du` says.
    static func byteCount(of path: String) -> UInt64 {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
        return DiskUsage.byteCount(ofFiles: [path] + names.map { "\(path)/\($0)" })
    }
}
