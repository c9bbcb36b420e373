package import ContractKit
internal import Primitives

/// Who takes part: organisations, their accounts with keys and roles, validators and parameters.
///
/// Genesis writes all of it. Accounts change through the registrars of their organisations, validators by a vote of the
/// organisations that run them, or by their own organisation where only keys, pins and addresses change.
package enum Governance: Contract {
    package static let id = ContractID.governance
    package static let name = "governance"
    package static let version: UInt64 = 1

    static let organisations = Table<Identifier, OrganisationRow>(.governance, 1)
    static let accounts = Table<AccountID, AccountRow>(.governance, 2)
    /// Every key that an account ever had. A key belongs to one account for good, so that a key that was rotated
    /// out or revoked cannot come back under another name.
    static let keys = Table<PublicKey, KeyOwnerRow>(.governance, 3)
    static let validators = Table<UInt64, ValidatorRow>(.governance, 4)
    static let parameters = Table<Whole, ParametersRow>(.governance, 5)
    static let succession = Table<Whole, SuccessionRow>(.governance, 6)
    static let consensusKeys = Table<PublicKey, ConsensusKeyRow>(.governance, 7)
    static let candidates = Table<PublicKey, CandidateRow>(.governance, 8)
    static let proposals = Table<Digest, ProposalRow>(.governance, 9)
    static let openProposals = Table<Identifier, OpenProposalRow>(.governance, 10)
    static let equivocations = Table<Pair<PublicKey, UInt64>, EquivocationRow>(.governance, 11)
    static let observers = Table<Identifier, ObserversRow>(.governance, 12)
    /// One organisation per real-world number.
    static let organisationsByNumber = Table<OrganisationNumber, OrganisationReferenceRow>(
        .governance,
        1,
        kind: .index
    )
    static let accountsByOrganisation = Table<Pair<Identifier, AccountID>, Nothing>(.governance, 2, kind: .index)

    package static func indexRows(of entry: StateEntry) throws(ContractError) -> [StateEntry] {
        if let (account, row) = try accounts.read(entry) {
            return [try accountsByOrganisation.entry(Pair(row.organisation, account), Nothing())]
        }
        if let (organisation, row) = try organisations.read(entry), let number = row.number {
            var reference = OrganisationReferenceRow()
            reference.organisation = organisation
            return [try organisationsByNumber.entry(number, reference)]
        }
        return []
    }

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(EnrolAccount.self)
        try visitor.method(RotateKey.self)
        try visitor.method(SetRoles.self)
        try visitor.method(SuspendAccount.self)
        try visitor.method(ReinstateAccount.self)
        try visitor.method(RevokeAccount.self)
        try visitor.method(LeaveConsortium.self)
        try visitor.method(ReportCandidate.self)
        try visitor.method(ProposeValidatorChange.self)
        try visitor.method(VoteOnProposal.self)
        try visitor.method(ExecuteProposal.self)
        try visitor.method(RekeyValidator.self)
        try visitor.method(ProveEquivocation.self)
        try visitor.method(AdmitObserver.self)
        try visitor.method(DismissObserver.self)
    }

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(OrganisationQuery.self)
        try visitor.query(OrganisationsQuery.self)
        try visitor.query(AccountQuery.self)
        try visitor.query(AccountsQuery.self)
        try visitor.query(ValidatorQuery.self)
        try visitor.query(ValidatorsQuery.self)
        try visitor.query(SuccessionQuery.self)
        try visitor.query(CandidatesQuery.self)
        try visitor.query(ProposalQuery.self)
        try visitor.query(ProposalsQuery.self)
        try visitor.query(EquivocationsQuery.self)
        try visitor.query(ObserversQuery.self)
        try visitor.query(ParametersQuery.self)
        try visitor.query(DeadlinesQuery.self)
    }

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(AccountEnrolled.self)
        visitor.event(KeyRotated.self)
        visitor.event(RolesChanged.self)
        visitor.event(AccountStatusChanged.self)
        visitor.event(OrganisationLeft.self)
        visitor.event(CandidateReported.self)
        visitor.event(ChangeProposed.self)
        visitor.event(VoteCast.self)
        visitor.event(ProposalExecuted.self)
        visitor.event(ValidatorRekeyed.self)
        visitor.event(ValidatorsChanging.self)
        visitor.event(EpochBegan.self)
        visitor.event(EquivocationProven.self)
        visitor.event(ObserversChanged.self)
    }
}
