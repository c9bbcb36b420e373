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
                the transaction. The certificate of the home is pinned anew with it. Given again, it goes on where it was.
                Example: akashi admin validator rekey --home /var/lib/akashi --as our-registrar
                """
        )

        @Option(help: ArgumentHelp("The validator's home.", valueName: "directory"))
        var home: String

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
            let validators = try await session.client.validators()
            guard let own = validators.first(where: { $0.key == Hex.encode(present.bytes) }),
                let organisation = Identifier(own.organisation)
            else { throw ClientError("REFERENCE", "\(home): its key is not the key of any present validator") }
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
                    "address": .hex(Array(own.address.utf8)), "height": .unsigned(height.number),
                    "possession": .hex(next.sign(statement).bytes),
                ]
            )
            let outcome = try await session.send([call], as: registrar, signing.wait)
            show(outcome.json(["key": .hex(next.publicKey.bytes)]), signing.output)
        }
    }
}
