internal import AkashiClient
internal import ArgumentParser
internal import LedgerCrypto
internal import NodeAPI
internal import NodeRuntime
internal import Primitives

struct ObserveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe",
        abstract: "Let a machine of the own organisation follow the chain, as an observer; or no longer.",
        discussion: """
            Validators serve blocks to machines whose TLS pin the chain knows. Run this for a new home before its first
            'akashi run'. Who is removed from the validators is an observer from then on.
            Example: akashi admin validator observe --home /var/lib/akashi --as our-registrar
            """
    )

    @Option(help: ArgumentHelp("The machine's home, for its certificate.", valueName: "directory"))
    var home: String?

    @Option(help: ArgumentHelp("Its TLS pin, where the home is elsewhere: 'akashi init' shows it.", valueName: "hex"))
    var pin: String?

    @Flag(help: "It may follow no longer.")
    var dismiss = false

    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard (home == nil) != (pin == nil) else { throw ValidationError("say which machine with --home or --pin") }
    }

    func run() async throws {
        let named: Digest
        if let pin {
            named = try digest(pin, "a TLS pin")
        } else {
            named = try await LocalHome(home ?? "").presentPin()
        }
        try await signing.send(
            "governance",
            dismiss ? "dismiss-observer" : "admit-observer",
            ["pin": .hex(named)],
            adding: ["pin": .hex(named)]
        )
    }
}

struct CandidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "candidate",
        abstract: "Report that the own observer has caught up and wants to be a validator.",
        discussion: """
            The observer runs meanwhile; this asks it how far it is, waits until it has caught up, and signs the report with
            the consensus key of its home. The report holds for V blocks: send it anew before a later vote.
            Example: akashi admin validator candidate --home /var/lib/akashi --address ours.example:7200 --as our-registrar
            """
    )

    @Option(help: ArgumentHelp("The observer's home.", valueName: "directory"))
    var home: String

    @Option(help: ArgumentHelp("Where the validators will reach it.", valueName: "host:port"))
    var address: String

    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard NetworkAddress(address) != nil else { throw ValidationError("'\(address)' is not host:port") }
    }

    func run() async throws {
        let session = try await signing.session()
        let registrar = try signing.key()
        let governance = ValidatorGovernance(session: session)
        let place = try await LocalHome(home)
        let key = try await place.presentKey()
        let pin = try await place.presentPin()
        let organisation = try await governance.organisation(of: registrar)
        let height = try await caughtUp(place, session)
        let call = try session.call(
            "governance",
            "report-candidate",
            [
                "key": .hex(key.publicKey.bytes), "tls_pins": [.hex(pin)], "address": .hex(Array(address.utf8)),
                "height": .unsigned(height.number), "possession": governance.possession(key, organisation, height),
            ]
        )
        let outcome = try await session.send([call], as: registrar, signing.wait)
        show(outcome.json(["key": .hex(key.publicKey.bytes), "height": .unsigned(height.number)]), signing.output)
    }

    /// How far the observer is, once it has reached where the others were when this was asked.
    private func caughtUp(_ place: LocalHome, _ session: Session) async throws -> Height {
        let own = try NodeClient(["http://\(place.configuration.apiListen)"])
        let target = try await session.client.status().certifiedHeight
        let deadline = ContinuousClock.now + .seconds(signing.wait.timeout)
        var last: UInt64?
        while ContinuousClock.now < deadline {
            if let report = try? await own.status() {
                guard report.certifiedHeight < target else { return Height(report.certifiedHeight) }
                if last != report.certifiedHeight {
                    progress("the observer is at \(report.certifiedHeight) of \(target)…")
                }
                last = report.certifiedHeight
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        guard let last else {
            throw ClientError(
                "UNREACHABLE",
                "the observer of \(home) does not answer at \(place.configuration.apiListen): start it with 'akashi run'"
            )
        }
        throw ClientError(
            "TIMEOUT",
            "the observer is at block \(last) of \(target): give it more time; its log says whom it follows"
        )
    }
}
