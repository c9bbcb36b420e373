package import ContractKit
package import Primitives

/// A registrar suspends another account of its organisation.
package struct SuspendAccount: ContractMethod {
    package static let name = "suspend-account"
    package static let summary = "A registrar suspends an active account of its organisation."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var account = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Governance.move(account, from: [.active], to: .suspended, &context)
    }
}

/// A registrar takes a suspension back.
package struct ReinstateAccount: ContractMethod {
    package static let name = "reinstate-account"
    package static let summary = "A registrar reinstates a suspended account of its organisation."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var account = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Governance.move(account, from: [.suspended], to: .active, &context)
    }
}

/// A registrar revokes an account for good.
package struct RevokeAccount: ContractMethod {
    package static let name = "revoke-account"
    package static let summary = "A registrar revokes an account of its organisation for good."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var account = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Governance.move(account, from: [.active, .suspended], to: .revoked, &context)
    }
}

/// A registrar takes its organisation out of the consortium; its accounts can do nothing from then on.
package struct LeaveConsortium: ContractMethod {
    package static let name = "leave-consortium"
    package static let summary = "A registrar takes its organisation out of the consortium for good."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Governance.registrarsOrganisation(&context)
        let organisation = context.caller.organisation
        // Its validator would go on voting; taking it out is a vote of the others.
        let rows = try Governance.validatorsInForce(&context) + Governance.coming(&context)
        guard !rows.contains(where: { $0.organisation == organisation }) else {
            throw ContractError(.state, "the organisation runs a validator")
        }
        row.status = .left
        try Governance.organisations.put(organisation, row, &context)
        var event = OrganisationLeft()
        event.organisation = organisation
        try context.emit(event)
    }
}

extension Governance {
    /// Moves an account of the caller's organisation to another status.
    static func move(
        _ account: AccountID,
        from statuses: [AccountStatus],
        to status: AccountStatus,
        _ context: inout ContractContext
    ) throws(ContractError) {
        _ = try registrarsOrganisation(&context)
        var row = try governedAccount(account, &context)
        guard statuses.contains(row.status) else {
            throw ContractError(.state, "the account is " + row.status.name)
        }
        row.status = status
        try accounts.put(account, row, &context)
        var event = AccountStatusChanged()
        event.account = account
        event.status = status
        try context.emit(event)
    }
}
