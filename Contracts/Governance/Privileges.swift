package import ContractKit
internal import Primitives

/// Which roles a registrar may grant *(ours)*.
///
/// Roles that bind others than the own organisation are privileged: they make value, decide disputes, see what others
/// may not, accredit, or command in an emergency. An organisation may grant a privileged role only if genesis
/// declared it so, by giving that role to one of its first accounts. All other roles concern the organisation's own
/// part in a trade, a chain of evidence or a field, and any registrar may grant them in its own organisation.
extension Governance {
    package static let privilegedRoles = Roles(
        .operator,
        .valueIssuer,
        .arbiter,
        .supervisor,
        .schemeOwner,
        .assessor,
        .certificateAuthority,
        .auditor,
        .emergencyAuthority
    )

    /// The registrar's organisation, if the caller may act on an account of it.
    static func registrarsOrganisation(
        _ context: inout ContractContext
    ) throws(ContractError) -> OrganisationRow {
        try context.require(.registrar)
        let organisation = try organisations.existing(context.caller.organisation, "organisation", &context)
        guard organisation.status == .active else { throw ContractError(.role, "the organisation is not active") }
        return organisation
    }

    /// Refuses roles that the organisation may not grant.
    static func checkGrant(_ roles: Roles, by organisation: OrganisationRow) throws(ContractError) {
        guard organisation.privileges.contains(roles.intersection(privilegedRoles)) else {
            throw ContractError(.role, "the organisation may not grant such a role")
        }
    }

    /// An account that the caller may change: of its own organisation, and not its own. Nobody gives itself anything.
    static func governedAccount(
        _ account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) -> AccountRow {
        let row = try accounts.existing(account, "account", &context)
        guard row.organisation == context.caller.organisation else {
            throw ContractError(.role, "the account belongs to another organisation")
        }
        guard account != context.caller.account else {
            throw ContractError(.role, "a registrar does not change its own account")
        }
        return row
    }
}
