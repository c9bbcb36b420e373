import Ledger
import LedgerCrypto
import Primitives
import SeededRandom
import Testing

/// Each is a well-formed, well-signed COSE_Sign1 that differs from a transaction in one part.
private let alterations: [String: @Sendable (inout [CBORValue], inout [CBORValue]) -> Void] = [
    "another algorithm": { header, _ in header[0] = .negative(6) },
    "another content type": { header, _ in header[1] = .text("application/cbor") },
    "a numbered content type": { header, _ in header[1] = .unsigned(60) },
    "a kid of 31 bytes": { header, _ in header[2] = .byteString([UInt8](repeating: 1, count: 31)) },
    "a text kid": { header, _ in header[2] = .text("kid") },
    "a chain id of 31 bytes": { _, payload in payload[0] = .byteString([UInt8](repeating: 1, count: 31)) },
    "a nonce of 7 bytes": { _, payload in payload[1] = .byteString([UInt8](repeating: 1, count: 7)) },
    "a nonce of 33 bytes": { _, payload in payload[1] = .byteString([UInt8](repeating: 1, count: 33)) },
    "a negative valid-until": { _, payload in payload[2] = .negative(0) },
    "no calls": { _, payload in payload[3] = .array([]) },
    "257 calls": { _, payload in
        payload[3] = .array(
            [CBORValue](repeating: .array([.text("a"), .text("b"), .map([])]), count: 257)
        )
    },
    "arguments that are no map": { _, payload in
        payload[3] = .array([.array([.text("a"), .text("b"), .array([])])])
    },
    "a contract name with seven digits": { _, payload in
        payload[3] = .array([.array([.text("a1234567"), .text("b"), .map([])])])
    },
    "a call of four parts": { _, payload in
        payload[3] = .array([.array([.text("a"), .text("b"), .map([]), .null])])
    },
]

@Suite struct TransactionTests {
    let fixture: Fixture
    let limits = TransactionLimits.greatest

    init() throws { fixture = try Fixture() }

    @Test("a signed draft comes back with every part of it")
    func roundTrip() throws {
        let draft = try fixture.draft()
        let bytes = draft.signed(with: fixture.accountKey)
        let transaction = try SignedTransaction(decoding: bytes, limits: limits)
        #expect(transaction.bytes == bytes)
        #expect(transaction.account == draft.account)
        #expect(transaction.chain == draft.chain)
        #expect(transaction.nonce == draft.nonce)
        #expect(transaction.validUntil == draft.validUntil)
        #expect(transaction.calls == draft.calls)
        #expect(transaction.id == draft.id)
        #expect(try fixture.standing().key.verify(transaction.signature, over: transaction.id))
    }

    @Test("the id is the digest of the Sig_structure, the reference the leaf hash of the whole bytes")
    func names() throws {
        let bytes = try fixture.draft().signed(with: fixture.accountKey)
        let transaction = try SignedTransaction(decoding: bytes, limits: limits)
        let sign1 = try Sign1.decode(bytes)
        #expect(transaction.id == SHA256Function.digest(of: sign1.signatureStructure()))
        #expect(transaction.reference == SHA256Function.digest(of: [0] + bytes))
        #expect(transaction.signature.bytes == sign1.signature)
    }

    @Test("failure 28: a high s is refused between peers, and normalised before hashing at the HTTP edge")
    func highS() throws {
        let bytes = try fixture.draft().signed(with: fixture.accountKey)
        let original = try SignedTransaction(decoding: bytes, limits: limits)
        let high = bytes.dropLast(64) + (try highSTwin(of: original.signature)).bytes
        #expect(
            refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: Array(high), limits: limits) }
                == .signature
        )
        let normalised = try SignedTransaction(decoding: Array(high), limits: limits, highS: .normalised)
        #expect(normalised.bytes == bytes)
        #expect(normalised.reference == original.reference)
        #expect(normalised.id == original.id)
        let untouched = try SignedTransaction(decoding: bytes, limits: limits, highS: .normalised)
        #expect(untouched.bytes == bytes)
    }

    @Test("two signatures of one draft are one id and two references")
    func copies() throws {
        let bytes = try fixture.draft().signed(with: fixture.accountKey)
        let original = try SignedTransaction(decoding: bytes, limits: limits)
        let stranger = try fixture.draft().signed(with: try Fixture.key("stranger"))
        let copy = try SignedTransaction(decoding: stranger, limits: limits)
        #expect(copy.id == original.id)
        #expect(copy.reference != original.reference)
    }

    @Test("oversized bytes are refused before they are decoded")
    func tooLarge() throws {
        let bytes = try fixture.draft().signed(with: fixture.accountKey)
        let exact = TransactionLimits(byteCount: bytes.count, callCount: 1)
        let tight = TransactionLimits(byteCount: bytes.count - 1, callCount: 1)
        #expect(refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: bytes, limits: exact) } == nil)
        #expect(
            refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: bytes, limits: tight) } == .tooLarge
        )
        let noise = [UInt8](repeating: 0xFF, count: bytes.count)
        #expect(
            refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: noise, limits: tight) } == .tooLarge
        )
    }

    @Test("every truncation and every extension is malformed")
    func truncated() throws {
        let bytes = try fixture.draft().signed(with: fixture.accountKey)
        for count in 0..<bytes.count {
            let prefix = Array(bytes.prefix(count))
            #expect(
                refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: prefix, limits: limits) }
                    == .malformed
            )
        }
        #expect(
            refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: bytes + [0], limits: limits) }
                == .malformed
        )
    }

    @Test("a COSE_Sign1 that is not exactly a transaction is malformed", arguments: alterations.keys.sorted())
    func altered(name: String) throws {
        let alter = try #require(alterations[name])
        var header: [CBORValue] = [
            .negative(46), .text(SignedTransaction.contentType), .byteString(fixture.account.digest.bytes),
        ]
        var payload: [CBORValue] = [
            .byteString(fixture.chain.id.bytes), .byteString([UInt8](repeating: 9, count: 16)), .unsigned(100),
            .array([.array([.text("a"), .text("b"), .map([])])]),
        ]
        let unaltered = assemble(header: header, payload: payload)
        #expect(
            refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: unaltered, limits: limits) } == nil
        )
        alter(&header, &payload)
        let bytes = assemble(header: header, payload: payload)
        #expect(
            refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: bytes, limits: limits) }
                == .malformed
        )
    }

    @Test("further header or payload fields are malformed, not ignored")
    func furtherFields() throws {
        let good = try fixture.draft()
        let extraHeader = CBORValue.map([
            .init(.unsigned(1), .negative(46)), .init(.unsigned(3), .text(SignedTransaction.contentType)),
            .init(.unsigned(4), .byteString(fixture.account.digest.bytes)), .init(.unsigned(5), .null),
        ]).encoded
        let signature = [UInt8](repeating: 1, count: 64)
        for sign1 in [
            Sign1(protected: extraHeader, payload: good.payload, signature: signature),
            Sign1(protected: [], payload: good.payload, signature: signature),
            Sign1(protected: good.protected, payload: good.payload + [0], signature: signature),
            Sign1(protected: good.protected + [0], payload: good.payload, signature: signature),
            Sign1(protected: good.protected, payload: good.payload, signature: signature + [1]),
        ] {
            #expect(
                refusalCode { () throws(Refusal) in _ = try SignedTransaction(decoding: sign1.encode(), limits: limits)
                }
                    == .malformed
            )
        }
    }

    @Test("mutated transactions never crash, and what is accepted is canonical", arguments: 0..<8 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let original = try fixture.draft().signed(with: fixture.accountKey)
        var accepted = 0
        for _ in 0..<2000 {
            var bytes = original
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[position] = .random(in: 0...255, using: &random)
            case 1: bytes.remove(at: position)
            default: bytes.insert(.random(in: 0...255, using: &random), at: position)
            }
            guard let transaction = try? SignedTransaction(decoding: bytes, limits: limits) else { continue }
            accepted += 1
            #expect(try CBORValue(decoding: bytes).encoded == bytes, "seed \(seed)")
            let again = TransactionDraft(
                account: transaction.account,
                chain: transaction.chain,
                nonce: transaction.nonce,
                validUntil: transaction.validUntil,
                calls: transaction.calls
            )
            #expect(again.id == transaction.id, "seed \(seed)")
            if bytes != original {
                #expect(transaction.reference != BlockTree.leaf(original))
                let isVerified = try fixture.standing().key.verify(transaction.signature, over: transaction.id)
                #expect(!isVerified, "seed \(seed)")
            }
        }
        #expect(accepted > 0)
    }

    private func assemble(header: [CBORValue], payload: [CBORValue]) -> [UInt8] {
        let keys: [UInt64] = [1, 3, 4]
        let protected = CBORValue.map(zip(keys, header).map { .init(.unsigned($0), $1) }).encoded
        let content = CBORValue.map(payload.enumerated().map { .init(.unsigned(UInt64($0 + 1)), $1) }).encoded
        let unsigned = Sign1(protected: protected, payload: content, signature: [])
        let signature = fixture.accountKey.sign(unsigned.signatureStructure())
        return Sign1(protected: protected, payload: content, signature: signature.bytes).encode()
    }
}
