internal import AkashiClient
internal import ArgumentParser
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives
internal import TFC

struct FieldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "field",
        abstract:
            "Trustworthy fields: who may enter is decided by disclosure, mutual verification and a sealed ballot.",
        discussion: "Example: akashi field vote CASE yes --as minato-founder",
        subcommands: [
            Create.self, Join.self, Apply.self, Disclose.self, Attest.self, AttestMember.self, Assent.self,
            FieldVoteCommand.self, FieldRevealCommand.self, Show.self, Case.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Create a field with its founders; the caller joins at once, the others with 'join'."
        )

        @Argument(help: "The field's name.")
        var name: String

        @Option(help: ArgumentHelp("Organisations with commas, each with :weight if not 1.", valueName: "list"))
        var founders: String

        @Option(help: ArgumentHelp("Attributes that every applicant discloses, with commas.", valueName: "list"))
        var required: String

        @Option(help: ArgumentHelp("How many verifiers must confirm each attribute.", valueName: "number"))
        var verifiers: UInt64 = 1

        @Option(help: ArgumentHelp("How many members the applicant must attest.", valueName: "number"))
        var mutual: UInt64 = 1

        @Option(help: ArgumentHelp("Basis points of the weight that must vote.", valueName: "number"))
        var quorum: UInt64 = 5_000

        @Option(help: ArgumentHelp("Basis points of the votes that must be yes.", valueName: "number"))
        var threshold: UInt64 = 6_667

        @Option(help: ArgumentHelp("The time for each phase, in seconds.", valueName: "seconds"))
        var phase: UInt64 = 86_400

        @OptionGroup var signing: SigningOptions

        func validate() throws {
            guard (1...31_449_600).contains(phase) else { throw ValidationError("--phase is 1 to 31449600 seconds") }
        }

        func run() async throws {
            let key = try signing.key()
            let id = SHA256Function.digest(of: TFC.fieldPreimage(founder: key.account, name: try identifier(name)))
            let milliseconds: JSONValue = .unsigned(phase * 1000)
            try await signing.send(
                "tfc",
                "create-field",
                [
                    "name": .string(name),
                    "policy": [
                        "required": .texts(required.split(separator: ",").map(String.init)),
                        "verifiers_needed": .unsigned(verifiers), "quorum": .unsigned(quorum),
                        "threshold": .unsigned(threshold), "member_weight": 1, "admitted_verify": true,
                        "mutual": .unsigned(mutual), "disclosure_time": milliseconds,
                        "verification_time": milliseconds, "commit_time": milliseconds,
                        "reveal_time": milliseconds, "cooldown": 0,
                    ],
                    "founders": .array(try founders.split(separator: ",").map { try founder(String($0)) }),
                ],
                adding: ["field": .hex(id)]
            )
        }

        private func founder(_ text: String) throws(ClientError) -> JSONValue {
            let parts = text.split(separator: ":")
            guard let organisation = parts.first, parts.count <= 2 else {
                throw ClientError("USAGE", "a founder is organisation or organisation:weight")
            }
            var weight: UInt64 = 1
            if parts.count == 2 {
                guard let number = UInt64(parts[1]) else { throw ClientError("USAGE", "a weight is a number") }
                weight = number
            }
            return ["organisation": .string(String(organisation)), "weight": .unsigned(weight), "verifies": true]
        }
    }

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "join", abstract: "Join as a named founder.")

        @Argument(help: "The field's id.")
        var field: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send("tfc", "join-field", ["field": .string(field)])
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "apply",
            abstract: "Apply for the organisation of the account that signs."
        )

        @Argument(help: "The field's id.")
        var field: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let session = try await signing.session()
            let key = try signing.key()
            let call = try session.call("tfc", "apply", ["field": .string(field)])
            let outcome = try await session.send([call], as: key, signing.wait)
            // The case's number follows from how often the organisation applied, which the chain knows.
            let organisation = try await session.client.account(key.account).organisation
            let applicant = try await session.ask(
                "tfc",
                "applicant",
                ["field": .string(field), "organisation": .string(organisation)]
            )
            show(outcome.json(["case": applicant["open"] ?? .null]), signing.output)
        }
    }

    struct Disclose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disclose",
            abstract: "Disclose attributes as commitments; what opens them is printed, for the verifiers."
        )

        @Argument(help: "The case's id.")
        var admission: String

        @Option(
            name: .customLong("attribute"),
            help: ArgumentHelp("type=FILE: the credential that shows it; repeatable.", valueName: "type=file")
        )
        var attributes: [String]

        @Option(help: ArgumentHelp("The organisation that vouches for them.", valueName: "organisation"))
        var issuer: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            var claims: [JSONValue] = []
            var openings: [JSONValue] = []
            for text in attributes {
                let (type, path) = try pair(text, "an attribute")
                let credential = try readFile(path)
                let blinding = randomBytes(count: 32)
                claims.append([
                    "type": .string(type), "commitment": .hex(attributeCommitment(type, blinding, credential)),
                    "issuer": .string(issuer), "credential": .hex(SHA256Function.digest(of: blinding + credential)),
                    "audience": "verifiers",
                ])
                openings.append(["type": .string(type), "blinding": .hex(blinding), "file": .string(path)])
            }
            try await signing.send(
                "tfc",
                "disclose",
                ["case": .string(admission), "attributes": .array(claims)],
                adding: ["openings": .array(openings)]
            )
        }
    }

    struct Attest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "attest",
            abstract: "Say, as a verifier, whether a disclosed attribute is true."
        )

        @Argument(help: "The case's id.")
        var admission: String

        @Argument(help: "The attribute's type.")
        var attribute: String

        @Flag(name: .customLong("no"), help: "It is not true.")
        var isDenied = false

        @Option(help: ArgumentHelp("How it was checked, as an identifier.", valueName: "name"))
        var method = "document-check"

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send(
                "tfc",
                "attest",
                [
                    "case": .string(admission), "attribute": .string(attribute), "ok": .boolean(!isDenied),
                    "method": .string(method),
                ]
            )
        }
    }

    struct AttestMember: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "attest-member",
            abstract: "Say, as the applicant, whether a member is what it says: verification is mutual."
        )

        @Argument(help: "The case's id.")
        var admission: String

        @Argument(help: "The member's organisation.")
        var organisation: String

        @Option(help: ArgumentHelp("How it was checked, as an identifier.", valueName: "name"))
        var method = "register-check"

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send(
                "tfc",
                "attest-member",
                [
                    "case": .string(admission), "organisation": .string(organisation), "ok": true,
                    "method": .string(method),
                ]
            )
        }
    }

    struct Assent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "assent",
            abstract: "Assent, as the applicant, to entering the field."
        )

        @Argument(help: "The case's id.")
        var admission: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send("tfc", "assent", ["case": .string(admission)])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "A field with its policy and members."
        )

        @Argument(help: "The field's id.")
        var field: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            let session = try await asking.session()
            let row = try await session.ask("tfc", "field", ["field": .string(field)])
            let members = try await session.ask("tfc", "members", ["field": .string(field), "limit": 100])
            show(["field": row, "members": members["members"] ?? []], asking.output)
        }
    }

    struct Case: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "case",
            abstract: "An application with its phase, attributes and votes, for anybody to recount."
        )

        @Argument(help: "The case's id.")
        var admission: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            let session = try await asking.session()
            let attributes = try await session.ask("tfc", "attributes", ["case": .string(admission)])
            let ballot = try await session.ask("tfc", "ballot", ["case": .string(admission), "limit": 100])
            show(
                [
                    "case": ballot["case"] ?? .null, "votes": ballot["votes"] ?? [],
                    "attributes": attributes["attributes"] ?? [],
                ],
                asking.output
            )
        }
    }
}

/// SHA-256 of `[domain, type, blinding, credential]`: hides the credential, and binds it to the type.
private func attributeCommitment(_ type: String, _ blinding: [UInt8], _ credential: [UInt8]) -> Digest {
    var encoder = CBOREncoder(capacity: credential.count + 128)
    encoder.array(4)
    encoder.text("akashi/attribute-commitment/1")
    encoder.text(type)
    encoder.byteString(blinding)
    encoder.byteString(credential)
    return SHA256Function.digest(of: encoder.bytes)
}
