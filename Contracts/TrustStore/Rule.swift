package import ContractKit
package import Primitives

package enum Comparison: UInt64, Choice {
    case atMost = 1
    case atLeast = 2
    case equals = 3

    package var name: String {
        switch self {
        case .atMost: "at-most"
        case .atLeast: "at-least"
        case .equals: "equals"
        }
    }

    func holds(_ value: Int64, _ threshold: Int64) -> Bool {
        switch self {
        case .atMost: value <= threshold
        case .atLeast: value >= threshold
        case .equals: value == threshold
        }
    }
}

/// A bound on a reading.
package struct Threshold: Record, Hashable {
    package var metric: Identifier = .unset
    package var unit: Identifier = .unset
    package var comparison: Comparison = .atMost
    package var value: Int64 = 0

    package init() {}

    package init(metric: Identifier, unit: Identifier, comparison: Comparison, value: Int64) {
        self.metric = metric
        self.unit = unit
        self.comparison = comparison
        self.value = value
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "metric", &metric)
        try visitor.identifier(2, "unit", &unit)
        try visitor.choice(3, "comparison", &comparison)
        try visitor.integer(4, "value", &value, in: Int64.min...Int64.max)
    }
}

/// What a rule wants of one step: that the newest evidence of it is there, fresh, and says the right thing.
package struct Condition: Record, Hashable {
    package var step: Identifier = .unset
    /// Any, where missing.
    package var mediaType: Identifier?
    /// How many of the newest are looked at; that many must be there.
    package var count: UInt64 = 1
    /// How long after its observation evidence counts, in milliseconds; for ever, where missing.
    package var freshness: UInt64?
    package var threshold: Threshold?
    /// The newest evidence of this other step must have the same content: nothing was changed between the two.
    package var matches: Identifier?

    package static let greatestCount: UInt64 = 8

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "step", &step)
        try visitor.optional(2, "media_type", &mediaType, .identifier)
        try visitor.unsigned(3, "count", &count, in: 1...Condition.greatestCount)
        try visitor.optional(4, "freshness", &freshness, .unsigned(from: 1, through: Rule.greatestFreshness))
        try visitor.optional(5, "threshold", &threshold, .record(Threshold.self))
        try visitor.optional(6, "matches", &matches, .identifier)
    }
}

/// A proof method of the machine kind: decided here, the same everywhere.
package struct Rule: Record, Hashable {
    package var conditions: [Condition] = []
    /// How many steps up from each input corrected evidence is looked for.
    package var ancestry: UInt64 = 0

    package static let conditionLimit = 8
    package static let greatestAncestry: UInt64 = 4
    /// A century, so that no rule is refused for being patient.
    package static let greatestFreshness: UInt64 = 100 * 366 * 86_400_000

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.list(
            1,
            "conditions",
            &conditions,
            of: .record(Condition.self),
            count: 1...Rule.conditionLimit
        )
        try visitor.unsigned(2, "ancestry", &ancestry, in: 0...Rule.greatestAncestry)
    }
}

/// Who owns a rule's name, and its newest version.
package struct RuleRow: Record, Hashable {
    package var owner: AccountID = .unset
    package var version: UInt64 = 1

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "owner", &owner)
        try visitor.unsigned(2, "version", &version, in: 1...UInt64.max)
    }
}

/// Registers a rule, or the next version of one.
package struct RegisterRule: ContractMethod {
    package static let name = "register-rule"
    package static let summary = "Register a rule, or its next version; earlier verdicts keep the version they had."
    package static let errors: [ErrorCode] = [.role, .duplicate]

    package var name: Identifier = .unset
    package var rule = Rule()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "name", &name)
        try visitor.record(2, "rule", &rule)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.schemeOwner)
        var row = RuleRow()
        row.owner = context.caller.account
        if let before = try TrustStore.rules.get(name, &context) {
            guard before.owner == row.owner else { throw ContractError(.duplicate, "the name is another owner's") }
            row.version = try before.version.adding(1)
        }
        try TrustStore.rules.put(name, row, &context)
        try TrustStore.ruleVersions.insert(Pair(name, row.version), rule, "rule", &context)
        try context.emit(RuleRegistered(name, row))
    }
}
