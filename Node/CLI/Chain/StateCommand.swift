internal import AkashiClient
internal import AkashiVerifier
internal import ArgumentParser
internal import ContractKit
internal import Contracts
internal import NodeAPI
internal import Primitives

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "A row of the state as of any block, and all its versions, each proven.",
        discussion: """
            A node answers as far back as it keeps states (akashi status says complete from).
            Example: akashi state versions 0101…
            """,
        subcommands: [Value.self, Versions.self]
    )

    struct Value: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a row held after a block, by its proof.",
            discussion: "Example: akashi state value 0101… --at 120"
        )

        @Argument(help: StateCommand.keyHelp)
        var key: String

        @Option(help: ArgumentHelp("The block after which; by default the last certified one.", valueName: "height"))
        var at: UInt64?

        @Option(help: ArgumentHelp("Write the proof file here.", valueName: "file"))
        var proof: String?

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let key = try StateCommand.key(key)
            let session = try await Session.open(node, chain)
            let proven = try await session.provenRow(key, at: at)
            if let proof { try writeFile(proven.proof, to: proof) }
            show(
                [
                    "place": .string(ContractRegistry.place(of: key)), "key": .hex(key),
                    "height": .unsigned(proven.height), "value": StateCommand.value(proven.value),
                ],
                output
            )
        }
    }

    struct Versions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a row has held, the newest first.",
            discussion: """
                Each value, and that there was none, is proven at the last height of its time; from when on it stood so,
                and that nothing stood between, is the node's word.
                Example: akashi state versions 0101… --proofs history
                """
        )

        @Argument(help: StateCommand.keyHelp)
        var key: String

        @Option(help: ArgumentHelp("The block to begin at; by default the last certified one.", valueName: "height"))
        var through: UInt64?

        @Option(help: ArgumentHelp("How many versions at most, 1 to 100.", valueName: "count"))
        var limit = 20

        @Option(help: ArgumentHelp("Write each version's proof file into this directory.", valueName: "directory"))
        var proofs: String?

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...100).contains(limit) else { throw ValidationError("--limit is 1 to 100") }
        }

        func run() async throws {
            let key = try StateCommand.key(key)
            let session = try await Session.open(node, chain)
            let page = try await session.client.versions(of: key, through: through, limit: limit)
            var lines: [String] = []
            var versions: [JSONValue] = []
            for version in page.versions {
                let proven = try await session.provenRow(key, at: version.through)
                guard proven.value.map({ Hex.encode($0) }) == version.value else {
                    throw ClientError(
                        "PROOF",
                        "the node says another value at height \(version.through) than it proves"
                    )
                }
                if let proofs { try writeFile(proven.proof, to: "\(proofs)/\(version.through).proof") }
                lines.append("\(version.from)–\(version.through)  \(version.value ?? "nothing")")
                versions.append([
                    "from": .unsigned(version.from), "through": .unsigned(version.through),
                    "value": StateCommand.value(proven.value),
                ])
            }
            if let next = page.next { lines.append("more: --through \(next)") }
            show(
                [
                    "place": .string(ContractRegistry.place(of: key)), "key": .hex(key),
                    "complete_from": .unsigned(page.completeFrom), "versions": .array(versions),
                    "next": .number(page.next),
                ],
                output,
                lines
            )
        }
    }

    private static let keyHelp: ArgumentHelp = "The row's key in hexadecimal: contract, table and the table's own key."

    private static func key(_ text: String) throws(ClientError) -> [UInt8] {
        guard let key = Hex.decode(text), StateLayout.isLeaf(key) else {
            throw ClientError(
                "USAGE",
                "'\(text)' is no key of the state: lower-case hexadecimal, contract and table first"
            )
        }
        return key
    }

    private static func value(_ bytes: [UInt8]?) -> JSONValue { bytes.map { .hex($0) } ?? .null }
}

extension Session {
    /// What a row held after a block, or after the last certified one, as a proof says it.
    fileprivate func provenRow(
        _ key: [UInt8],
        at height: UInt64?
    ) async throws -> (value: [UInt8]?, height: UInt64, proof: [UInt8]) {
        let proof = try await client.proof(ofState: key, at: height)
        let statement: ProvenStatement
        do throws(VerificationError) {
            statement = try Verifier(genesis: chain.bytes).verify(proof)
        } catch {
            throw ClientError(error)
        }
        guard case .state(let rows) = statement.content, rows.count == 1, rows[0].key == key,
            height.map({ $0 == statement.height }) ?? true
        else { throw ClientError("PROOF", "the node proves something else") }
        return (rows[0].value, statement.height, proof)
    }
}
