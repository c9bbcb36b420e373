internal import AkashiClient
internal import ArgumentParser
internal import ContractKit
internal import Contracts
internal import Ledger
internal import NodeAPI
internal import Primitives

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Ask a contract, as of a height, with a proof on demand.",
        discussion: """
            Example: akashi query governance organisations
            What can be asked: akashi query --list
            """
    )

    @Flag(help: "List contracts, methods and queries with their arguments.")
    var list = false

    @Argument(help: "The contract's name.")
    var contract: String?

    @Argument(help: "The query's name.")
    var query: String?

    @Argument(help: "Arguments as JSON; @FILE reads a file, - standard input.")
    var arguments = "{}"

    @Option(help: ArgumentHelp("The block whose state is asked.", valueName: "height"))
    var at: UInt64?

    @Option(help: ArgumentHelp("Ask for a proof, show only what it proves, and write it here.", valueName: "file"))
    var proof: String?

    @OptionGroup var node: NodeOptions
    @OptionGroup var chain: ChainOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if list { return QueryCommand.describe(output) }
        guard let contract, let query else { throw ClientError("USAGE", "name a contract and a query, or --list") }
        let session = try await Session.open(node, chain)
        let answer: JSONValue
        let height: Height
        if let proof {
            let proven = try await session.askProven(contract, query, argumentsJSON(arguments), at: at)
            (answer, height) = (proven.answer, proven.height)
            try writeFile(proven.proof, to: proof)
        } else {
            (answer, height) = try await session.askWithHeight(contract, query, argumentsJSON(arguments), at: at)
        }
        show(["height": .unsigned(height.number), "answer": answer], output, answer.lines)
    }

    private static func describe(_ output: OutputOptions) {
        let descriptions = ContractRegistry.descriptions
        var lines: [String] = []
        var contracts: [JSONValue] = []
        for contract in descriptions {
            lines.append("\(contract.name) (version \(contract.version))")
            for method in contract.methods {
                lines.append("  call  \(method.name) {\(method.fields.map(\.name).joined(separator: ", "))}")
                lines.append("        \(method.summary)")
            }
            for query in contract.queries {
                lines.append("  ask   \(query.name) {\(query.fields.map(\.name).joined(separator: ", "))}")
                lines.append("        \(query.summary)")
            }
            contracts.append([
                "name": .string(contract.name), "version": .unsigned(contract.version),
                "methods": .texts(contract.methods.map(\.name)), "queries": .texts(contract.queries.map(\.name)),
            ])
        }
        show(["contracts": .array(contracts)], output, lines)
    }
}
