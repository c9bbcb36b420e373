internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI
internal import Primitives

/// How long a proposal runs.
struct ProposingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many days the vote is open.", valueName: "number"))
    var days: UInt64 = 7

    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard (1...31).contains(days) else { throw ValidationError("--days is 1 to 31") }
    }

    func propose(_ change: String, candidate: String? = nil, validator: String? = nil) async throws {
        let session = try await signing.session()
        let key = try signing.key()
        var leaver: ValidatorGovernance.Seat?
        if let validator { leaver = try await ValidatorGovernance(session: session).seat(named: validator) }
        let comer = try candidate.map { try ValidatorGovernance.key($0) }
        let until = wallClock() + days * 86_400_000
        let call = try session.call(
            "governance",
            "propose-validator-change",
            [
                "change": .string(change), "candidate": comer.map { .hex($0) } ?? .null,
                "validator": leaver.map { .hex($0.key) } ?? .null, "until": .unsigned(until),
            ]
        )
        let outcome = try await session.send([call], as: key, signing.wait)
        show(
            outcome.json([
                "proposal": .hex(outcome.id), "change": .string(change),
                "candidate": comer.map { .hex($0) } ?? .null, "validator": leaver.map { .hex($0.key) } ?? .null,
                "leaving": leaver.map { .string("\($0.organisation), \($0.address)") } ?? .null,
            ]),
            signing.output
        )
    }
}

struct AddValidatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Propose to add a candidate, and vote for it.",
        discussion: "Example: akashi admin validator add CANDIDATES-KEY --as our-registrar"
    )

    @Argument(help: "The candidate's consensus key, as 'status' shows it.")
    var candidate: String

    @OptionGroup var proposing: ProposingOptions

    func run() async throws { try await proposing.propose("ADD", candidate: candidate) }
}

struct RemoveValidatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Propose to remove a validator, and vote for it.",
        discussion: "Example: akashi admin validator remove 2 --as our-registrar"
    )

    @Argument(help: "The validator's index or consensus key.")
    var validator: String

    @OptionGroup var proposing: ProposingOptions

    func run() async throws { try await proposing.propose("REMOVE", validator: validator) }
}

struct ReplaceValidatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Propose to put a candidate in a validator's place, and vote for it.",
        discussion: "Example: akashi admin validator replace 2 CANDIDATES-KEY --as our-registrar"
    )

    @Argument(help: "The index or consensus key of the validator that goes.")
    var validator: String

    @Argument(help: "The consensus key of the candidate that comes.")
    var candidate: String

    @OptionGroup var proposing: ProposingOptions

    func run() async throws { try await proposing.propose("REPLACE", candidate: candidate, validator: validator) }
}

struct VoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vote",
        abstract: "Vote for a change of the validators, or against it.",
        discussion: """
            Prints what was voted on, as the chain's state proves it.
            Example: akashi admin validator vote PROPOSAL --as our-registrar
            """
    )

    @Argument(help: "The proposal's id, as 'status' shows it.")
    var proposal: String

    @Flag(help: "Vote against it.")
    var against = false

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let session = try await signing.session()
        let key = try signing.key()
        let id = try digest(proposal, "a proposal's id")
        let row = try await session.askProven("governance", "proposal", ["proposal": .hex(id)]).answer
        let call = try session.call(
            "governance",
            "vote",
            ["proposal": .hex(id), "is_for": .boolean(!against)]
        )
        let outcome = try await session.send([call], as: key, signing.wait)
        show(outcome.json(["for": .boolean(!against), "proposal": row]), signing.output)
    }
}

struct ExecuteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Carry out a change that enough organisations voted for, and wait until it is in force.",
        discussion: """
            It is in force W blocks later, with all changes that come until then. With --no-wait it does not wait for that.
            Example: akashi admin validator execute PROPOSAL --as our-registrar
            """
    )

    @Argument(help: "The proposal's id.")
    var proposal: String

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let session = try await signing.session()
        let key = try signing.key()
        let id = try digest(proposal, "a proposal's id")
        let call = try session.call("governance", "execute-proposal", ["proposal": .hex(id)])
        let outcome = try await session.send([call], as: key, signing.wait)
        let boundary = try await ValidatorGovernance(session: session).awaitBoundary(signing.wait.seconds)
        show(outcome.json(boundary), signing.output)
    }
}

struct ValidatorStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The epoch, its validators, what comes next, candidates and proposals.",
        discussion: """
            The lists are the node's word; what the other commands sign of them they have proven first.
            Example: akashi admin validator status --json
            """
    )

    @OptionGroup var asking: AskingOptions

    func run() async throws {
        let session = try await asking.session()
        let succession = try await session.ask("governance", "succession")
        let rows = try await session.ask("governance", "validators")["validators"]?.elements ?? []
        let candidates = try await session.ask("governance", "candidates")["candidates"]?.elements ?? []
        let proposals = try await session.ask("governance", "proposals")["proposals"]?.elements ?? []
        let open = proposals.filter { $0["proposal"]?["status"]?.text == "OPEN" }
        show(
            [
                "epoch": succession["epoch"] ?? .null, "boundary": succession["boundary"] ?? .null,
                "validators": .array(rows.map(Self.readable)),
                "next": .array((succession["next"]?.elements ?? []).map(Self.readable)),
                "candidates": .array(
                    candidates.map { candidate in
                        guard case .object(var members) = Self.readable(candidate["validator"] ?? .null) else {
                            return .null
                        }
                        members["height"] = candidate["height"]
                        return .object(members)
                    }
                ),
                "proposals": .array(open),
            ],
            asking.output
        )
    }

    /// The row with its address as people write it.
    private static func readable(_ row: JSONValue) -> JSONValue {
        guard case .object(var members) = row else { return row }
        if let address = members["address"]?.bytes {
            members["address"] = .string(String(decoding: address, as: UTF8.self))
        }
        return .object(members)
    }
}
