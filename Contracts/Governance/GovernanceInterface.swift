package import ContractKit
package import Primitives

// What other contracts, the executor and admission ask of governance. Each function opens governance's own tables, so
// that it can be called from anywhere.
extension Governance {
    package static func account(
        _ account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) -> AccountRow? {
        try context.call(into: id) { context throws(ContractError) in try accounts.get(account, &context) }
    }

    package static func organisation(
        _ organisation: Identifier,
        _ context: inout ContractContext
    ) throws(ContractError) -> OrganisationRow? {
        try context.call(into: id) { context throws(ContractError) in try organisations.get(organisation, &context) }
    }

    /// The key under which a signature is checked as of a height; nil before the account had one.
    package static func key(of row: AccountRow, asOf height: Height) -> PublicKey? {
        row.keys.last { $0.from <= height }?.key
    }

    /// The account as a caller, if it and its organisation are active.
    package static func standing(
        of account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) -> Caller? {
        guard let row = try self.account(account, &context) else { return nil }
        return try standing(of: account, row, &context)
    }

    private static func standing(
        of account: AccountID,
        _ row: AccountRow,
        _ context: inout ContractContext
    ) throws(ContractError) -> Caller? {
        guard row.status == .active, let organisation = try organisation(row.organisation, &context),
            organisation.status == .active
        else { return nil }
        return Caller(
            account: account,
            organisation: row.organisation,
            roles: row.roles,
            jurisdiction: organisation.jurisdiction,
            sector: organisation.sector
        )
    }

    /// The caller of a transaction that was signed with a key: ROLE if the account or its organisation is not
    /// active, or if the key is no longer the account's (rule 6 of the protocol).
    package static func caller(
        _ account: AccountID,
        signingWith key: PublicKey,
        _ context: inout ContractContext
    ) throws(ContractError) -> Caller {
        guard let row = try self.account(account, &context), let caller = try standing(of: account, row, &context)
        else { throw ContractError(.role, "the account is not active") }
        guard row.currentKey == key else { throw ContractError(.role, "the key is no longer the account's") }
        return caller
    }

    package static func parameters(_ context: inout ContractContext) throws(ContractError) -> ParametersRow {
        try context.call(into: id) { context throws(ContractError) in
            try parameters.existing(Whole(), "parameters", &context)
        }
    }

    // The places of rows in the state, for proofs.
    package static func stateKey(ofAccount account: AccountID) -> StateKey { accounts.stateKey(account) }
    package static func stateKey(ofOrganisation organisation: Identifier) -> StateKey {
        organisations.stateKey(organisation)
    }
    package static var stateKeyOfParameters: StateKey { parameters.stateKey(Whole()) }
    package static func stateKey(ofValidator index: UInt64) -> StateKey { validators.stateKey(index) }
    package static func stateKey(ofEquivocationBy key: PublicKey, in epoch: UInt64) -> StateKey {
        equivocations.stateKey(Pair(key, epoch))
    }
}
