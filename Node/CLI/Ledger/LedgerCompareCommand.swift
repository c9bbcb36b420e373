internal import AkashiClient
internal import ArgumentParser
internal import ContractKit
internal import Contracts
internal import Ledger
internal import NodeAPI
internal import Primitives
internal import Storage

struct LedgerCompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "The first height, and in it the first key, where two databases differ.",
        discussion: """
            Compares headers, which bind all else, then receipts, events and the rows of the state as they are kept. Whether a
            database holds what its headers say, with every node of the state tree, is for 'inspect --check'.
            Exits 1 where they differ.
            Example: akashi ledger compare testnet/run/validator-0 testnet/run/validator-1
            """
    )

    @Argument(help: ArgumentHelp("A home, data or a backup.", valueName: "directory"))
    var first: String

    @Argument(help: ArgumentHelp("Another one.", valueName: "directory"))
    var second: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let one = try await LedgerDirectory.open(first)
        let other = try await LedgerDirectory.open(second)
        let outcome = try LedgerDirectory.reading("\(first), \(second)") { () throws(LedgerFault) in
            try ChainComparison(one, other) { progress("comparing: \($0)") }.run()
        }
        let (report, text) = describe(outcome)
        show(report, output, [text])
        if case .equal = outcome { return }
        throw ExitCode(1)
    }

    private func describe(_ outcome: ChainComparison.Outcome) -> (JSONValue, String) {
        switch outcome {
        case .equal(let height, let hasRows):
            let note = hasRows ? "" : "; the rows as of then are not known to both any more"
            return (
                ["equal": true, "height": .unsigned(height.number), "rows_compared": .boolean(hasRows)],
                "equal through height \(height.number)\(note)"
            )
        case .content(let height, let family):
            return (
                ["equal": false, "blocks_equal_through": .unsigned(height.number), "differs": .string(family.name)],
                "the headers are equal, but not the \(family.name) of block \(height.number); one of the disks is damaged"
            )
        case .genesis(let own, let other):
            return (
                ["equal": false, "chains": [.hex(own), .hex(other)]],
                "they belong to different chains: \(own.hex) and \(other.hex)"
            )
        case .block(let height, let own, let other, let key):
            let report: JSONValue = [
                "equal": false, "height": .unsigned(height.number), "headers": [.hex(own), .hex(other)],
                "key": key.map { .hex($0.key) } ?? .null,
                "values": key.map { [value($0.own?.value), value($0.other?.value)] } ?? .null,
            ]
            let start = "the first block that differs is \(height.number): \(own.hex) and \(other.hex)"
            guard let key else { return (report, start + "; in no key that both still know") }
            let place = ContractRegistry.place(of: key.key)
            return (
                report, start + "; the first key is \(place): \(text(key.own?.value)) and \(text(key.other?.value))"
            )
        case .row(let height, let key, let own, let other):
            return (
                [
                    "equal": false, "blocks_equal_through": .unsigned(height.number), "key": .hex(key),
                    "values": [value(own), value(other)],
                ],
                """
                the blocks are equal through height \(height.number), but not the rows beside the state tree: the first is \
                \(ContractRegistry.place(of: key)): \(text(own)) and \(text(other)); one of the disks is damaged
                """
            )
        }
    }

    private func value(_ bytes: [UInt8]?) -> JSONValue { bytes.map { .hex($0) } ?? .null }
    private func text(_ bytes: [UInt8]?) -> String { bytes.map { Hex.encode($0) } ?? "nothing" }
}
