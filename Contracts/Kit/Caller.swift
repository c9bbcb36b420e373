package import Primitives

/// Who signed the transaction, as governance knows the account at this point of the block.
package struct Caller: Hashable, Sendable {
    package let account: AccountID
    package let organisation: Identifier
    package let roles: Roles
    package let jurisdiction: Jurisdiction
    package let sector: Sector

    package init(
        account: AccountID,
        organisation: Identifier,
        roles: Roles,
        jurisdiction: Jurisdiction,
        sector: Sector = .privateOperator
    ) {
        self.account = account
        self.organisation = organisation
        self.roles = roles
        self.jurisdiction = jurisdiction
        self.sector = sector
    }

    /// The chain itself, at genesis and for deadlines: it has no role, and no key can sign for the zero account.
    package static let chain = Caller(
        account: AccountID(.zero),
        organisation: .unset,
        roles: Roles(),
        jurisdiction: .japan
    )

    package func has(_ role: Role) -> Bool { roles.contains(role) }
}
