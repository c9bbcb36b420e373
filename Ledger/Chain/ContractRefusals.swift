package import ContractKit
internal import Contracts

extension RefusalCode {
    /// A contract's code: the numbers are the same.
    package init(_ code: ErrorCode) {
        switch code {
        case .role: self = .role
        case .state: self = .state
        case .deadline: self = .deadline
        case .funds: self = .funds
        case .duplicate: self = .duplicate
        case .schema: self = .schema
        case .personalData: self = .personalData
        case .consent: self = .consent
        case .jurisdiction: self = .jurisdiction
        case .reference: self = .reference
        case .quorum: self = .quorum
        case .reveal: self = .reveal
        case .policy: self = .policy
        case .limit: self = .limit
        }
    }
}

extension Refusal {
    /// What a contract refuses, in the terms of the ledger.
    package init(_ error: ContractError) {
        self.init(RefusalCode(error.code), error.message)
    }
}

extension Call {
    /// Everything that contracts say of a call without the state: that there is such a method, that the arguments
    /// follow its closed schema, and that nothing in them looks like a person's data.
    package func check() throws(Refusal) {
        do throws(ContractError) {
            try ContractRegistry.check(contract: contract, method: method, arguments: arguments)
        } catch {
            throw Refusal(error)
        }
    }
}
