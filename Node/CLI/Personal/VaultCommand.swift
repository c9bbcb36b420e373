internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI
internal import Primitives
internal import Vault

struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Personal data off the chain: encrypted per person, read by consent, erased for good.",
        discussion: "Example: akashi vault put --profile @profile.json --vault vault --operator-key operator.key",
        subcommands: [
            Init.self, Put.self, Get.self, PseudonymOf.self, Consents.self, VaultServeCommand.self, Restrict.self,
            Log.self, Erase.self, Rekey.self,
        ]
    )

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Make an empty vault, and an operator's key where there is none."
        )

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (directory, key) = (try place.directory(), try place.keyPath())
            _ = try ProfileVault.establish(at: directory, operatorKeyPath: key)
            show(["vault": .string(directory), "operator_key": .string(key)], output)
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "put",
            abstract: "Store a profile; prints what the chain may be told of it."
        )

        @Option(help: ArgumentHelp("The profile as JSON; @FILE reads a file, - standard input.", valueName: "json"))
        var profile: String

        @Option(help: ArgumentHelp("The person; a new one if not given.", valueName: "id"))
        var subject: String?

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let vault = try place.open()
            let profile = try Profile(json: argumentsJSON(profile))
            try profile.check()
            let person = try subject.map { try digest($0, "a person's id") } ?? vault.addSubject(now: wallClock())
            let entry = try vault.put(profile, of: person, now: wallClock())
            show(
                [
                    "subject": .hex(person), "reference": .hex(entry.reference), "commitment": .hex(entry.commitment),
                ],
                output
            )
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get",
            abstract: "Read a record, for a purpose that the person consented to; logged before it is opened."
        )

        @Argument(help: "The record's reference.")
        var reference: String

        @OptionGroup var access: AccessOptions
        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let opened = try place.open().read(digest(reference, "a record's reference"), access.request())
            show(
                [
                    "profile": opened.profile.json, "blinding": .hex(opened.blinding),
                    "commitment": .hex(opened.commitment),
                ],
                output,
                opened.profile.json.lines
            )
        }
    }

    struct PseudonymOf: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pseudonym",
            abstract: "The person's account id in one context; unlike that of any other context."
        )

        @Argument(help: "The person's id.")
        var subject: String

        @Argument(help: "The context, for instance marketplace.")
        var context: String

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let pseudonym = try place.open().pseudonym(
                of: digest(subject, "a person's id"),
                in: identifier(context)
            )
            show(["context": .string(context), "pseudonym": .hex(pseudonym)], output)
        }
    }

    struct Consents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "consent",
            abstract: "Record, withdraw or list a person's consents to reading."
        )

        @Argument(help: "The person's id.")
        var subject: String

        @Option(help: ArgumentHelp("What is consented to, as an identifier.", valueName: "purpose"))
        var purpose: String?

        @Option(help: ArgumentHelp("For how many days.", valueName: "number"))
        var days: UInt64 = 365

        @Flag(help: "Withdraw it instead.")
        var withdraw = false

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...36_500).contains(days) else { throw ValidationError("--days is 1 to 36500") }
        }

        func run() async throws {
            let vault = try place.open()
            let person = try digest(subject, "a person's id")
            if let purpose {
                let purpose = try identifier(purpose)
                if withdraw {
                    try vault.withdraw(purpose, of: person, now: wallClock())
                } else {
                    try vault.grant(purpose, of: person, until: wallClock() + days * 86_400_000, now: wallClock())
                }
            }
            let consents = try vault.consents(of: person).map { consent -> JSONValue in
                [
                    "purpose": .string(consent.purpose.text), "granted": .unsigned(consent.granted),
                    "until": .unsigned(consent.until), "withdrawn": .number(consent.withdrawn),
                    "live": .boolean(consent.isLive(at: wallClock())),
                ]
            }
            show(["consents": .array(consents)], output)
        }
    }

    struct Restrict: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restrict",
            abstract: "Keep a person's records but let nobody read them."
        )

        @Argument(help: "The person's id.")
        var subject: String

        @Flag(help: "Lift the restriction.")
        var lift = false

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let vault = try place.open()
            let person = try digest(subject, "a person's id")
            try vault.restrict(person, !lift)
            show(["subject": .hex(person), "state": .string(try vault.state(of: person).rawValue)], output)
        }
    }

    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "log",
            abstract: "Every read that was asked for, after checking that the log is whole."
        )

        @Argument(help: "Only this person's entries: what the person may see.")
        var subject: String?

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let vault = try place.open()
            let entries =
                if let subject {
                    try vault.accessLog(of: digest(subject, "a person's id"))
                } else {
                    try vault.accessLog()
                }
            show(["entries": .array(entries.map(\.json))], output)
        }
    }

    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "erase",
            abstract: "Destroy a person's key, and with it all records; prints what stays on the chain."
        )

        @Argument(help: "The person's id.")
        var subject: String

        @OptionGroup var access: AccessOptions
        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let report = try place.open().erase(digest(subject, "a person's id"), access.request())
            show(report.json, output, ["erased; what the chain may still hold of this person:"] + report.json.lines)
        }
    }
    struct Rekey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rekey",
            abstract: "Replace the operator's key; afterwards the old one opens nothing here.",
            discussion: """
                Makes the new key's file where there is none, then wraps everything under it in one transaction.
                After a crash, run the same command again. The old key's file stays: it opens older copies of the vault,
                so destroy it, and its copies, once you need none of them.
                Example: akashi vault rekey --new-operator-key new.key --operator-key operator.key --vault vault
                """
        )

        @Option(
            name: .customLong("new-operator-key"),
            help: ArgumentHelp("The new key's file, outside the vault's directory.", valueName: "file")
        )
        var newOperatorKey: String

        @OptionGroup var place: VaultOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (directory, oldKey) = (try place.directory(), try place.keyPath())
            _ = try ProfileVault.rekey(directory, operatorKeyPath: oldKey, newKeyPath: newOperatorKey)
            show(
                [
                    "vault": .string(directory), "operator_key": .string(newOperatorKey),
                    "old_operator_key": .string(oldKey),
                ],
                output
            )
        }
    }
}
