internal import AkashiClient
internal import ArgumentParser
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent",
        abstract: "Consents and record commitments on the chain; the data itself stays in a vault.",
        discussion: "Example: akashi consent withdraw CONSENT --as resident",
        subcommands: [
            Record.self, Grant.self, Withdraw.self, Show.self, List.self, RequestRecord.self, Accesses.self,
        ]
    )

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "record",
            abstract: "A custodian commits to a record in its vault."
        )

        @Argument(help: "The record's random reference.")
        var reference: String

        @Option(help: ArgumentHelp("Who it is about: an account.", valueName: "account"))
        var pseudonym: String

        @Option(help: ArgumentHelp("The hiding commitment from the vault.", valueName: "digest"))
        var commitment: String

        @Option(name: .customLong("class"), help: ArgumentHelp("The class of data.", valueName: "name"))
        var dataClass = "profile"

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send(
                "consent",
                "commit-record",
                [
                    "record": .hex(digest(reference, "a record's reference")),
                    "pseudonym": .hex(account(pseudonym, signing.signer.store).digest),
                    "data_class": .string(dataClass),
                    "commitment": .hex(digest(commitment, "a commitment")),
                ]
            )
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant",
            abstract: "A subject consents to a use of its data, under the pseudonym that signs."
        )

        @Option(help: ArgumentHelp("What for, as an identifier.", valueName: "purpose"))
        var purpose: String

        @Option(name: .customLong("class"), help: ArgumentHelp("Classes of data, with commas.", valueName: "names"))
        var dataClasses: String

        @Option(help: ArgumentHelp("private-operator or public-body.", valueName: "class"))
        var recipient = "private-operator"

        @Option(help: ArgumentHelp("Where the recipient is: eu or jp.", valueName: "country"))
        var country: String

        @Option(help: ArgumentHelp("For how many days.", valueName: "number"))
        var days: UInt64 = 365

        @Option(help: ArgumentHelp("The notice that the person was shown.", valueName: "file"))
        var notice: String

        @OptionGroup var signing: SigningOptions

        func validate() throws {
            guard (1...36_500).contains(days) else { throw ValidationError("--days is 1 to 36500") }
        }

        func run() async throws {
            let consent: JSONValue = .hex(randomBytes(count: 32))
            try await signing.send(
                "consent",
                "grant-consent",
                [
                    "consent": consent,
                    "terms": [
                        "purpose": .string(purpose),
                        "data_classes": .texts(dataClasses.split(separator: ",").map(String.init)),
                        "recipient": .string(recipient), "country": .string(country),
                        "until": .unsigned(wallClock() + days * 86_400_000),
                        "notice": .hex(SHA256Function.digest(of: readFile(notice))),
                    ],
                ],
                adding: ["consent": consent]
            )
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "withdraw",
            abstract: "Withdraw a consent: from this block on, whatever needs it is refused."
        )

        @Argument(help: "The consent's id.")
        var consent: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send("consent", "withdraw-consent", ["consent": .string(consent)])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "A consent as it stands now.")

        @Argument(help: "The consent's id.")
        var consent: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("consent", "consent", ["consent": .string(consent)])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "What a pseudonym consented to."
        )

        @Argument(help: "The pseudonym: an account's id.")
        var pseudonym: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("consent", "consents", ["pseudonym": .string(pseudonym), "limit": 100])
        }
    }

    struct RequestRecord: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "request",
            abstract: "Ask a custodian for a record under a consent; 'akashi vault serve' answers."
        )

        @Argument(help: "The record's reference.")
        var reference: String

        @Option(help: ArgumentHelp("The consent that covers it.", valueName: "id"))
        var consent: String

        @Option(help: ArgumentHelp("What for, as an identifier.", valueName: "purpose"))
        var purpose: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let access: JSONValue = .hex(randomBytes(count: 32))
            try await signing.send(
                "consent",
                "request-access",
                [
                    "access": access, "record": .string(reference), "consent": .string(consent),
                    "purpose": .string(purpose),
                ],
                adding: ["access": access]
            )
        }
    }

    struct Accesses: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accesses",
            abstract: "Who asked for a pseudonym's records, and what became of it."
        )

        @Argument(help: "The pseudonym: an account's id.")
        var pseudonym: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("consent", "accesses", ["pseudonym": .string(pseudonym), "limit": 100])
        }
    }
}
