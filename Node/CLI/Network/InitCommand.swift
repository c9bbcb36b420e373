internal import AkashiClient
internal import ArgumentParser
internal import Ledger
internal import NodeAPI
internal import Primitives

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a validator's home: keys, certificate, configuration.",
        discussion: """
            Without --chain: makes the keys and prints what the genesis must say of this validator.
            With --chain: finds its place in the genesis and writes the configuration.
            With --observer, too: for a machine that is not in the genesis and follows ('akashi admin validator').
            Example: akashi init --home /var/lib/akashi
            """
    )

    @Option(help: ArgumentHelp("The home's directory.", valueName: "directory"))
    var home: String

    @Option(help: ArgumentHelp("The genesis file.", valueName: "file"))
    var chain: String?

    @Flag(help: "The machine is none of the genesis' validators.")
    var observer = false

    @Option(help: ArgumentHelp("Where to listen for validators.", valueName: "host:port"))
    var peers = "0.0.0.0:7200"

    @Option(help: ArgumentHelp("Where to serve the HTTP API.", valueName: "host:port"))
    var api = "127.0.0.1:7100"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let place = ValidatorHome(path: home)
        let identity = try place.establish(index: 0)
        var result: [String: JSONValue] = [
            "home": .string(home), "consensus_key": .hex(identity.consensusKey.bytes), "tls_pin": .hex(identity.pin),
        ]
        if let chain {
            let bytes = try readFile(chain)
            let genesis = try decodeGenesis(bytes)
            let index = try index(of: identity, in: genesis)
            try place.complete(genesis: bytes, index: index, peers: peers, api: api)
            result["index"] = .number(index.map { UInt64($0) })
            result["chain"] = .hex(genesis.id)
        }
        show(.object(result), output)
    }

    private func index(of identity: ValidatorHome.Identity, in genesis: Chain) throws(ClientError) -> Int? {
        let index = genesis.validators.index(of: identity.consensusKey)
        if observer {
            guard let index else { return nil }
            throw ClientError("USAGE", "this home's key is that of validator \(index): give no --observer")
        }
        guard let index else {
            throw ClientError(
                "REFERENCE",
                "this home's key is none of the genesis' validators; --observer makes a home that follows"
            )
        }
        guard genesis.validators.validators[index].tlsPins.contains(identity.pin) else {
            throw ClientError("REFERENCE", "the genesis pins another TLS key for validator \(index)")
        }
        return index
    }
}
