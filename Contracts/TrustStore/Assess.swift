package import ContractKit
package import Primitives

/// Asks for a verdict and keeps it up to date from then on.
package struct Assess: ContractMethod {
    package static let name = "assess"
    package static let summary = "Apply the newest version of a rule to a subject and keep the verdict up to date."
    package static let errors: [ErrorCode] = [.role, .reference]

    package var subject: Digest = .zero
    package var rule: Identifier = .unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "subject", &subject)
        try visitor.identifier(2, "rule", &rule)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let caller = context.caller
        guard caller.has(.assessor) || caller.has(.auditor) || caller.has(.schemeOwner) || caller.has(.organisation)
        else { throw ContractError(.role, "needs the role assessor, auditor, scheme-owner or organisation") }
        let version = try TrustStore.rules.existing(rule, "rule", &context).version
        guard try TrustStore.subjects.contains(subject, &context) else {
            throw ContractError(.reference, "no evidence of this subject")
        }
        let key = Pair(subject, rule)
        let before = try TrustStore.verdicts.get(key, &context)
        if before == nil { try checkRoom(&context) }
        var row = try TrustStore.evaluate(key, version: version, &context)
        row.assessedBy = caller.account
        try TrustStore.store(row, instead: before, key, &context)
        try context.emit(VerdictGiven(key, row))
    }

    private func checkRoom(_ context: inout ContractContext) throws(ContractError) {
        let limit = TrustStore.ruleLimitPerSubject
        let page = try TrustStore.verdicts.scan(prefix: subject, limit: limit, &context)
        guard page.entries.count < Int(limit) else {
            throw ContractError(.limit, "the subject is assessed by as many rules as it can be")
        }
    }
}

extension TrustStore {
    static func evaluate(
        _ key: Pair<Digest, Identifier>,
        version: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) -> VerdictRow {
        let rule = try ruleVersions.existing(Pair(key.second, version), "rule", &context)
        var evaluation = Evaluation(subject: key.first, rule: rule)
        try evaluation.run(&context)
        var row = VerdictRow()
        row.outcome = evaluation.outcome
        row.ruleVersion = version
        row.inputs = evaluation.inputs
        row.height = context.height
        row.at = context.time
        row.evidenceCount = try subjects.get(key.first, &context)?.count ?? 0
        row.staleAt = evaluation.staleAt
        return row
    }

    /// Writes a verdict and moves its deadline to the moment when an input becomes too old.
    static func store(
        _ row: VerdictRow,
        instead before: VerdictRow?,
        _ key: Pair<Digest, Identifier>,
        _ context: inout ContractContext
    ) throws(ContractError) {
        if let staleAt = before?.staleAt { try context.cancel(at: staleAt, kind: verdictDeadline, key: key) }
        if let staleAt = row.staleAt { try context.schedule(at: staleAt, kind: verdictDeadline, key: key) }
        try verdicts.put(key, row, &context)
    }

    /// Recomputes a verdict with the rule version that it was assessed with. An event says where it changed.
    static func reassess(_ key: Pair<Digest, Identifier>, _ context: inout ContractContext) throws(ContractError) {
        guard let before = try verdicts.get(key, &context) else { return }
        var row = try evaluate(key, version: before.ruleVersion, &context)
        row.assessedBy = before.assessedBy
        try store(row, instead: before, key, &context)
        if row.outcome != before.outcome { try context.emit(VerdictGiven(key, row)) }
    }

    /// New evidence makes the subject's verdicts due: the queue recomputes them at the start of the next block, and a
    /// query at once. As many as there are rules for a subject, which is bounded.
    static func makeVerdictsDue(of subject: Digest, _ context: inout ContractContext) throws(ContractError) {
        let page = try verdicts.scan(prefix: subject, limit: ruleLimitPerSubject, &context)
        for entry in page.entries {
            try context.schedule(at: context.time, kind: verdictDeadline, key: entry.key)
        }
    }
}
