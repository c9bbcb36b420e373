import Ledger
import LedgerCrypto
import Primitives
import Testing

private struct SigningQuestion: Encodable {
    let kid: String
    let public_key: String
    let private_key: String
    let chain: String
    let nonce: String
    let valid_until: UInt64
}

private struct SigningAnswer: Decodable { let message: String }

private struct VerifyingQuestion: Encodable {
    let kid: String
    let public_key: String
    let message: String
}

private struct VerifyingAnswer: Decodable, Equatable {
    let algorithm: Int64
    let content_type: String
    let kid: String
    let unprotected: Int
    let chain: String
    let nonce: String
    let valid_until: UInt64
    let contract: String
    let method: String
}

/// PyPI's `cwt`, a COSE library by other people, on both sides of a transaction.
@Suite(.enabled(if: PythonClient.isPresent, PythonClient.absence), .timeLimit(.minutes(2)))
struct InteropTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test("transactions that another COSE library signed are admitted, with a high s brought into its low form")
    func theirs() throws {
        let questions = (0..<32 as Range<UInt64>).map { number in
            SigningQuestion(
                kid: fixture.account.digest.hex,
                public_key: Hex.encode(fixture.accountKey.publicKey.bytes),
                private_key: Hex.encode(fixture.accountKey.bytes),
                chain: fixture.chain.id.hex,
                nonce: Hex.encode(Digest(words: (number, 1, 2, 3)).bytes),
                valid_until: 100 + number
            )
        }
        let answers = try PythonClient.run("cose_client.py", "sign", questions, as: SigningAnswer.self)
        let admission = Admission(chain: fixture.chain.id, parameters: .standard)
        let standing = try fixture.standing()
        var highS = 0
        for (question, answer) in zip(questions, answers) {
            let bytes = try #require(Hex.decode(answer.message))
            let transaction = try admission.decode(bytes, highS: .normalised)
            let check = try admission.examine(
                transaction,
                at: Height(10),
                standing: { _ in standing },
                checkCall: { (_: Call) throws(Refusal) in }
            )
            #expect(check.passes)
            #expect(transaction.account == fixture.account)
            #expect(transaction.validUntil.number == question.valid_until)
            #expect(transaction.calls.map(\.method.text) == ["publish"])
            // What leaves the edge is what peers accept, and is the same transaction.
            let atPeer = try SignedTransaction(decoding: transaction.bytes, limits: .greatest)
            #expect(atPeer.reference == transaction.reference)
            if transaction.bytes != bytes { highS += 1 }
        }
        // That library leaves s as it falls: of 32, all low or all high happens once in two thousand million runs.
        #expect(highS > 0 && highS < answers.count)
    }

    @Test("transactions that Akashi signed are accepted by another COSE library, which reads the same in them")
    func ours() throws {
        let drafts = try (0..<8 as Range<UInt64>).map { try fixture.draft($0, validUntil: 50 + $0) }
        let questions = drafts.map { draft in
            VerifyingQuestion(
                kid: fixture.account.digest.hex,
                public_key: Hex.encode(fixture.accountKey.publicKey.bytes),
                message: Hex.encode(draft.signed(with: fixture.accountKey))
            )
        }
        let answers = try PythonClient.run("cose_client.py", "verify", questions, as: VerifyingAnswer.self)
        for (draft, answer) in zip(drafts, answers) {
            #expect(
                answer
                    == VerifyingAnswer(
                        algorithm: -47,
                        content_type: SignedTransaction.contentType,
                        kid: draft.account.digest.hex,
                        unprotected: 0,
                        chain: draft.chain.hex,
                        nonce: Hex.encode(draft.nonce),
                        valid_until: draft.validUntil.number,
                        contract: "marketplace",
                        method: "publish"
                    )
            )
        }
    }
}
