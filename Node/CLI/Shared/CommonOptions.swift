internal import AkashiClient
internal import ArgumentParser
internal import Ledger
internal import NodeAPI

/// What every command that signs a call takes.
struct SigningOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @OptionGroup var chain: ChainOptions
    @OptionGroup var signer: SignerOptions
    @OptionGroup var wait: WaitOptions
    @OptionGroup var output: OutputOptions

    func session() async throws -> Session { try await Session.open(node, chain) }

    func key() throws -> ClientKey { try signer.key() }

    /// Sends one call and shows how it ended, with what the command adds.
    func send(
        _ contract: String,
        _ method: String,
        _ arguments: JSONValue,
        adding more: [String: JSONValue] = [:]
    ) async throws {
        let session = try await session()
        let call = try session.call(contract, method, arguments)
        show(try await session.send([call], as: key(), wait).json(more), output)
    }
}

/// What every command that asks takes.
struct AskingOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @OptionGroup var chain: ChainOptions
    @OptionGroup var output: OutputOptions

    func session() async throws -> Session { try await Session.open(node, chain) }

    func ask(_ contract: String, _ query: String, _ arguments: JSONValue) async throws {
        show(try await session().ask(contract, query, arguments), output)
    }
}

/// Splits `key=value`.
func pair(_ text: String, _ what: String) throws(ClientError) -> (String, String) {
    guard let place = text.firstIndex(of: "=") else {
        throw ClientError("USAGE", "\(what) is key=value, unlike '\(text)'")
    }
    return (String(text[..<place]), String(text[text.index(after: place)...]))
}
