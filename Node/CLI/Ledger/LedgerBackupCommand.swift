internal import AkashiClient
internal import ArgumentParser
internal import FoundationEssentials
internal import Ledger
internal import NodeAPI
internal import Primitives
internal import Storage

struct LedgerBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a chain as it is now, also of a validator that runs; never its journal or keys.",
        discussion: "Example: akashi ledger backup /var/lib/akashi --to /backup/2026-11-21"
    )

    @Argument(help: ArgumentHelp("A home or data.", valueName: "directory"))
    var directory: String

    @Option(help: ArgumentHelp("The new directory.", valueName: "directory"))
    var to: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let store = try await LedgerDirectory.open(directory)
        show(try LedgerCopy.copy(store, from: directory, to: to), output)
    }
}

struct LedgerRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup into a home that has no data, after checking all of it.",
        discussion: """
            A validator that is put back follows the others, and votes again once it has a new consensus key (akashi admin
            validator rekey): what it voted since the backup stands in no backup.
            Example: akashi ledger restore /backup/2026-11-21 --home /var/lib/akashi
            """
    )

    @Argument(help: ArgumentHelp("The backup.", valueName: "directory"))
    var backup: String

    @Option(help: ArgumentHelp("The validator's home, without data.", valueName: "directory"))
    var home: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let data = try await LedgerDirectory.data(of: home)
        guard data != home else { throw ClientError("CONFIGURATION", "\(home): is not a validator's home") }
        guard !FileManager.default.fileExists(atPath: data) else {
            throw ClientError("EXISTS", "\(data): is there already; move it away first")
        }
        let genesis = try await LedgerCopy.genesis(of: home)
        let store = try await LedgerDirectory.open(backup)
        guard store.chain.bytes == genesis else {
            throw ClientError(
                "CHAIN",
                "\(backup): belongs to chain \(store.chain.id.hex), which is not that of \(home)"
            )
        }
        do {
            var audit = ChainAudit(store) { progress("checking: \($0)") }
            _ = try audit.run()
        } catch {
            throw ClientError("DAMAGED", "\(backup): \(error)")
        }
        show(try LedgerCopy.copy(store, from: backup, to: data), output)
    }
}
