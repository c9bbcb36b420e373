internal import AkashiClient
internal import ArgumentParser
internal import Ledger
internal import NodeAPI
internal import Primitives
internal import Storage

struct LedgerInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "What a database holds, and with --check whether all of it fits together.",
        discussion: "Example: akashi ledger inspect testnet/run/validator-0 --check"
    )

    @Argument(help: ArgumentHelp("A home, data or a backup.", valueName: "directory"))
    var directory: String

    @Flag(help: "Check every block, certificate, receipt, event and row, and every tree node that a kept height needs.")
    var check = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let data = try await LedgerDirectory.data(of: directory)
        let store = try await LedgerDirectory.open(directory)
        let header = store.lastHeader
        var report: [String: JSONValue] = [
            "chain": .hex(store.chain.id), "name": .string(store.chain.genesis.chainName.text),
            "schema": .unsigned(schemaVersion), "epoch": .unsigned(header.epoch),
            "height": .unsigned(header.height.number), "certified_height": .unsigned(store.lastCertified.number),
            "complete_from": .unsigned(store.stateFloor.number), "state_root": .hex(header.stateRoot),
            "bytes": .unsigned(LedgerDirectory.byteCount(of: data)),
            "families": .object(families(store.database)),
        ]
        if check { report["checked"] = try audit(store) }
        show(.object(report), output)
    }

    private func families(_ database: Database) -> [String: JSONValue] {
        var families: [String: JSONValue] = [:]
        for family in ColumnFamily.allCases {
            families[family.name] = [
                "keys": .number(database.property("rocksdb.estimate-num-keys", of: family)),
                "bytes": .number(database.property("rocksdb.total-sst-files-size", of: family)),
            ]
        }
        return families
    }

    private func audit(_ store: ChainStore) throws -> JSONValue {
        var audit = ChainAudit(store) { progress("checking: \($0)") }
        do {
            let report = try audit.run()
            return [
                "blocks": .unsigned(report.blocks), "certificates": .unsigned(report.certificates),
                "transactions": .unsigned(report.transactions), "events": .unsigned(report.events),
                "rows": .unsigned(report.rows), "states": .unsigned(report.states),
                "state_records": .unsigned(report.records),
            ]
        } catch let finding as ChainAudit.Finding {
            throw ClientError("DAMAGED", "\(directory): \(finding) (akashi ledger repair makes a home's database anew)")
        } catch let fault as LedgerFault {
            throw ClientError("STORAGE", "\(directory): \(fault)")
        } catch let error as StorageError {
            throw ClientError("STORAGE", "\(directory): \(error)")
        }
    }
}
