internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI
internal import Primitives
internal import Vault

/// Answers an access that somebody asked for on the chain.
///
/// The order matters: the chain says SERVED, finally, before any key is unwrapped here. A consent that was withdrawn up to
/// that block stops it; and the person finds the access on the chain whatever happens afterwards.
struct VaultServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer an access that was asked for on the chain: log it there, then read.",
        discussion: "Example: akashi vault serve ACCESS --as minato-custodian"
    )

    @Argument(help: "The access's id.")
    var access: String

    @Flag(help: "Deny it instead.")
    var deny = false

    @OptionGroup var place: VaultOptions
    @OptionGroup var signing: SigningOptions

    func run() async throws {
        guard !signing.wait.noWait else { throw ClientError("USAGE", "nothing is read before the chain has it") }
        let vault = try place.open()
        let session = try await signing.session()
        let custodian = try signing.key()
        let id = try digest(access, "an access's id")
        // Whose data is read, for whom and why is taken as proven or not at all.
        let row = try await session.askProven("consent", "access", ["access": .hex(id)]).answer
        guard let reference = row["record"]?.digest, let purpose = row["purpose"]?.text,
            let requester = row["requester"]?.digest
        else { throw ClientError("MALFORMED", "the access cannot be read") }
        if row["state"]?.text == "REQUESTED" {
            let decision = try session.call(
                "consent",
                "decide-access",
                ["access": .hex(id), "is_allowed": .boolean(!deny)]
            )
            try await final(session.send([decision], as: custodian, signing.wait))
        }
        guard !deny else { return show(["access": .hex(id), "state": "DENIED"], signing.output) }
        let serving = try session.call("consent", "serve-access", ["access": .hex(id)])
        try await final(session.send([serving], as: custodian, signing.wait))
        let account = try await session.askProven("governance", "account", ["account": .hex(requester)]).answer
        guard let reader = account["organisation"]?.text else {
            throw ClientError("MALFORMED", "the account that asked cannot be read")
        }
        let request = ProfileVault.Request(
            reader: try identifier(reader),
            purpose: try identifier(purpose),
            now: wallClock()
        )
        let opened = try vault.read(reference, request, by: .served(access: id))
        show(
            ["access": .hex(id), "state": "SERVED", "profile": opened.profile.json, "blinding": .hex(opened.blinding)],
            signing.output
        )
    }

    private func final(_ outcome: TransactionSender.Outcome) throws(ClientError) {
        guard outcome.answer.tookEffect else { throw ClientError("TIMEOUT", "not final yet: nothing was read") }
    }
}
