package import ContractKit
package import Governance

extension ContractRegistry {
    /// Writes the first rows of the state. The context is the chain's own at height 0 with a limit that fits.
    package static func genesis(
        organisations: [GenesisOrganisation],
        accounts: [GenesisAccount],
        validators: [ValidatorRow],
        parameters: ParametersRow,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try Governance.genesis(
            organisations: organisations,
            accounts: accounts,
            validators: validators,
            parameters: parameters,
            &context
        )
    }
}
