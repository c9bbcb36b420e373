package import ContractKit
package import Primitives

/// An attribute of the applicant: what it claims stays off the chain, behind a hiding commitment.
package struct AttributeClaim: Record, Hashable {
    package var type: Identifier = .unset
    package var commitment: Digest = .zero
    /// The organisation that vouches for it.
    package var issuer: Identifier = .unset
    package var credential: Digest = .zero
    package var audience: Audience = .verifiers

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "type", &type)
        try visitor.digest(2, "commitment", &commitment)
        try visitor.identifier(3, "issuer", &issuer)
        try visitor.digest(4, "credential", &credential)
        try visitor.choice(5, "audience", &audience)
    }
}

/// A disclosed attribute and how its verification stands.
package struct AttributeRow: Record, Hashable {
    package var claim = AttributeClaim()
    package var required = false
    package var state: AttributeState = .disclosed
    package var confirmations: UInt64 = 0
    package var denials: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.record(1, "claim", &claim)
        try visitor.boolean(2, "required", &required)
        try visitor.choice(3, "state", &state)
        try visitor.unsigned(4, "confirmations", &confirmations, in: 0...UInt64.max)
        try visitor.unsigned(5, "denials", &denials, in: 0...UInt64.max)
    }
}

/// One side's word on the other: a verifier's on an attribute, or the applicant's on a member.
package struct AttestationRow: Record, Hashable {
    package var ok = false
    package var method: Identifier = .unset
    package var evidence: Digest?
    package var account: AccountID = .unset
    package var at: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.boolean(1, "ok", &ok)
        try visitor.identifier(2, "method", &method)
        try visitor.optional(3, "evidence", &evidence, .digest)
        try visitor.account(4, "account", &account)
        try visitor.time(5, "at", &at)
    }
}

/// A vote. The salt stays with it after the reveal, so that anybody can hash it again and recount.
package struct BallotRow: Record, Hashable {
    package var account: AccountID = .unset
    package var weight: UInt64 = 1
    package var commitment: Digest = .zero
    package var choice: VoteChoice?
    package var salt: [UInt8]?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.unsigned(2, "weight", &weight, in: 1...FieldPolicy.greatestWeight)
        try visitor.digest(3, "commitment", &commitment)
        try visitor.optional(4, "choice", &choice, .choice(VoteChoice.self))
        try visitor.optional(5, "salt", &salt, BytesFormat(TFC.saltByteCount))
    }
}
