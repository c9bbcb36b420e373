package import ContractKit
package import Primitives

/// A field exists and waits for its founders.
package struct FieldCreated: ContractEvent {
    package static let name = "field-created"

    package var field: Digest = .zero
    package var fieldName: Identifier = .unset
    package var founder: AccountID = .unset

    package init() {}

    init(field: Digest, name: Identifier, founder: AccountID) {
        self.field = field
        fieldName = name
        self.founder = founder
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
        try visitor.identifier(2, "name", &fieldName)
        try visitor.account(3, "founder", &founder)
    }
}

/// All founders have joined; organisations may apply.
package struct FieldActive: ContractEvent {
    package static let name = "field-active"

    package var field: Digest = .zero

    package init() {}

    init(field: Digest) {
        self.field = field
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
    }
}

/// An organisation became a member, as a founder or by admission.
package struct MemberJoined: ContractEvent {
    package static let name = "member-joined"

    package var field: Digest = .zero
    package var organisation: Identifier = .unset
    package var account: AccountID = .unset
    package var weight: UInt64 = 0
    package var verifies = false
    package var place: UInt64 = 0

    package init() {}

    init(field: Digest, organisation: Identifier, member: Member) {
        self.field = field
        self.organisation = organisation
        account = member.account
        weight = member.weight
        verifies = member.verifies
        place = member.place
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.account(3, "account", &account)
        try visitor.unsigned(4, "weight", &weight, in: 0...UInt64.max)
        try visitor.boolean(5, "verifies", &verifies)
        try visitor.unsigned(6, "place", &place, in: 0...UInt64.max)
    }
}
