package import ContractKit
package import Primitives

/// The rules of admission. A case copies them when it opens, so that no later change touches it.
package struct FieldPolicy: Record, Hashable {
    /// Attributes that every applicant discloses.
    package var required: [Identifier] = []
    /// The m of "m of n verifiers".
    package var verifiersNeeded: UInt64 = 1
    /// Basis points of the electorate's weight that must commit.
    package var quorum: UInt64 = 5_000
    /// Basis points of the committed weight that must be revealed as yes.
    package var threshold: UInt64 = 6_667
    /// The weight of a member that is admitted.
    package var memberWeight: UInt64 = 1
    /// Whether an admitted member becomes a verifier.
    package var admittedVerify = false
    /// How many members the applicant must attest before it assents: verification is mutual.
    package var mutual: UInt64 = 0
    package var disclosureTime: UInt64 = 86_400_000
    package var verificationTime: UInt64 = 86_400_000
    package var commitTime: UInt64 = 86_400_000
    package var revealTime: UInt64 = 86_400_000
    /// How long after a case that did not admit it an organisation waits before it applies again.
    package var cooldown: UInt64 = 0

    package static let wholeWeight: UInt64 = 10_000
    package static let greatestWeight: UInt64 = 1_000_000
    package static let greatestVerifiers: UInt64 = 64
    package static let attributeLimit = 16
    /// A day short of a year: long enough for any procedure, short enough to end.
    package static let greatestDuration: UInt64 = 364 * 86_400_000

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        let duration = 1...FieldPolicy.greatestDuration
        try visitor.list(1, "required", &required, of: .identifier, count: 1...FieldPolicy.attributeLimit)
        try visitor.unsigned(2, "verifiers_needed", &verifiersNeeded, in: 1...FieldPolicy.greatestVerifiers)
        try visitor.unsigned(3, "quorum", &quorum, in: 1...FieldPolicy.wholeWeight)
        try visitor.unsigned(4, "threshold", &threshold, in: 1...FieldPolicy.wholeWeight)
        try visitor.unsigned(5, "member_weight", &memberWeight, in: 1...FieldPolicy.greatestWeight)
        try visitor.boolean(6, "admitted_verify", &admittedVerify)
        try visitor.unsigned(7, "mutual", &mutual, in: 0...FieldPolicy.greatestVerifiers)
        try visitor.unsigned(8, "disclosure_time", &disclosureTime, in: duration)
        try visitor.unsigned(9, "verification_time", &verificationTime, in: duration)
        try visitor.unsigned(10, "commit_time", &commitTime, in: duration)
        try visitor.unsigned(11, "reveal_time", &revealTime, in: duration)
        try visitor.unsigned(12, "cooldown", &cooldown, in: 0...FieldPolicy.greatestDuration)
    }

    /// Whether the weight that took part reaches the quorum. The products stay below 2^54: a field has at most
    /// `Field.memberLimit` members.
    func reachesQuorum(committed: UInt64, of electorate: UInt64) throws(ContractError) -> Bool {
        try committed.multiplied(by: FieldPolicy.wholeWeight) >= electorate.multiplied(by: quorum)
    }

    /// Whether a ballot admits. A commit that nobody revealed is in the denominator only, so it counts as no, and
    /// the last to reveal gains nothing by silence.
    func admits(yes: UInt64, of committed: UInt64) throws(ContractError) -> Bool {
        try yes.multiplied(by: FieldPolicy.wholeWeight) >= committed.multiplied(by: threshold)
    }
}
