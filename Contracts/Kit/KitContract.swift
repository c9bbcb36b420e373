/// The kit in the list of contracts: nothing to call or to ask, but events of its own that readers need described.
package enum KitContract: Contract {
    package static let id = ContractID.kit
    package static let name = "kit"
    package static let version: UInt64 = 1

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(DeadlineFailed.self)
    }
}
