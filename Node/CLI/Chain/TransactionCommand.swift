internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import NodeAPI
internal import Primitives

struct TransactionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tx",
        abstract: "Transactions: any call by contract, method and JSON arguments.",
        discussion: """
            Example: akashi tx send governance suspend-account '{"account": "…"}' --as registrar
            The arguments' schema: akashi query --list, or GET /v1/contracts.
            """,
        subcommands: [Send.self, Status.self, Proof.self]
    )

    struct Send: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "send",
            abstract: "Sign a call, send it, and wait until it is final."
        )

        @Argument(help: "The contract's name.")
        var contract: String

        @Argument(help: "The method's name.")
        var method: String

        @Argument(help: "Arguments as JSON; @FILE reads a file, - standard input. Bytes are lower-case hex.")
        var arguments = "{}"

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var signer: SignerOptions
        @OptionGroup var wait: WaitOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let session = try await Session.open(node, chain)
            let call = try session.call(contract, method, argumentsJSON(arguments))
            show(try await session.send([call], as: signer.key(), wait).json(), output)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Where a transaction stands: unknown, pending, final, refused or expired."
        )

        @Argument(help: "The transaction's id.")
        var id: String

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try digest(id, "a transaction's id")
            let session = try await Session.open(node, chain)
            let answer = try await session.client.transaction(id)
            try await TransactionSender(client: session.client, chain: session.chain).confirm(answer, id)
            show(answer.json(id: id), output)
        }
    }

    struct Proof: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "proof",
            abstract: "Fetch the proof file of a final transaction, for 'akashi verify': 'akashi proof transaction'."
        )

        @Argument(help: "The transaction's id.")
        var id: String

        @OptionGroup var fetching: FetchingOptions

        func run() async throws { try await fetching.fetchTransaction(try digest(id, "a transaction's id")) }
    }
}

/// JSON from the command line, a file or standard input.
func argumentsJSON(_ text: String) throws(ClientError) -> JSONValue {
    let bytes: [UInt8]
    if text == "-" {
        bytes = Array(FileHandle.standardInput.readDataToEndOfFile())
    } else if text.hasPrefix("@") {
        bytes = try readFile(String(text.dropFirst()))
    } else {
        bytes = Array(text.utf8)
    }
    do {
        return try JSONValue(parsing: bytes)
    } catch {
        throw ClientError("USAGE", "the arguments are not JSON as it is taken here: \(error.message)")
    }
}
