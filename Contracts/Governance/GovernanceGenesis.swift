package import ContractKit
package import Primitives

/// What a genesis file says of an organisation.
package struct GenesisOrganisation: Hashable, Sendable {
    package let id: Identifier
    package let number: OrganisationNumber
    package let jurisdiction: Jurisdiction

    package init(id: Identifier, number: OrganisationNumber, jurisdiction: Jurisdiction) {
        self.id = id
        self.number = number
        self.jurisdiction = jurisdiction
    }
}

/// What a genesis file says of an account.
package struct GenesisAccount: Hashable, Sendable {
    package let id: AccountID
    package let key: PublicKey
    package let organisation: Identifier
    package let roles: Roles

    package init(id: AccountID, key: PublicKey, organisation: Identifier, roles: Roles) {
        self.id = id
        self.key = key
        self.organisation = organisation
        self.roles = roles
    }
}

extension Governance {
    /// Writes the first rows. The order of the arguments does not matter for the state, only what they hold does.
    package static func genesis(
        organisations: [GenesisOrganisation],
        accounts: [GenesisAccount],
        validators: [ValidatorRow],
        parameters: ParametersRow,
        _ context: inout ContractContext
    ) throws(ContractError) {
        // Genesis is as long as its file, which has its own bound.
        try context.limited(to: .max) { context throws(ContractError) in
            try found(organisations, accounts, validators, parameters, &context)
        }
    }

    private static func found(
        _ organisations: [GenesisOrganisation],
        _ accounts: [GenesisAccount],
        _ validators: [ValidatorRow],
        _ parameters: ParametersRow,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try context.call(into: id) { context throws(ContractError) in
            try Governance.parameters.put(Whole(), parameters, &context)
            for organisation in organisations { try found(organisation, &context) }
            for account in accounts { try found(account, &context) }
            for (index, validator) in validators.enumerated() {
                guard try Governance.organisations.contains(validator.organisation, &context) else {
                    throw ContractError(.reference, "a validator of no organisation")
                }
                try Governance.validators.put(UInt64(index), validator, &context)
                var key = ConsensusKeyRow()
                key.organisation = validator.organisation
                key.since = 0
                try Governance.consensusKeys.insert(validator.consensusKey, key, "consensus key", &context)
                try openAccount(of: validator, &context)
            }
            try Governance.succession.put(Whole(), SuccessionRow(), &context)
        }
    }

    private static func found(
        _ organisation: GenesisOrganisation,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var row = OrganisationRow()
        switch organisation.number {
        case .corporate(let number): row.corporateNumber = number
        case .legalEntity(let identifier): row.legalEntityIdentifier = identifier
        }
        row.jurisdiction = organisation.jurisdiction
        try organisations.insert(organisation.id, row, "organisation", &context)
        var reference = OrganisationReferenceRow()
        reference.organisation = organisation.id
        try organisationsByNumber.insert(organisation.number, reference, "organisation's number", &context)
    }

    private static func found(
        _ account: GenesisAccount,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard account.id != .unset else { throw ContractError(.schema, "the zero account is the chain's own") }
        guard var organisation = try organisations.get(account.organisation, &context) else {
            throw ContractError(.reference, "an account of no organisation")
        }
        // The privileged roles of its first accounts are those that an organisation may grant.
        let privileges = account.roles.intersection(privilegedRoles)
        if !organisation.privileges.contains(privileges) {
            organisation.privileges = organisation.privileges.union(privileges)
            try organisations.put(account.organisation, organisation, &context)
        }
        try open(
            account.id,
            key: account.key,
            organisation: account.organisation,
            roles: account.roles,
            &context
        )
    }
}
