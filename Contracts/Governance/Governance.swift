package import ContractKit
internal import Primitives

/// Who takes part: organisations, their accounts with keys and roles, validators and parameters.
///
/// Changes by vote come with a later contract version; what is here is written at genesis, and the accounts change
/// through the registrars of their organisations.
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
    /// One organisation per real-world number.
    static let organisationsByNumber = Table<OrganisationNumber, OrganisationReferenceRow>(
        .governance,
        1,
        kind: .index
    )
    static let accountsByOrganisation = Table<Pair<Identifier, AccountID>, Nothing>(.governance, 2, kind: .index)

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(EnrolAccount.self)
        try visitor.method(RotateKey.self)
        try visitor.method(SetRoles.self)
        try visitor.method(SuspendAccount.self)
        try visitor.method(ReinstateAccount.self)
        try visitor.method(RevokeAccount.self)
        try visitor.method(LeaveConsortium.self)
    }

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(OrganisationQuery.self)
        try visitor.query(OrganisationsQuery.self)
        try visitor.query(AccountQuery.self)
        try visitor.query(AccountsQuery.self)
        try visitor.query(ValidatorsQuery.self)
        try visitor.query(ParametersQuery.self)
        try visitor.query(DeadlinesQuery.self)
    }

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(AccountEnrolled.self)
        visitor.event(KeyRotated.self)
        visitor.event(RolesChanged.self)
        visitor.event(AccountStatusChanged.self)
        visitor.event(OrganisationLeft.self)
    }
}
