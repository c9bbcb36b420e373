internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI
internal import Primitives

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Follow what contracts do, one JSON document per line.",
        discussion: "Example: akashi events --contract marketplace --count 10"
    )

    @Option(help: ArgumentHelp("Only this contract's events.", valueName: "name"))
    var contract: String?

    @Option(help: ArgumentHelp("Only events of this name.", valueName: "name"))
    var event: String?

    @Option(help: ArgumentHelp("Resume after this event: height-index.", valueName: "id"))
    var after: String?

    @Option(help: ArgumentHelp("Stop after so many.", valueName: "number"))
    var count: UInt64?

    @OptionGroup var node: NodeOptions

    func run() async throws {
        var remaining = count ?? .max
        guard remaining > 0 else { return }
        let selection = NodeClient.EventSelection(contract: contract, event: event, after: after)
        try await node.client().follow(selection) { event in
            standardOutput(event.data)
            remaining -= 1
            return remaining > 0
        }
    }
}
