internal import AkashiClient
internal import ArgumentParser
internal import Ledger
internal import Logging
internal import NodeAPI
internal import NodeRuntime
internal import PeerNetwork
internal import Primitives
internal import Storage

struct LedgerRepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make the damaged database of a stopped node anew from what can be read and from the other nodes.",
        discussion: """
            The new database begins with a snapshot, each part of it proven, and has blocks as far down as the old one; states of
            heights before the snapshot are not kept, but with --replay, which executes all blocks again. The journal goes
            along, or, if it cannot be read, the validator follows and needs a new consensus key (akashi admin validator rekey).
            The old database is kept beside the new one. Where nothing is damaged, nothing is changed.
            Example: akashi ledger repair /var/lib/akashi
            """
    )

    @Argument(help: ArgumentHelp("A home.", valueName: "directory"))
    var home: String

    @Flag(help: "Execute all blocks again, for a node that is to keep the states of all heights.")
    var replay = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        LoggingSystem.bootstrap { NodeLog(label: $0, format: .text, shared: LogLevel(.notice)) }
        do {
            let repair = try DatabaseRepair(
                try await NodeConfiguration.load(home: home),
                version: AkashiCommand.version,
                logger: Logger(label: "akashi")
            )
            guard let report = try await repair.run(replaying: replay) else {
                return show(["damaged": false], output)
            }
            show(document(report), output)
        } catch let error as ConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        } catch StorageError.locked {
            throw ClientError("RUNNING", "\(home): a node runs on it; stop it first")
        } catch let error as StorageError {
            throw ClientError("STORAGE", "\(home): \(error)")
        } catch let fault as LedgerFault {
            throw ClientError("STORAGE", "\(home): \(fault)")
        } catch let finding as ChainAudit.Finding {
            throw ClientError("DAMAGED", "\(home): even what was made anew is damaged: \(finding)")
        }
    }

    private func document(_ report: DatabaseRepair.Report) -> JSONValue {
        let journal =
            switch report.keepsJournal {
            case nil: "none"
            case true?: "kept"
            case false?: "lost: the validator only follows, until it has a new key: akashi admin validator rekey"
            }
        return [
            "damaged": true, "found": .string(report.found), "height": .unsigned(report.height.number),
            "complete_from": .unsigned(report.statesFrom.number), "blocks_from": .unsigned(report.blocksFrom.number),
            "journal": .string(journal), "old_database": .string(report.damaged),
        ]
    }
}
