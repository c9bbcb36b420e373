internal import AkashiClient
internal import ArgumentParser
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
            abstract: "Who is a validator: candidates, votes, new keys and certificates.",
            discussion: """
                A new validator: 'akashi init --observer', 'observe', 'akashi run', 'candidate', 'add', the others' 'vote',
                'execute'. Changes are in force from the next epoch on, W blocks after 'execute' or 'rekey'.
                """,
            subcommands: [
                ValidatorStatusCommand.self, ObserveCommand.self, CandidateCommand.self, AddValidatorCommand.self,
                RemoveValidatorCommand.self, ReplaceValidatorCommand.self, VoteCommand.self, ExecuteCommand.self,
                Rekey.self,
            ]
        )
    }

    struct Rekey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rekey",
            abstract: "Give a validator a new consensus key: after it lost its journal, or because it is time.",
            discussion: """
                The new key waits in the home as keys/consensus.key.next, and counts from the next epoch on, W blocks after
                the transaction. The certificate of the home is pinned anew with it; with --certificate a new one, which waits
                as tls/certificate.pem.next. Given again before it is final, it goes on with the same keys.
                Example: akashi admin validator rekey --home /var/lib/akashi --as our-registrar
                """
        )

        @Option(help: ArgumentHelp("The validator's home.", valueName: "directory"))
        var home: String

        @Option(
            help: ArgumentHelp("Where the other validators reach it. Default: as before.", valueName: "host:port")
        )
        var address: String?

        @Flag(help: "A new TLS key and certificate, too.")
        var certificate = false

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let session = try await signing.session()
            let registrar = try signing.key()
            let governance = ValidatorGovernance(session: session)
            let place = try await LocalHome(home)
            let present = try await place.presentKey().publicKey
            guard let seat = try await governance.seat(ofKey: present.bytes) else {
                throw ClientError("REFERENCE", "the home's key is that of no validator of the present epoch")
            }
            let next = try await LocalHome.reading { try place.keys.nextKey() }
            let pin = try await LocalHome.reading {
                try certificate ? place.certificates.next().pin : place.certificates.present().pin
            }
            let organisation = try await governance.organisation(of: registrar)
            let height = Height(try await session.client.status().certifiedHeight)
            let call = try session.call(
                "governance",
                "rekey-validator",
                [
                    "validator": .hex(present.bytes), "key": .hex(next.publicKey.bytes), "tls_pins": [.hex(pin)],
                    "address": .hex(Array((address ?? seat.address).utf8)), "height": .unsigned(height.number),
                    "possession": governance.possession(next, organisation, height),
                ]
            )
            let outcome = try await session.send([call], as: registrar, signing.wait)
            let boundary = try await governance.awaitBoundary(signing.wait.seconds)
            let keys: [String: JSONValue] = ["key": .hex(next.publicKey.bytes), "tls_pin": .hex(pin)]
            show(outcome.json(keys.merging(boundary) { first, _ in first }), signing.output)
        }
    }
}
