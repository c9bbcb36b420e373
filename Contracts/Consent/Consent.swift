package import ContractKit
internal import Primitives

/// What subjects allow, and who looked: random record ids with hiding commitments, consents, and the log of accesses.
/// The data itself is in vaults, off the chain.
package enum Consent: Contract {
    package static let id = ContractID.consent
    package static let name = "consent"
    package static let version: UInt64 = 1

    static let records = Table<Digest, RecordRow>(.consent, 1)
    static let consents = Table<Digest, ConsentRow>(.consent, 2)
    static let accesses = Table<Digest, AccessRow>(.consent, 3)
    // What the subject can list, so complete by rule: every row above adds its entry in the same call.
    static let recordsBySubject = Table<Pair<AccountID, Digest>, Nothing>(.consent, 4, kind: .provenIndex)
    static let consentsBySubject = Table<Pair<AccountID, Digest>, Nothing>(.consent, 5, kind: .provenIndex)
    static let accessesBySubject = Table<Pair<AccountID, Pair<Height, Digest>>, Nothing>(
        .consent,
        6,
        kind: .provenIndex
    )

    /// The contract's only kind of case in the queue of deadlines.
    static let consentCase: UInt8 = 1

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(CommitRecord.self)
        try visitor.method(RestrictRecord.self)
        try visitor.method(GrantConsent.self)
        try visitor.method(AmendConsent.self)
        try visitor.method(WithdrawConsent.self)
        try visitor.method(RequestAccess.self)
        try visitor.method(DecideAccess.self)
        try visitor.method(ServeAccess.self)
    }

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(RecordQuery.self)
        try visitor.query(RecordsQuery.self)
        try visitor.query(ConsentQuery.self)
        try visitor.query(ConsentsQuery.self)
        try visitor.query(AccessQuery.self)
        try visitor.query(AccessesQuery.self)
    }

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(RecordCommitted.self)
        visitor.event(RecordRestricted.self)
        visitor.event(ConsentChanged.self)
        visitor.event(AccessLogged.self)
    }

    package static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {
        guard dueCase.kind == consentCase, let consent = Digest(bytes: dueCase.key) else { return }
        _ = try current(consent, &context)
    }
}
