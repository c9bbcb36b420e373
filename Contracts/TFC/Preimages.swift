package import Primitives

// What is hashed into names and commitments: a CBOR array that begins with its own domain, so that no two kinds of
// input can ever give the same bytes. A client hashes the same bytes with SHA-256.

extension TFC {
    /// At least 128 bits, so that nobody finds a vote by trying.
    package static let saltByteCount = 16...64

    /// A field's id: the founder is part of it, so that nobody can take somebody else's name.
    package static func fieldPreimage(founder: AccountID, name: Identifier) -> [UInt8] {
        var encoder = CBOREncoder()
        encoder.array(3)
        encoder.text("akashi/tfc/field/1")
        encoder.byteString(founder.digest)
        encoder.text(name)
        return encoder.bytes
    }

    /// A case's id: the organisation's attempts at a field are counted from 1.
    package static func casePreimage(field: Digest, organisation: Identifier, attempt: UInt64) -> [UInt8] {
        var encoder = CBOREncoder()
        encoder.array(4)
        encoder.text("akashi/tfc/case/1")
        encoder.byteString(field)
        encoder.text(organisation)
        encoder.unsigned(attempt)
        return encoder.bytes
    }

    /// What a vote's commitment is the digest of.
    package static func votePreimage(
        field: Digest,
        case caseID: Digest,
        voter: AccountID,
        choice: VoteChoice,
        salt: [UInt8]
    ) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 192)
        encoder.array(6)
        encoder.text("akashi/tfc/vote/1")
        encoder.byteString(field)
        encoder.byteString(caseID)
        encoder.byteString(voter.digest)
        encoder.unsigned(choice.rawValue)
        encoder.byteString(salt)
        return encoder.bytes
    }
}
