internal import AkashiClient
internal import ArgumentParser
internal import Ledger
internal import NodeAPI
internal import Primitives

extension ProofCommand {
    struct Cose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A transaction with COSE receipts of its validators, for SCITT tools.",
            discussion: """
                Asks every node that --node names for its receipt and writes the transaction with all of them in its
                unprotected header. A receipt is one validator's word; of f + 1 of them one is a correct validator's.
                Example: akashi proof cose ID --node http://127.0.0.1:7100,http://127.0.0.1:7101 --out sale.cose
                """
        )

        @Argument(help: "The transaction's id.")
        var id: String

        @OptionGroup var fetching: FetchingOptions

        func run() async throws {
            let id = try digest(id, "a transaction's id")
            let session = try await Session.open(fetching.node, fetching.chain)
            let evidence = try await Evidence(session, id)
            var receipts: [CoseReceipt] = []
            for url in fetching.node.urls {
                let bytes: [UInt8]
                do throws(ClientError) {
                    bytes = try await NodeClient([url]).coseReceipt(of: id)
                } catch {
                    standardError("\(url) gives no receipt: \(error.message)")
                    continue
                }
                let receipt = try evidence.check(bytes, from: url)
                if !receipts.contains(where: { $0.key == receipt.key }) { receipts.append(receipt) }
            }
            guard !receipts.isEmpty else { throw ClientError("NETWORK", "no node gave a receipt") }
            let statement: [UInt8]
            do throws(CBORError) {
                statement = try CoseReceipt.statement(evidence.transaction.bytes, with: receipts)
            } catch {
                throw ClientError("MALFORMED", "the transaction cannot be read: \(error.explanation)")
            }
            try writeFile(statement, to: fetching.out)
            let answer: JSONValue = [
                "id": .hex(id), "file": .string(fetching.out), "bytes": .unsigned(UInt64(statement.count)),
                "validators": .array(receipts.map { .hex($0.key.bytes) }),
            ]
            show(answer, fetching.output)
        }
    }
}

/// What a receipt is measured by: proofs, which need no trust in the node that gave them.
private struct Evidence {
    let transaction: SignedTransaction
    private let header: Header
    /// The present ones: a receipt is signed with a key of today, however old the block.
    private let validators: ValidatorSet

    init(_ session: Session, _ id: Digest) async throws(ClientError) {
        let verifier = ProofVerifier(chain: session.chain)
        let proof = try await session.client.proof(of: id)
        let anyRow = try await session.client.proof(ofState: [0, 0])
        do throws(ProofError) {
            let verified = try verifier.verify(proof)
            guard case .inclusion(let transaction, _) = verified.fact, transaction.id == id else {
                throw .transactionNotInBlock
            }
            self.transaction = transaction
            header = verified.header
            validators = try verifier.verify(anyRow).validators
        } catch {
            throw ClientError("PROOF", error.explanation)
        }
    }

    func check(_ bytes: [UInt8], from url: String) throws(ClientError) -> CoseReceipt {
        let receipt: CoseReceipt
        do throws(CBORError) {
            receipt = try CoseReceipt(decoding: bytes)
        } catch {
            throw ClientError("PROOF", "\(url) gives no receipt: \(error.explanation)")
        }
        guard receipt.chain == header.chain, receipt.height == header.height,
            receipt.root(of: transaction.bytes) == header.transactionsRoot,
            validators.index(of: receipt.key) != nil, receipt.verifies(transaction.bytes)
        else { throw ClientError("PROOF", "the receipt of \(url) is not a validator's of this transaction") }
        return receipt
    }
}
