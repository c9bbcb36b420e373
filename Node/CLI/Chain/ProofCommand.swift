internal import AkashiClient
internal import AkashiVerifier
internal import ArgumentParser
internal import Ledger
internal import NodeAPI
internal import Primitives

struct ProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract: "Fetch a proof file, for 'akashi verify' and everybody else who has the genesis.",
        discussion: """
            A file that proves nothing is not written.
            Example: akashi proof event 120-3 --out paid.proof
            """,
        subcommands: [Transaction.self, Receipt.self, Event.self, State.self, Cose.self]
    )

    struct Transaction: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A transaction, and how it ended.")

        @Argument(help: "The transaction's id.")
        var id: String

        @OptionGroup var fetching: FetchingOptions

        func run() async throws {
            let id = try digest(id, "a transaction's id")
            try await fetching.fetchTransaction(id)
        }
    }

    struct Receipt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How a transaction ended and what it did, without what it asked for."
        )

        @Argument(help: "The transaction's id.")
        var id: String

        @OptionGroup var fetching: FetchingOptions

        func run() async throws {
            let id = try digest(id, "a transaction's id")
            try await fetching.fetch { client throws(ClientError) in
                try await client.receiptProof(of: id)
            } about: { statement in
                if case .receipt(let receipt) = statement.content { receipt.transaction == id.bytes } else { false }
            }
        }
    }

    struct Event: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One event.")

        @Argument(help: "The event's id as 'akashi events' shows it: height-index.")
        var id: String

        @OptionGroup var fetching: FetchingOptions

        func run() async throws {
            let parts = id.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let height = UInt64(parts[0]), UInt64(parts[1]) != nil else {
                throw ClientError("USAGE", "an event's id is height-index")
            }
            try await fetching.fetch { client throws(ClientError) in
                try await client.proof(ofEvent: id)
            } about: { statement in
                if case .event = statement.content { statement.height == height } else { false }
            }
        }
    }

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A row of the state, or that there is none.")

        @Argument(help: "The row's key in hexadecimal: contract, table and the table's own key.")
        var key: String

        @Option(help: ArgumentHelp("The block after which.", valueName: "height"))
        var at: UInt64?

        @OptionGroup var fetching: FetchingOptions

        func run() async throws {
            guard let key = Hex.decode(key) else { throw ClientError("USAGE", "a key is lower-case hexadecimal") }
            try await fetching.fetch { client throws(ClientError) in
                try await client.proof(ofState: key, at: at)
            } about: { statement in
                guard case .state(let rows) = statement.content, at ?? statement.height == statement.height else {
                    return false
                }
                return rows.map(\.key) == [key]
            }
        }
    }
}

/// Where a proof file comes from and goes to.
struct FetchingOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write it.", valueName: "file"))
    var out: String

    @OptionGroup var node: NodeOptions
    @OptionGroup var chain: ChainOptions
    @OptionGroup var output: OutputOptions

    /// A transaction with its receipt.
    func fetchTransaction(_ id: Digest) async throws {
        try await fetch { client throws(ClientError) in
            try await client.proof(of: id)
        } about: { statement in
            if case .transaction(let transaction, _) = statement.content { transaction.id == id.bytes } else { false }
        }
    }

    /// Fetches a file, checks it, writes it, and shows what it proves.
    ///
    /// - Parameter about: whether it is what was asked for: a node may answer with a proof of something else.
    func fetch(
        _ ask: (NodeClient) async throws(ClientError) -> [UInt8],
        about isAsked: (ProvenStatement) -> Bool
    ) async throws {
        let session = try await Session.open(node, chain)
        let proof = try await ask(session.client)
        let statement: ProvenStatement
        do throws(VerificationError) {
            statement = try Verifier(genesis: session.chain.bytes).verify(proof)
        } catch {
            throw ClientError(error)
        }
        guard isAsked(statement) else { throw ClientError("PROOF", "the node answered with a proof of something else") }
        try writeFile(proof, to: out)
        guard case .object(var members) = statement.json else { return }
        members["file"] = .string(out)
        members["bytes"] = .unsigned(UInt64(proof.count))
        show(.object(members), output)
    }
}
