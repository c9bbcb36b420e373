import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import Testing

private struct Question: Encodable {
    var receipt: String?
    var transaction: String?
    var statement: String?
}

private struct Reading: Decodable, Equatable {
    let key: String
    let root: String
    let issuer: String
    let subject: String
    let issued: UInt64
}

/// COSE Receipts for tools that know RFC 9942 and not Akashi.
@Suite struct CoseReceiptTests {
    let corpus: ProofCorpus

    init() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "akashi-cose-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        corpus = try ProofCorpus(path: path, epochCount: 2)
    }

    @Test("a receipt proves its transaction under the key of its validator, and no other transaction")
    func proves() throws {
        for (index, entry) in corpus.entries.enumerated() {
            let receipt = CoseReceipt(entry, signedWith: ChainWorld.key("validator \(index % 4)"))
            #expect(receipt.verifies(entry.transaction))
            #expect(receipt.root(of: entry.transaction) == entry.header.transactionsRoot)
            #expect(try CoseReceipt(decoding: receipt.encoded) == receipt)
            let other = corpus.entries[(index + 1) % corpus.entries.count]
            #expect(!receipt.verifies(other.transaction))
        }
        #expect(Set(corpus.entries.map(\.size)).count > 3)
    }

    @Test("an altered receipt proves nothing, whichever byte is altered")
    func altered() throws {
        let entry = try #require(corpus.entries.last { $0.path.count > 1 })
        let bytes = CoseReceipt(entry, signedWith: ChainWorld.key("validator 1")).encoded
        for position in bytes.indices {
            for mask in [1, 0x80, 0xFF] as [UInt8] {
                var altered = bytes
                altered[position] ^= mask
                let receipt = try? CoseReceipt(decoding: altered)
                // Where a path leads is bound; which of several trees it is a path of need not be.
                guard let receipt, receipt.size == entry.size, receipt.index == entry.index else { continue }
                #expect(!receipt.verifies(entry.transaction), "byte \(position), mask \(mask)")
            }
        }
    }

    @Test("what a validator signs in a receipt is no statement of consensus and no transaction")
    func domains() throws {
        let entry = try #require(corpus.entries.first)
        let key = ChainWorld.key("validator 0")
        let receipt = CoseReceipt(entry, signedWith: key)
        let verification = try #require(VerificationKey(key.publicKey))
        for kind in Statement.Kind.allCases {
            for digest in [entry.header.digest, entry.header.transactionsRoot] {
                let statement = Statement(
                    kind: kind,
                    chain: entry.header.chain,
                    epoch: 0,
                    view: 0,
                    position: entry.header.height.number,
                    digest: digest
                )
                let signed = SHA256Function.digest(of: statement.encoded)
                #expect(!verification.verify(receipt.signature, over: signed))
            }
        }
        #expect(
            refusalCode { () throws(Refusal) in
                _ = try SignedTransaction(decoding: receipt.encoded, limits: .greatest)
            } == .malformed
        )
    }

    @Test(
        "another COSE library reads the same in receipts and transparent statements, and refuses altered ones",
        .enabled(if: PythonClient.isPresent, PythonClient.absence),
        .timeLimit(.minutes(2))
    )
    func interoperates() throws {
        var questions: [Question] = []
        var expected: [[Reading?]] = []
        for entry in corpus.entries {
            let receipts = (0..<3).map { CoseReceipt(entry, signedWith: ChainWorld.key("validator \($0)")) }
            let statement = try CoseReceipt.statement(entry.transaction, with: receipts)
            questions.append(Question(statement: Hex.encode(statement)))
            expected.append(receipts.map { reading($0, entry) })
            var bytes = receipts[0].encoded
            questions.append(Question(receipt: Hex.encode(bytes), transaction: Hex.encode(entry.transaction)))
            expected.append([reading(receipts[0], entry)])
            bytes[bytes.count - 40] ^= 1
            questions.append(Question(receipt: Hex.encode(bytes), transaction: Hex.encode(entry.transaction)))
            expected.append([nil])
            let spoilt = entry.transaction.dropLast() + [entry.transaction[entry.transaction.count - 1] ^ 1]
            questions.append(Question(receipt: Hex.encode(receipts[0].encoded), transaction: Hex.encode(Array(spoilt))))
            expected.append([nil])
        }
        let answers = try PythonClient.run("cose_receipt.py", "", questions, as: [Reading?].self)
        #expect(answers == expected)
    }

    private func reading(_ receipt: CoseReceipt, _ entry: TreeEntry) -> Reading {
        Reading(
            key: Hex.encode(receipt.key.bytes),
            root: entry.header.transactionsRoot.hex,
            issuer: "akashi:" + entry.header.chain.hex,
            subject: "blocks/\(entry.header.height.number)",
            issued: entry.header.time / 1000
        )
    }
}
