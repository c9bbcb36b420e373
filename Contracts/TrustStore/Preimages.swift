package import Primitives

extension TrustStore {
    /// What an evidence's id is the SHA-256 of. The author is part of it, so that nobody can record somebody else's
    /// evidence first and make the author's own a duplicate.
    package static func evidencePreimage(author: AccountID, body: [UInt8]) -> [UInt8] {
        var encoder = CBOREncoder(capacity: body.count + 80)
        encoder.array(3)
        encoder.text("akashi/trust-store/evidence/1")
        encoder.byteString(author.digest)
        encoder.byteString(body)
        return encoder.bytes
    }

    /// How a subject's accumulator takes in its next evidence; it begins with the zero digest.
    package static func accumulatorPreimage(_ before: Digest, _ evidence: Digest) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 112)
        encoder.array(3)
        encoder.text("akashi/trust-store/subject/1")
        encoder.byteString(before)
        encoder.byteString(evidence)
        return encoder.bytes
    }
}
