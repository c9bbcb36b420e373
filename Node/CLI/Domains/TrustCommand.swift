internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives
internal import TrustStore

struct TrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Evidence about things and data, its graph, and machine verdicts.",
        discussion: "Example: akashi trust trace EVIDENCE --down",
        subcommands: [
            TrustImportCommand.self, Evidence.self, Show.self, Subject.self, TraceGraph.self, RuleOf.self, Assess.self,
            Verdict.self,
        ]
    )

    struct Evidence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "evidence",
            abstract: "Record one piece of evidence; its content stays off the chain."
        )

        @Option(help: ArgumentHelp("The value creation process, as an identifier.", valueName: "name"))
        var process: String

        @Option(help: ArgumentHelp("The step of it, as an identifier.", valueName: "name"))
        var step: String

        @Option(help: ArgumentHelp("What it is about: a name, or a digest.", valueName: "name"))
        var subject: String

        @Option(help: ArgumentHelp("The file whose digest is recorded.", valueName: "file"))
        var content: String

        @Option(name: .customLong("media-type"), help: ArgumentHelp("Its kind, as an identifier.", valueName: "name"))
        var mediaType = "octets"

        @Option(
            name: .customLong("parent"),
            help: ArgumentHelp("Evidence that it rests on; repeatable.", valueName: "id")
        )
        var parents: [String] = []

        @Option(
            name: .customLong("reading"),
            help: ArgumentHelp("A measured number; repeatable.", valueName: "metric=value:unit")
        )
        var readings: [String] = []

        @Option(help: ArgumentHelp("The evidence that it corrects.", valueName: "id"))
        var corrects: String?

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let session = try await signing.session()
            let key = try signing.key()
            let call = try session.call(
                "trust-store",
                "append",
                [
                    "process": .string(process), "step": .string(step), "subject": .hex(subjectDigest(subject)),
                    "parents": .texts(parents), "observed_at": .unsigned(wallClock()),
                    "content": .hex(SHA256Function.digest(of: readFile(content))), "media_type": .string(mediaType),
                    "disclosure": "open", "corrects": .text(corrects),
                    "readings": .array(try readings.map { try reading($0) }),
                ]
            )
            let id = SHA256Function.digest(of: TrustStore.evidencePreimage(author: key.account, body: call.arguments))
            let outcome = try await session.send([call], as: key, signing.wait)
            show(
                outcome.json(["evidence": .hex(id), "subject": .hex(subjectDigest(subject))]),
                signing.output
            )
        }

        private func reading(_ text: String) throws(ClientError) -> JSONValue {
            let (metric, rest) = try pair(text, "a reading")
            let parts = rest.split(separator: ":")
            guard parts.count == 2, let value = Int64(parts[0]) else {
                throw ClientError("USAGE", "a reading is metric=value:unit with a whole number, unlike '\(text)'")
            }
            return [
                "metric": .string(metric), "value": value < 0 ? .negative(value) : .unsigned(UInt64(value)),
                "unit": .string(String(parts[1])),
            ]
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "One piece of evidence.")

        @Argument(help: "Its id.")
        var evidence: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("trust-store", "evidence", ["evidence": .string(evidence)])
        }
    }

    struct Subject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "subject",
            abstract: "All evidence about a thing, in the order of its recording."
        )

        @Argument(help: "The thing: a name, or a digest.")
        var subject: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("trust-store", "subject", ["subject": .hex(subjectDigest(subject)), "limit": 100])
        }
    }

    struct TraceGraph: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trace",
            abstract: "Walk the graph up to what evidence rests on, or down to what rests on it."
        )

        @Argument(help: "Where to start: an evidence's id.")
        var evidence: String

        @Flag(help: "Towards the customers instead of the suppliers.")
        var down = false

        @Option(help: ArgumentHelp("How many edges at most.", valueName: "number"))
        var depth: UInt64 = Trace.greatestDepth

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            let session = try await asking.session()
            var nodes: [JSONValue] = []
            var after: UInt64? = 0
            while let start = after {
                let page = try await session.ask(
                    "trust-store",
                    down ? "down" : "up",
                    [
                        "evidence": .string(evidence), "depth": .unsigned(depth), "after": .unsigned(start),
                        "limit": .unsigned(100),
                    ]
                )
                nodes += page["nodes"]?.elements ?? []
                after = page["next"]?.number
            }
            let lines = nodes.map { node in
                let depth = Int(clamping: node["depth"]?.number ?? 0)
                let mark = node["corrected_by"] == nil ? "" : "  (corrected)"
                return String(repeating: "  ", count: depth)
                    + "\(node["evidence"]?.text ?? "")  \(node["step"]?.text ?? "")\(mark)"
            }
            show(["nodes": .array(nodes)], asking.output, lines)
        }
    }

    struct RuleOf: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rule",
            abstract: "Register a machine rule, or its next version."
        )

        @Argument(help: "The rule's name.")
        var name: String

        @Argument(help: "Its conditions as JSON; @FILE reads a file.")
        var rule: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send(
                "trust-store",
                "register-rule",
                ["name": .string(name), "rule": argumentsJSON(rule)]
            )
        }
    }

    struct Assess: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "assess",
            abstract: "Apply a rule to a thing on the chain, and keep the verdict up to date."
        )

        @Argument(help: "The thing: a name, or a digest.")
        var subject: String

        @Argument(help: "The rule's name.")
        var rule: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send(
                "trust-store",
                "assess",
                ["subject": .hex(subjectDigest(subject)), "rule": .string(rule)]
            )
        }
    }

    struct Verdict: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verdict",
            abstract: "What a rule says of a thing now: PASS, STALE, INCONCLUSIVE or FAIL."
        )

        @Argument(help: "The thing: a name, or a digest.")
        var subject: String

        @Argument(help: "The rule's name.")
        var rule: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask(
                "trust-store",
                "verdict",
                ["subject": .hex(subjectDigest(subject)), "rule": .string(rule)]
            )
        }
    }
}
