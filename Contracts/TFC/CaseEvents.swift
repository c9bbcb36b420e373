package import ContractKit
package import Primitives

/// An organisation applied.
package struct CaseOpened: ContractEvent {
    package static let name = "case-opened"

    package var admission: Digest = .zero
    package var field: Digest = .zero
    package var organisation: Identifier = .unset
    package var deadline: UInt64 = 0

    package init() {}

    init(case admission: Digest, field: Digest, organisation: Identifier, deadline: UInt64) {
        self.admission = admission
        self.field = field
        self.organisation = organisation
        self.deadline = deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.digest(2, "field", &field)
        try visitor.identifier(3, "organisation", &organisation)
        try visitor.time(4, "deadline", &deadline)
    }
}

/// Attributes were disclosed; complete with the last required one.
package struct CaseDisclosed: ContractEvent {
    package static let name = "case-disclosed"

    package var admission: Digest = .zero
    package var attributes: [Identifier] = []
    package var isComplete = false

    package init() {}

    init(case admission: Digest, attributes: [Identifier], isComplete: Bool) {
        self.admission = admission
        self.attributes = attributes
        self.isComplete = isComplete
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.list(2, "attributes", &attributes, of: .identifier, atMost: FieldPolicy.attributeLimit)
        try visitor.boolean(3, "is_complete", &isComplete)
    }
}

/// A verifier gave its word on an attribute.
package struct AttributeAttested: ContractEvent {
    package static let name = "attribute-attested"

    package var admission: Digest = .zero
    package var attribute: Identifier = .unset
    package var organisation: Identifier = .unset
    package var ok = false

    package init() {}

    init(case admission: Digest, attribute: Identifier, by caller: Caller, ok: Bool) {
        self.admission = admission
        self.attribute = attribute
        organisation = caller.organisation
        self.ok = ok
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.identifier(2, "attribute", &attribute)
        try visitor.identifier(3, "organisation", &organisation)
        try visitor.boolean(4, "ok", &ok)
    }
}

/// The applicant gave its word on a member.
package struct MemberAttested: ContractEvent {
    package static let name = "member-attested"

    package var admission: Digest = .zero
    package var organisation: Identifier = .unset
    package var ok = false

    package init() {}

    init(case admission: Digest, organisation: Identifier, ok: Bool) {
        self.admission = admission
        self.organisation = organisation
        self.ok = ok
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.boolean(3, "ok", &ok)
    }
}

/// The applicant agreed to enter the field.
package struct CaseAssented: ContractEvent {
    package static let name = "case-assented"

    package var admission: Digest = .zero

    package init() {}

    init(case admission: Digest) {
        self.admission = admission
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
    }
}

/// A case ended, with the weights that decided it.
package struct CaseClosed: ContractEvent {
    package static let name = "case-closed"

    package var admission: Digest = .zero
    package var field: Digest = .zero
    package var organisation: Identifier = .unset
    package var state: CaseState = .lapsed
    package var reason: CaseReason = .open
    package var electorateWeight: UInt64 = 0
    package var committedWeight: UInt64 = 0
    package var revealedWeight: UInt64 = 0
    package var yesWeight: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: AdmissionCase) {
        admission = id
        field = row.field
        organisation = row.organisation
        state = row.state
        reason = row.reason
        electorateWeight = row.electorateWeight
        committedWeight = row.committedWeight
        revealedWeight = row.revealedWeight
        yesWeight = row.yesWeight
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.digest(2, "field", &field)
        try visitor.identifier(3, "organisation", &organisation)
        try visitor.choice(4, "state", &state)
        try visitor.choice(5, "reason", &reason)
        try visitor.unsigned(6, "electorate_weight", &electorateWeight, in: 0...UInt64.max)
        try visitor.unsigned(7, "committed_weight", &committedWeight, in: 0...UInt64.max)
        try visitor.unsigned(8, "revealed_weight", &revealedWeight, in: 0...UInt64.max)
        try visitor.unsigned(9, "yes_weight", &yesWeight, in: 0...UInt64.max)
    }
}
