internal import AkashiClient
internal import ArgumentParser
internal import ContractKit
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives
internal import TFC

/// Commits a sealed vote, and keeps what opens it in a file beside the key store until it is revealed.
struct FieldVoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vote",
        abstract: "Vote yes or no on an application; sealed until 'reveal'.",
        aliases: ["commit"]
    )

    @Argument(help: "The case's id.")
    var admission: String

    @Argument(help: "yes or no.")
    var choice: String

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        guard let choice = VoteChoice.allCases.first(where: { $0.name == choice }) else {
            throw ClientError("USAGE", "a vote is yes or no")
        }
        let session = try await signing.session()
        let key = try signing.key()
        let id = try digest(admission, "a case's id")
        // A vote sealed for another field could never be opened.
        let admission = try await session.askProven("tfc", "case", ["case": .hex(id)]).answer
        guard let field = admission["field"]?.digest else { throw ClientError("MALFORMED", "the case names no field") }
        // Kept before it is sent: a vote that cannot be revealed counts as no.
        let kept = KeptSecret(.vote, of: id, for: key, signing.signer.store)
        let ballot = try SealedVote(
            decoding: kept.keep { SealedVote(choice: choice, salt: randomBytes(count: 32)).encoded }
        )
        guard ballot.choice == choice else {
            throw ClientError(
                "DUPLICATE",
                "a vote of \(ballot.choice.name) is kept at \(kept.path) and may be on the chain; remove it only if you know "
                    + "that it is not"
            )
        }
        let preimage = TFC.votePreimage(
            field: field,
            case: id,
            voter: key.account,
            choice: choice,
            salt: ballot.salt
        )
        let call = try session.call(
            "tfc",
            "commit",
            ["case": .hex(id), "commitment": .hex(SHA256Function.digest(of: preimage))]
        )
        show(try await session.send([call], as: key, signing.wait).json(), signing.output)
    }
}

struct FieldRevealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reveal",
        abstract: "Reveal a vote that was committed from this key store."
    )

    @Argument(help: "The case's id.")
    var admission: String

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let key = try signing.key()
        let id = try digest(admission, "a case's id")
        let ballot = try SealedVote(decoding: KeptSecret(.vote, of: id, for: key, signing.signer.store).read())
        try await signing.send(
            "tfc",
            "reveal",
            ["case": .hex(id), "choice": .string(ballot.choice.name), "salt": .hex(ballot.salt)],
            adding: ["choice": .string(ballot.choice.name)]
        )
    }
}

/// What opens a committed vote: `[choice, salt]`.
private struct SealedVote {
    let choice: VoteChoice
    let salt: [UInt8]

    init(choice: VoteChoice, salt: [UInt8]) {
        self.choice = choice
        self.salt = salt
    }

    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 48)
        encoder.array(2)
        encoder.unsigned(choice.rawValue)
        encoder.byteString(salt)
        return encoder.bytes
    }

    init(decoding bytes: [UInt8]) throws(ClientError) {
        do throws(CBORError) {
            var decoder = CBORDecoder(bytes)
            try decoder.array(exactly: 2)
            guard let choice = VoteChoice(rawValue: try decoder.unsigned()) else { throw .unexpectedValue }
            self.choice = choice
            salt = try decoder.byteString(atMost: 64)
            try decoder.finish()
        } catch {
            throw ClientError("MALFORMED", "this is not a kept vote: \(error.explanation)")
        }
    }
}
