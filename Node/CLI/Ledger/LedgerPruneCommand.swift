internal import AkashiClient
internal import ArgumentParser
internal import FoundationEssentials
internal import Ledger
internal import NodeAPI
internal import NodeRuntime
internal import Primitives

struct LedgerPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Forget blocks beyond a retention and give their space back; the validator must be stopped.",
        discussion: """
            Transactions, receipts, events and old versions of the state go; headers and certificates stay. A running
            validator prunes by itself, by storage.retention_blocks, which is the retention here too if --keep is not given.
            Example: akashi ledger prune /var/lib/akashi --keep 100000
            """
    )

    @Argument(help: ArgumentHelp("A home.", valueName: "directory"))
    var home: String

    @Option(help: ArgumentHelp("How many blocks to keep, counted back from the last one.", valueName: "blocks"))
    var keep: UInt64?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let retention = try await retention()
        let report = try await LedgerCompaction.run(on: home) { store throws(LedgerFault) in
            let before = store.lowest
            let target = store.prunable(keeping: retention)
            var pruner = ChainPruner(store, keyLimit: 20_000)
            var keyCount: UInt64 = 0
            while let step = try pruner.step(below: target) {
                keyCount += UInt64(step.keyCount)
                progress("pruning: height \(step.below.number) of \(target.number)")
            }
            try pruner.releaseFiles()
            return [
                "height": .unsigned(store.lastExecuted.number),
                "complete_from_before": .unsigned(before.number), "complete_from": .unsigned(store.lowest.number),
                "keys_deleted": .unsigned(keyCount),
            ]
        }
        show(report, output)
    }

    private func retention() async throws -> UInt64 {
        if let keep { return keep }
        guard FileManager.default.fileExists(atPath: "\(home)/\(NodeConfiguration.fileName)") else {
            throw ClientError("USAGE", "\(home): is not a validator's home; give --keep")
        }
        do {
            let configured = try await NodeConfiguration.load(home: home).retentionBlocks
            guard configured > 0 else {
                throw ClientError("ARCHIVE", "\(home): keeps all blocks (storage.retention_blocks is 0); give --keep")
            }
            return configured
        } catch let error as ConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        }
    }
}
