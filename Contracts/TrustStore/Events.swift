package import ContractKit
package import Primitives

/// Evidence was recorded.
package struct EvidenceAppended: ContractEvent, Hashable {
    package static let name = "evidence-appended"

    package var evidence: Digest = .zero
    package var subject: Digest = .zero
    package var process: Identifier = .unset
    package var step: Identifier = .unset
    package var author: AccountID = .unset
    package var corrects: Digest?

    package init() {}

    init(_ id: Digest, _ row: EvidenceRow) {
        evidence = id
        subject = row.body.subject
        process = row.body.process
        step = row.body.step
        author = row.author
        corrects = row.body.corrects
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "evidence", &evidence)
        try visitor.digest(2, "subject", &subject)
        try visitor.identifier(3, "process", &process)
        try visitor.identifier(4, "step", &step)
        try visitor.account(5, "author", &author)
        try visitor.optional(6, "corrects", &corrects, .digest)
    }
}

/// A rule has a new version.
package struct RuleRegistered: ContractEvent, Hashable {
    package static let name = "rule-registered"

    package var rule: Identifier = .unset
    package var version: UInt64 = 1
    package var owner: AccountID = .unset

    package init() {}

    init(_ name: Identifier, _ row: RuleRow) {
        rule = name
        version = row.version
        owner = row.owner
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "rule", &rule)
        try visitor.unsigned(2, "version", &version, in: 1...UInt64.max)
        try visitor.account(3, "owner", &owner)
    }
}

/// A verdict was given, or changed because its inputs did.
package struct VerdictGiven: ContractEvent, Hashable {
    package static let name = "verdict-given"

    package var subject: Digest = .zero
    package var rule: Identifier = .unset
    package var ruleVersion: UInt64 = 1
    package var outcome: Outcome = .inconclusive

    package init() {}

    init(_ key: Pair<Digest, Identifier>, _ row: VerdictRow) {
        subject = key.first
        rule = key.second
        ruleVersion = row.ruleVersion
        outcome = row.outcome
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "subject", &subject)
        try visitor.identifier(2, "rule", &rule)
        try visitor.unsigned(3, "rule_version", &ruleVersion, in: 1...UInt64.max)
        try visitor.choice(4, "outcome", &outcome)
    }
}
