package import ContractKit
internal import Governance
package import Primitives

/// Creates a field. The caller's organisation is among the founders; the others join with signatures of their own.
package struct CreateField: ContractMethod {
    package static let name = "create-field"
    package static let summary = "Create a field with its policy and founders; the caller joins at once."
    package static let errors: [ErrorCode] = [.role, .reference, .duplicate, .policy]

    package var name: Identifier = .unset
    package var policy = FieldPolicy()
    package var founders: [Founder] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "name", &name)
        try visitor.record(2, "policy", &policy)
        try visitor.list(3, "founders", &founders, of: .record(Founder.self), count: 1...Field.founderLimit)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.founder)
        let own = context.caller.organisation
        guard founders.contains(where: { $0.organisation == own }) else {
            throw ContractError(.policy, "the creator is not among the founders")
        }
        try checkPolicy()
        let id = try context.sha256(TFC.fieldPreimage(founder: context.caller.account, name: name))
        var field = Field()
        field.name = name
        field.founder = context.caller.account
        field.policy = policy
        field.awaited = UInt64(founders.count)
        field.createdAt = context.time
        try TFC.fields.insert(id, field, "field", &context)
        for founder in founders {
            guard try Governance.organisation(founder.organisation, &context) != nil else {
                throw ContractError(.reference, "no such organisation")
            }
            var member = Member()
            member.weight = founder.weight
            member.verifies = founder.verifies
            member.since = context.time
            try TFC.members.insert(Pair(id, founder.organisation), member, "founder", &context)
        }
        try context.emit(FieldCreated(field: id, name: name, founder: context.caller.account))
        try TFC.join(id, &context)
    }

    /// A policy that its own founders could not fulfil would reject everybody.
    private func checkPolicy() throws(ContractError) {
        let verifiers = founders.count { $0.verifies }
        guard policy.verifiersNeeded <= UInt64(verifiers) else {
            throw ContractError(.policy, "fewer verifiers than the policy needs")
        }
        guard policy.mutual <= UInt64(founders.count) else {
            throw ContractError(.policy, "fewer members than an applicant must attest")
        }
        let sorted = policy.required.sorted()
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0 != $1 }) else {
            throw ContractError(.policy, "an attribute is required twice")
        }
    }
}

/// A founder's signature under the field.
package struct JoinField: ContractMethod {
    package static let name = "join-field"
    package static let summary = "Join a field as one of the founders that its creator named."
    package static let errors: [ErrorCode] = [.role, .reference, .duplicate]

    package var field: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        guard context.caller.has(.member) || context.caller.has(.founder) else {
            throw ContractError(.role, "needs the role member or founder")
        }
        guard try TFC.fields.contains(field, &context) else { throw ContractError(.reference, "no such field") }
        try TFC.join(field, &context)
    }
}

extension TFC {
    /// The caller's organisation accepts its place. With the last founder the field is active.
    static func join(_ id: Digest, _ context: inout ContractContext) throws(ContractError) {
        let organisation = context.caller.organisation
        guard var member = try members.get(Pair(id, organisation), &context) else {
            throw ContractError(.role, "not a founder of this field")
        }
        guard member.state == .invited else { throw ContractError(.duplicate, "already a member") }
        member.account = context.caller.account
        try addMember(member, organisation, to: id, at: context.time, &context)
        var field = try fields.existing(id, "field", &context)
        field.awaited = try field.awaited.subtracting(1)
        if field.awaited == 0 { field.state = .active }
        try fields.put(id, field, &context)
        if field.state == .active { try context.emit(FieldActive(field: id)) }
    }

    /// The caller's place in a field, or ROLE.
    static func callersMembership(
        of field: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> Member {
        guard let member = try members.get(Pair(field, context.caller.organisation), &context),
            member.state == .active
        else { throw ContractError(.role, "not a member of this field") }
        return member
    }
}
