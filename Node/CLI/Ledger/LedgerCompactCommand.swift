internal import AkashiClient
internal import ArgumentParser
internal import Ledger
internal import NodeAPI
internal import Primitives
internal import Storage

struct LedgerCompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Give back the space of what was deleted; the validator must be stopped.",
        discussion: "Example: akashi ledger compact /var/lib/akashi"
    )

    @Argument(help: ArgumentHelp("A home.", valueName: "directory"))
    var home: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let data = try await LedgerDirectory.data(of: home)
        let chain = try await LedgerDirectory.open(home).chain
        let before = LedgerDirectory.byteCount(of: data)
        do throws(StorageError) {
            let database = try Database(path: data, chain: chain.id)
            for family in ColumnFamily.allCases {
                progress("compacting: \(family.name)")
                database.compact(family)
            }
        } catch {
            throw ClientError("STORAGE", "\(home): \(error)")
        }
        let after = LedgerDirectory.byteCount(of: data)
        show(
            [
                "bytes_before": .unsigned(before), "bytes_after": .unsigned(after),
                "bytes_freed": .unsigned(before > after ? before - after : 0),
            ],
            output
        )
    }
}
