package import ContractKit
package import Primitives

/// A field: organisations that work together under one policy.
package struct Field: Record, Hashable {
    package var name: Identifier = .unset
    package var founder: AccountID = .unset
    package var state: FieldState = .forming
    package var policy = FieldPolicy()
    /// Founders that have not joined yet.
    package var awaited: UInt64 = 0
    package var members: UInt64 = 0
    package var verifiers: UInt64 = 0
    /// The sum of the active members' weights.
    package var weight: UInt64 = 0
    package var createdAt: UInt64 = 0

    package static let founderLimit = 16
    package static let memberLimit: UInt64 = 100_000

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "name", &name)
        try visitor.account(2, "founder", &founder)
        try visitor.choice(3, "state", &state)
        try visitor.record(4, "policy", &policy)
        try visitor.unsigned(5, "awaited", &awaited, in: 0...UInt64(Field.founderLimit))
        try visitor.unsigned(6, "members", &members, in: 0...Field.memberLimit)
        try visitor.unsigned(7, "verifiers", &verifiers, in: 0...Field.memberLimit)
        try visitor.unsigned(8, "weight", &weight, in: 0...UInt64.max)
        try visitor.time(9, "created_at", &createdAt)
    }
}

/// An organisation's place in a field. One per organisation: the key says so.
package struct Member: Record, Hashable {
    package var state: MemberState = .invited
    package var weight: UInt64 = 1
    package var verifies = false
    /// The how-manyth member it became. An electorate is "everybody up to this place", so freezing one is a number
    /// and not a copy of the list.
    package var place: UInt64 = 0
    package var since: UInt64 = 0
    /// The account that joined or applied for the organisation.
    package var account: AccountID = .unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "state", &state)
        try visitor.unsigned(2, "weight", &weight, in: 1...FieldPolicy.greatestWeight)
        try visitor.boolean(3, "verifies", &verifies)
        try visitor.unsigned(4, "place", &place, in: 0...Field.memberLimit)
        try visitor.time(5, "since", &since)
        try visitor.account(6, "account", &account)
    }

    /// Whether it belonged to the members when a list of this length was frozen.
    func belongs(upTo place: UInt64) -> Bool { state == .active && self.place <= place }
}

/// A founder as named by whoever creates the field.
package struct Founder: Record, Hashable {
    package var organisation: Identifier = .unset
    package var weight: UInt64 = 1
    package var verifies = true

    package init() {}

    package init(organisation: Identifier, weight: UInt64, verifies: Bool) {
        self.organisation = organisation
        self.weight = weight
        self.verifies = verifies
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
        try visitor.unsigned(2, "weight", &weight, in: 1...FieldPolicy.greatestWeight)
        try visitor.boolean(3, "verifies", &verifies)
    }
}
