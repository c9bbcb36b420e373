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

    @OptionGroup var chain: ChainOptions

    @Option(
        help: ArgumentHelp(
            "A header that is trusted, as CBOR: refuses a history that old keys rewrote.",
            valueName: "file"
        )
    )
    var trusted: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let path = chain.path else { throw ClientError("USAGE", "name the genesis file with --genesis") }
        let genesis = try decodeGenesis(readFile(path))
        let verifier = ProofVerifier(chain: genesis, trusted: try trustedHeader())
        let verified: ProofVerifier.Verified
        do throws(ProofError) {
            verified = try verifier.verify(readProof())
        } catch {
            throw ClientError("PROOF", error.explanation)
        }
        let fact = VerifyCommand.json(of: verified)
        show(fact, output, ["verified"] + fact.lines.filter { !$0.hasPrefix("verified:") })
    }

    /// A file that cannot be read is no proof.
    private func readProof() throws(ProofError) -> [UInt8] {
        guard let bytes = try? readFile(file, atMost: ProofFile.greatestByteCount) else {
            throw .malformed(.truncated)
        }
        return bytes
    }

    private func trustedHeader() throws(ClientError) -> Header? {
        guard let trusted else { return nil }
        do throws(CBORError) {
            var decoder = CBORDecoder(try readFileForHeader(trusted))
            let header = try Header(from: &decoder)
            try decoder.finish()
            return header
        } catch {
            throw ClientError("MALFORMED", "\(trusted) is not a header: \(error.explanation)")
        }
    }

    private func readFileForHeader(_ path: String) throws(CBORError) -> [UInt8] {
        guard let bytes = try? readFile(path, atMost: 64 << 10) else { throw .truncated }
        return bytes
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
        case .state(let key, let value):
            if let number = key.first {
                members["contract"] = .string(ContractRegistry.name(of: ContractID(number)).text)
            }
            members["key"] = .hex(key)
            members["value"] = value.map { .hex($0) } ?? .null
            members["present"] = .boolean(value != nil)
        }
        return .object(members)
    }
}
