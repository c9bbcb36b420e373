internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Height, view, primary and peers of one validator.",
        discussion: "Example: akashi status --node http://127.0.0.1:7101 --json"
    )

    @Flag(help: "Print no report; exit 0 once the node follows the chain and takes transactions, 1 before.")
    var ready = false

    @OptionGroup var node: NodeOptions
    @OptionGroup var chain: ChainOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try node.client()
        // Another network may answer where this one is expected.
        if let path = chain.path, try await client.genesis() != readFile(path) {
            throw ClientError("CHAIN", "\(client.urls.joined(separator: ", ")) runs another chain than that of \(path)")
        }
        if ready {
            guard try await client.isReady() else { throw ExitCode(1) }
            return
        }
        let report = try await client.status()
        show(
            report.json,
            output,
            [
                "validator         \(report.place)",
                "height            \(report.height), certified \(report.certifiedHeight)",
                "view              \(report.view), primary \(report.primary)",
                "state root        \(report.stateRoot)",
                "connected peers   \(report.peers)",
            ] + (report.completeFrom.flatMap { $0 > 0 ? ["complete from     height \($0)"] : nil } ?? [])
                + (report.joining.map { ["joining           takes the snapshot at height \($0)"] } ?? [])
                + (report.silence.map { ["votes             \($0)"] } ?? [])
        )
    }
}

extension NodeReport {
    /// Why it votes for nothing, if it does not.
    fileprivate var silence: String? {
        if votes || index == nil { return nil }
        return awaitsAnswers == true
            ? "not yet: it waits until others say what they have seen of its votes"
            : "no more: its journal was lost (docs/operations.md)"
    }

    fileprivate var place: String {
        guard let index else { return "none: an observer" }
        return "\(index)\(index == primary ? " (primary)" : "")"
    }

    /// The fields on which scripts of other people rely.
    var json: JSONValue {
        [
            "index": .number(index), "alive": .boolean(alive), "height": .unsigned(height), "view": .unsigned(view),
            "primary": .unsigned(primary), "state_root": .string(stateRoot),
            "certified_height": .unsigned(certifiedHeight), "complete_from": .number(completeFrom),
            "peers": .unsigned(peers),
        ]
    }
}
