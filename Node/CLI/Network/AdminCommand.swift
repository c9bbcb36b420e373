internal import AkashiClient
internal import ArgumentParser
internal import Governance
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import NodeRuntime
internal import PeerNetwork
internal import Primitives

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "What members do with their validators.",
        subcommands: [Validator.self]
    )

    struct Validator: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "validator",
            abstract: "The own validator: a new consensus key, a new certificate.",
            subcommands: [Rekey.self]
        )
    }

    struct Rekey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rekey",
            abstract: "Give a validator a new consensus key: after it lost its journal, or because it is time.",
            discussion: """
                The new key waits in the home as keys/consensus.key.next, and counts from the next epoch on, W blocks after
                the transaction. The certificate of the home is pinned anew with it. Given again before it is final, it goes on with the same key.
                Example: akashi admin validator rekey --home /var/lib/akashi --as our-registrar
                """
        )

        @Option(help: ArgumentHelp("The validator's home.", valueName: "directory"))
        var home: String

        @Option(
            help: ArgumentHelp(
                "Where the other validators reach it. Default: as the genesis says.",
                valueName: "host:port"
            )
        )
        var address: String?

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let session = try await signing.session()
            let registrar = try signing.key()
            let configuration: NodeConfiguration
            let present: PublicKey
            let next: PrivateKey
            let pin: Digest
            do {
                configuration = try await NodeConfiguration.load(home: home)
                let files = KeyFiles(configuration)
                present = try files.presentKey().publicKey
                next = try files.nextKey()
                pin = try TLSMaterial.load(
                    certificatePath: configuration.certificatePath,
                    keyPath: configuration.certificateKeyPath
                ).pin
            } catch let error as ConfigurationError {
                throw ClientError("CONFIGURATION", error.description)
            }
            // What is signed comes from the genesis or from the operator, never from a node's word.
            let genesis = configuration.validatorIndex
                .flatMap { session.chain.validators.validators.dropFirst($0).first }
            guard let address = address ?? genesis?.address else {
                throw ClientError("USAGE", "say where the others reach the validator with --address HOST:PORT")
            }
            let account = try await session.askProven(
                "governance",
                "account",
                ["account": .hex(registrar.account.digest)]
            )
            guard let organisation = account.answer["organisation"]?.text.flatMap({ Identifier($0) }) else {
                throw ClientError("REFERENCE", "the registrar's account cannot be read")
            }
            let height = Height(try await session.client.status().certifiedHeight)
            let statement = Governance.consensusKeyStatement(
                chain: session.chain.id,
                organisation: organisation,
                key: next.publicKey,
                height: height
            )
            let call = try session.call(
                "governance",
                "rekey-validator",
                [
                    "validator": .hex(present.bytes), "key": .hex(next.publicKey.bytes), "tls_pins": [.hex(pin)],
                    "address": .hex(Array(address.utf8)), "height": .unsigned(height.number),
                    "possession": .hex(next.sign(statement).bytes),
                ]
            )
            let outcome = try await session.send([call], as: registrar, signing.wait)
            show(outcome.json(["key": .hex(next.publicKey.bytes)]), signing.output)
        }
    }
}
