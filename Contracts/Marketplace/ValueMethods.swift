package import ContractKit
internal import Governance
package import Primitives

/// Brings value into being.
package struct IssueValue: ContractMethod {
    package static let name = "issue"
    package static let summary = "Issue an amount of a unit to an account, as a value issuer."
    package static let errors: [ErrorCode] = [.role, .reference, .policy, .deadline]

    package var unit: ValueUnit = .point
    package var to: AccountID = .unset
    package var amount: UInt64 = 1
    /// When the coupons end; other units never do.
    package var until: UInt64?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "unit", &unit)
        try visitor.account(2, "to", &to)
        try visitor.unsigned(3, "amount", &amount, in: 1...UInt64.max)
        try visitor.optional(4, "until", &until, .time)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.valueIssuer)
        try Marketplace.requireAccount(to, &context)
        if let until {
            guard unit == .coupon else { throw ContractError(.policy, "only coupons end") }
            guard until > context.time else { throw ContractError(.deadline, "the coupons would be over already") }
        }
        try Treasury.issue(amount, unit, until: until, to: to, &context)
        try context.emit(ValueMoved(.issued, unit, amount, from: context.caller.account, to: to))
    }
}

package struct TransferValue: ContractMethod {
    package static let name = "transfer"
    package static let summary = "Transfer an amount of a unit to another account."
    package static let errors: [ErrorCode] = [.role, .reference, .funds]

    package var unit: ValueUnit = .point
    package var to: AccountID = .unset
    package var amount: UInt64 = 1

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "unit", &unit)
        try visitor.account(2, "to", &to)
        try visitor.unsigned(3, "amount", &amount, in: 1...UInt64.max)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Marketplace.requireHolder(context.caller)
        try Marketplace.requireAccount(to, &context)
        let sender = context.caller.account
        try Treasury.transfer(amount, unit, from: sender, to: to, &context)
        try context.emit(ValueMoved(.transferred, unit, amount, from: sender, to: to))
    }
}

package struct BurnValue: ContractMethod {
    package static let name = "burn"
    package static let summary = "Destroy an amount of a unit that the caller holds."
    package static let errors: [ErrorCode] = [.role, .funds]

    package var unit: ValueUnit = .point
    package var amount: UInt64 = 1

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "unit", &unit)
        try visitor.unsigned(2, "amount", &amount, in: 1...UInt64.max)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Marketplace.requireHolder(context.caller)
        let owner = context.caller.account
        try Treasury.burn(amount, unit, of: owner, &context)
        try context.emit(ValueMoved(.burned, unit, amount, from: owner, to: owner))
    }
}

extension Marketplace {
    static func requireAccount(_ account: AccountID, _ context: inout ContractContext) throws(ContractError) {
        guard try Governance.account(account, &context) != nil else {
            throw ContractError(.reference, "no such account")
        }
    }

    /// Whoever trades may move value.
    static func requireHolder(_ caller: Caller) throws(ContractError) {
        guard caller.has(.buyer) || caller.has(.seller) || caller.has(.valueIssuer) || caller.has(.operator) else {
            throw ContractError(.role, "needs the role buyer, seller, value-issuer or operator")
        }
    }
}
