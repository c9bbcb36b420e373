internal import AkashiClient
internal import ArgumentParser
internal import ContractKit
internal import Contracts
internal import Ledger
internal import NodeAPI
internal import Primitives

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a proof file with nothing but the genesis; needs no network.",
        discussion: """
            Prints 'verified' and what is proven, or the reason why not (exit code 1).
            Example: akashi verify sale.proof --genesis testnet/run/genesis
            """
    )

    @Argument(help: "The proof file.")
    var file: String

    @Option(help: ArgumentHelp("The genesis file. Default: $AKASHI_GENESIS.", valueName: "file"))
    var genesis: String?

    @Option(
        help: ArgumentHelp(
            "A header that is trusted, as CBOR: refuses a history that old keys rewrote.",
            valueName: "file"
        )
    )
    var trusted: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let path = genesis ?? environment("AKASHI_GENESIS") else {
            throw ClientError("USAGE", "name the genesis file with --genesis")
        }
        let genesis = try decodeGenesis(readFile(path))
        let verifier = ProofVerifier(chain: genesis, trusted: try trustedHeader())
        let proof = try readFile(file, atMost: ProofFile.greatestByteCount)
        let verified: ProofVerifier.Verified
        do throws(ProofError) {
            verified = try verifier.verify(proof)
        } catch {
            throw ClientError("PROOF", error.explanation)
        }
        let fact = VerifyCommand.json(of: verified)
        show(fact, output, ["verified"] + fact.lines.filter { !$0.hasPrefix("verified:") })
    }

    private func trustedHeader() throws(ClientError) -> Header? {
        guard let trusted else { return nil }
        let bytes = try readFile(trusted, atMost: 64 << 10)
        do throws(CBORError) {
            var decoder = CBORDecoder(bytes)
            let header = try Header(from: &decoder)
            try decoder.finish()
            return header
        } catch {
            throw ClientError("MALFORMED", "\(trusted) is not a header: \(error.explanation)")
        }
    }

    private static func json(of verified: ProofVerifier.Verified) -> JSONValue {
        let header = verified.header
        var members: [String: JSONValue] = [
            "verified": true, "chain": .hex(header.chain), "height": .unsigned(header.height.number),
            "time": .unsigned(header.time), "state_root": .hex(header.stateRoot),
        ]
        switch verified.fact {
        case .inclusion(let transaction, let receipt):
            members["transaction"] = .hex(transaction.id)
            members["account"] = .hex(transaction.account.digest)
            members["calls"] = .texts(transaction.calls.map { "\($0.contract.text).\($0.method.text)" })
            members["result"] = .string(receipt.status.text)
            members["events"] = .texts(receipt.events.map(\.name.text))
        case .states(let rows):
            members["rows"] = .array(
                rows.map { row in
                    let contract = row.key.first.map { ContractRegistry.name(of: ContractID($0)).text }
                    return [
                        "contract": .text(contract), "key": .hex(row.key), "value": row.value.map { .hex($0) } ?? .null,
                        "present": .boolean(row.value != nil),
                    ]
                }
            )
        }
        return .object(members)
    }
}
