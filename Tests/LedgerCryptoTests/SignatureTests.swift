import LedgerCrypto
import Primitives
import Testing

/// Half the group order and the order itself, for building the malleable twin of a signature.
private let groupOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

@Suite struct SignatureTests {
    @Test("a signature verifies under its key and digest and no other")
    func bindsKeyAndDigest() throws {
        let key = PrivateKey.generate()
        let other = PrivateKey.generate()
        let verification = try #require(VerificationKey(key.publicKey))
        let stranger = try #require(VerificationKey(other.publicKey))
        let message: [UInt8] = Array("akashi".utf8)
        let digest = SHA256Function.digest(of: message)
        let signature = key.sign(message)
        #expect(verification.verify(signature, over: digest))
        #expect(!verification.verify(signature, over: SHA256Function.digest(of: [])))
        #expect(!stranger.verify(signature, over: digest))
    }

    /// Key 1 and the message "Satoshi Nakamoto": the RFC 6979 vector that Bitcoin libraries share.
    @Test("nonces follow RFC 6979, so that a signature is a function of key and message")
    func deterministicNonce() throws {
        let key = try #require(PrivateKey(bytes: [UInt8](repeating: 0, count: 31) + [1]))
        let signature = key.sign(Array("Satoshi Nakamoto".utf8))
        #expect(signature.r.hex == "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8")
        #expect(signature.s.hex == "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5")
        #expect(
            Hex.encode(key.publicKey.bytes) == "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        )
    }

    @Test("failure 28: the high-s twin of a good signature is refused, and lowS brings it back")
    func highS() throws {
        let key = PrivateKey.generate()
        let verification = try #require(VerificationKey(key.publicKey))
        for message in 0..<32 as Range<UInt8> {
            let digest = SHA256Function.digest(of: [message])
            let signature = key.sign(digest: digest)
            let twin = Signature(r: signature.r, s: try negated(signature.s))
            #expect(verification.verify(signature, over: digest))
            #expect(!verification.verify(twin, over: digest))
            #expect(lowS(twin) == signature)
            #expect(lowS(signature) == signature)
        }
    }

    @Test("numbers outside the group are neither keys nor signatures")
    func outsideTheGroup() throws {
        let order = try #require(Hex.decode(groupOrder))
        #expect(PrivateKey(bytes: order) == nil)
        #expect(PrivateKey(bytes: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(PrivateKey(bytes: [1]) == nil)
        let key = try #require(VerificationKey(PrivateKey.generate().publicKey))
        let orderDigest = try #require(Digest(order))
        for signature in [
            Signature(r: .zero, s: .zero), Signature(r: orderDigest, s: orderDigest),
            Signature(r: .zero, s: orderDigest),
        ] {
            #expect(!key.verify(signature, over: .zero))
            #expect(lowS(signature) == signature)
        }
    }

    @Test("bytes that are no point on the curve are no verification key")
    func notOnTheCurve() throws {
        // x = 5 has no y on secp256k1.
        let bytes = [UInt8(2)] + [UInt8](repeating: 0, count: 31) + [5]
        #expect(VerificationKey(try #require(PublicKey(bytes))) == nil)
        #expect(PublicKey([4] + bytes.dropFirst()) == nil)
    }

    @Test("a private key does not print itself")
    func redacted() {
        let key = PrivateKey.generate()
        #expect(!"\(key)".contains(Hex.encode(key.bytes)))
    }

    /// n − s, byte by byte with borrow.
    private func negated(_ s: Digest) throws -> Digest {
        let order = try #require(Hex.decode(groupOrder))
        let s = s.bytes
        var result = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for position in (0..<32).reversed() {
            let difference = Int(order[position]) - Int(s[position]) - borrow
            result[position] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        return try #require(Digest(result))
    }
}
