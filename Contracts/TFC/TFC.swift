package import ContractKit
package import Primitives

/// Trustworthy Field Constructor: who may enter a field, decided in three layers — disclosure, mutual verification,
/// and a sealed ballot — none of which can be skipped.
package enum TFC: Contract {
    package static let id = ContractID.tfc
    package static let name = "tfc"
    package static let version: UInt64 = 1

    static let fields = Table<Digest, Field>(id, 1)
    static let members = Table<Pair<Digest, Identifier>, Member>(id, 2)
    static let cases = Table<Digest, AdmissionCase>(id, 3)
    static let applicants = Table<Pair<Digest, Identifier>, ApplicantRow>(id, 4)
    /// By case and attribute type.
    static let attributes = Table<Pair<Digest, Identifier>, AttributeRow>(id, 5)
    /// By case, attribute type and verifying organisation.
    static let attestations = Table<Pair<Digest, Pair<Identifier, Identifier>>, AttestationRow>(id, 6)
    /// By case and attested member.
    static let memberAttestations = Table<Pair<Digest, Identifier>, AttestationRow>(id, 7)
    /// By case and voting organisation.
    static let ballots = Table<Pair<Digest, Identifier>, BallotRow>(id, 8)

    /// The kind of deadline that this contract has: a case's phase.
    static let phaseDeadline: UInt8 = 1

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(CreateField.self)
        try visitor.method(JoinField.self)
        try visitor.method(Apply.self)
        try visitor.method(Disclose.self)
        try visitor.method(Attest.self)
        try visitor.method(AttestMember.self)
        try visitor.method(Assent.self)
        try visitor.method(CommitVote.self)
        try visitor.method(RevealVote.self)
    }

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(FieldQuery.self)
        try visitor.query(CaseQuery.self)
        try visitor.query(ApplicantQuery.self)
        try visitor.query(AttributesQuery.self)
        try visitor.query(MembersQuery.self)
        try visitor.query(BallotQuery.self)
    }

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(FieldCreated.self)
        visitor.event(FieldActive.self)
        visitor.event(MemberJoined.self)
        visitor.event(CaseOpened.self)
        visitor.event(CaseDisclosed.self)
        visitor.event(AttributeAttested.self)
        visitor.event(MemberAttested.self)
        visitor.event(CaseAssented.self)
        visitor.event(BallotOpened.self)
        visitor.event(VoteCommitted.self)
        visitor.event(RevealOpened.self)
        visitor.event(VoteRevealed.self)
        visitor.event(CaseClosed.self)
    }

    package static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {
        guard dueCase.kind == phaseDeadline, let id = Digest(bytes: dueCase.key) else { return }
        _ = try settledCase(id, &context)
    }
}

extension TFC {
    /// Whether the organisation belongs to the field now; for other contracts, which ask instead of being told.
    package static func isMember(
        of field: Digest,
        organisation: Identifier,
        _ context: inout ContractContext
    ) throws(ContractError) -> Bool {
        try context.call(into: id) { context throws(ContractError) in
            // Its own application may be due and not yet counted.
            if let open = try applicants.get(Pair(field, organisation), &context)?.open {
                _ = try settledCase(open, &context)
            }
            return try members.get(Pair(field, organisation), &context)?.state == .active
        }
    }

    package static func fieldExists(_ field: Digest, _ context: inout ContractContext) throws(ContractError) -> Bool {
        try context.call(into: id) { context throws(ContractError) in try fields.contains(field, &context) }
    }
}
