package import LedgerCrypto
package import Primitives

/// The tree over the transactions or the receipts of a block.
package typealias BlockTree = MerkleTree<SHA256Function>

/// A transaction, decoded once from the bytes that came, which are kept and never encoded again.
///
/// The *reference* is the leaf hash of those bytes and names this very copy; the *id* is the digest that was signed
/// and names what was signed, whatever the copy. Replay protection and clients use the id, everything else the
/// reference.
///
/// A class, because it passes from hand to hand all through the node, and a copy of its fields would count references to
/// four of them each time.
package final class SignedTransaction: Sendable {
    /// The COSE_Sign1 structure as received, with its signature in low-s form.
    package let bytes: [UInt8]
    package let reference: Digest
    /// The SHA-256 of the Sig_structure, which is also the digest under the signature.
    package let id: Digest
    package let account: AccountID
    package let chain: Digest
    package let nonce: [UInt8]
    /// The last height at which the transaction may execute.
    package let validUntil: Height
    package let calls: [Call]
    package let signature: Signature

    package static let contentType = "application/vnd.akashi.transaction+cbor"
    /// COSE's number for ES256K (RFC 8812).
    package static let algorithm: Int64 = -47
    package static let nonceByteCount = 8...32

    /// What a copy with a high s gets.
    package enum HighS: Sendable {
        /// Refused with SIGNATURE: between peers each signature has one form.
        case refused
        /// Put into its low form before anything is hashed: at the HTTP edge, for COSE libraries that do not.
        case normalised
    }

    /// Decodes a transaction. Nothing about it has been checked but its form; the signature least of all.
    package convenience init(
        decoding bytes: [UInt8],
        limits: TransactionLimits,
        highS: HighS = .refused
    ) throws(Refusal) {
        guard bytes.count <= limits.byteCount else {
            throw Refusal(.tooLarge, "a transaction has at most \(limits.byteCount) bytes, this one \(bytes.count)")
        }
        do throws(CBORError) {
            try self.init(parsing: bytes, callCount: limits.callCount, highS: highS)
        } catch {
            throw Refusal(.malformed, "not a transaction: \(error.explanation)")
        }
        guard signature.hasLowS else { throw Refusal(.signature, "the signature's s is not in its low form") }
    }

    /// The SHA-256 that the signature is over.
    package var signedDigest: Digest { id }

    private init(parsing bytes: [UInt8], callCount: Int, highS: HighS) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        guard try decoder.tag() == Sign1.tag else { throw .unexpectedValue }
        try decoder.array(exactly: 4)
        let protectedStart = decoder.offset
        account = try SignedTransaction.account(fromHeader: &decoder)
        let protectedItem = protectedStart..<decoder.offset
        try decoder.map(exactly: 0)
        let payloadStart = decoder.offset
        let payload = try Payload(from: &decoder, callCount: callCount)
        let payloadItem = payloadStart..<decoder.offset
        let received = try decoder.signature()
        try decoder.finish()

        chain = payload.chain
        nonce = payload.nonce
        validUntil = payload.validUntil
        calls = payload.calls
        id = SHA256Function.digest(of: SignedTransaction.signatureStructure(bytes[protectedItem], bytes[payloadItem]))
        if highS == .normalised, !received.hasLowS {
            signature = lowS(received)
            self.bytes = bytes.dropLast(Signature.byteCount) + signature.bytes
        } else {
            signature = received
            self.bytes = bytes
        }
        reference = BlockTree.leaf(self.bytes)
    }

    /// The protected header is exactly `{1: -47, 3: content type, 4: account id}`: constant but for the account.
    private static func account(fromHeader decoder: inout CBORDecoder) throws(CBORError) -> AccountID {
        let content = try decoder.enterByteString(atMost: headerStart.count + Digest.byteCount + 2)
        try decoder.expect(headerStart)
        let account = AccountID(try decoder.digest())
        try decoder.leave(content)
        return account
    }

    /// The protected header up to the account id.
    package static let headerStart: [UInt8] = {
        var encoder = CBOREncoder()
        encoder.map(3)
        encoder.unsigned(1)
        encoder.integer(algorithm)
        encoder.unsigned(3)
        encoder.text(contentType)
        encoder.unsigned(4)
        return encoder.bytes
    }()

    /// RFC 9052 §4.4 over the encoded byte strings of header and payload, as they came. `Sign1.signatureStructure`
    /// gives the same bytes; this spares copying both out first.
    private static func signatureStructure(_ protected: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>) -> [UInt8] {
        var encoder = CBOREncoder(capacity: protected.count + payload.count + 16)
        encoder.array(4)
        encoder.text("Signature1")
        encoder.raw(protected)
        encoder.byteString([])
        encoder.raw(payload)
        return encoder.bytes
    }
}

/// The payload: `{1: chain id, 2: nonce, 3: valid-until, 4: [call, …]}`.
private struct Payload {
    let chain: Digest
    let nonce: [UInt8]
    let validUntil: Height
    var calls: [Call] = []

    init(from decoder: inout CBORDecoder, callCount: Int) throws(CBORError) {
        let content = try decoder.enterByteString(atMost: .max)
        try decoder.map(exactly: 4)
        try decoder.key(1)
        chain = try decoder.digest()
        try decoder.key(2)
        nonce = try decoder.byteString(atMost: SignedTransaction.nonceByteCount.upperBound)
        guard nonce.count >= SignedTransaction.nonceByteCount.lowerBound else { throw .unexpectedValue }
        try decoder.key(3)
        validUntil = Height(try decoder.unsigned())
        try decoder.key(4)
        let count = try decoder.array(atMost: callCount)
        guard count > 0 else { throw .unexpectedValue }
        for _ in 0..<count { calls.append(try Call(from: &decoder)) }
        try decoder.leave(content)
    }
}

/// Bounds on one transaction; part of the chain's parameters.
package struct TransactionLimits: Hashable, Sendable {
    package let byteCount: Int
    package let callCount: Int

    /// What the parameters can be set to at most: for a verifier, who knows no parameters but the genesis's.
    package static let greatest = TransactionLimits(byteCount: 1 << 20, callCount: 256)

    package init(byteCount: Int, callCount: Int) {
        self.byteCount = byteCount
        self.callCount = callCount
    }
}
