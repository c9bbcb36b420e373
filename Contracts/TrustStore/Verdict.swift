package import ContractKit
package import Primitives

/// What a rule says of a subject, in the order in which the worst of several conditions wins.
package enum Outcome: UInt64, Choice, Comparable {
    case pass = 1
    /// The evidence is there and too old, or rests on evidence that was corrected since.
    case stale = 2
    /// Evidence or a reading is missing.
    case inconclusive = 3
    case fail = 4

    package var name: String {
        switch self {
        case .pass: "PASS"
        case .stale: "STALE"
        case .inconclusive: "INCONCLUSIVE"
        case .fail: "FAIL"
        }
    }

    package static func < (left: Outcome, right: Outcome) -> Bool { left.rawValue < right.rawValue }
}

package struct VerdictRow: Record, Hashable {
    package var outcome: Outcome = .inconclusive
    package var ruleVersion: UInt64 = 1
    /// The evidence that was looked at.
    package var inputs: [Digest] = []
    /// The block and the time that it holds as of.
    package var height = Height.genesis
    package var at: UInt64 = 0
    /// How many evidences the subject had.
    package var evidenceCount: UInt64 = 0
    /// When an input becomes too old, if one does.
    package var staleAt: UInt64?
    /// Who asked for it; nobody, where a query computed it without an assessment.
    package var assessedBy: AccountID?

    package static let inputLimit = Rule.conditionLimit * (Int(Condition.greatestCount) + 1)

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "outcome", &outcome)
        try visitor.unsigned(2, "rule_version", &ruleVersion, in: 1...UInt64.max)
        try visitor.list(3, "inputs", &inputs, of: .digest, atMost: VerdictRow.inputLimit)
        try visitor.height(4, "height", &height)
        try visitor.time(5, "at", &at)
        try visitor.unsigned(6, "evidence_count", &evidenceCount, in: 0...UInt64.max)
        try visitor.optional(7, "stale_at", &staleAt, .time)
        try visitor.optional(8, "assessed_by", &assessedBy, .account)
    }
}

/// Applies a rule to what is recorded about a subject. Nothing but the state and the block's time goes in.
struct Evaluation {
    let subject: Digest
    let rule: Rule
    private(set) var outcome = Outcome.pass
    private(set) var inputs: [Digest] = []
    private(set) var staleAt: UInt64?

    init(subject: Digest, rule: Rule) {
        self.subject = subject
        self.rule = rule
    }

    mutating func run(_ context: inout ContractContext) throws(ContractError) {
        for condition in rule.conditions {
            let found = try Self.newest(condition, of: subject, &context)
            for entry in found { add(entry.id) }
            outcome = max(outcome, try judge(condition, found, &context))
        }
        if rule.ancestry > 0, outcome < .stale, try restsOnCorrected(&context) { outcome = .stale }
    }

    private mutating func add(_ input: Digest) {
        if !inputs.contains(input) { inputs.append(input) }
    }

    struct Found {
        let id: Digest
        let body: EvidenceBody
    }

    private static func newest(
        _ condition: Condition,
        of subject: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> [Found] {
        try newest(condition.step, condition.mediaType, condition.count, of: subject, &context)
    }

    private static func newest(
        _ step: Identifier,
        _ mediaType: Identifier?,
        _ count: UInt64,
        of subject: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> [Found] {
        var ids: [Digest] = []
        if let mediaType {
            let prefix = Pair(subject, Pair(step, mediaType))
            let page = try TrustStore.currentByMedia.scan(prefix: prefix, limit: count, &context)
            ids = page.entries.map { $0.key.second.second.second.second }
        } else {
            let page = try TrustStore.currentByStep.scan(prefix: Pair(subject, step), limit: count, &context)
            ids = page.entries.map { $0.key.second.second.second }
        }
        var found: [Found] = []
        for id in ids {
            found.append(Found(id: id, body: try TrustStore.evidence.existing(id, "evidence", &context).body))
        }
        return found
    }

    private mutating func judge(
        _ condition: Condition,
        _ found: [Found],
        _ context: inout ContractContext
    ) throws(ContractError) -> Outcome {
        guard UInt64(found.count) == condition.count else { return .inconclusive }
        if let freshness = condition.freshness {
            for entry in found {
                let end = try entry.body.observedAt.adding(freshness)
                guard context.time < end else { return .stale }
                // A time beyond the calendar's end needs no deadline.
                if end <= TimeFormat.latest { staleAt = min(staleAt ?? end, end) }
            }
        }
        if let threshold = condition.threshold {
            let result = Self.compare(found, with: threshold)
            guard result == .pass else { return result }
        }
        guard let other = condition.matches else { return .pass }
        guard let original = try Self.newest(other, nil, 1, of: subject, &context).first else { return .inconclusive }
        add(original.id)
        return found.allSatisfy { $0.body.content == original.body.content } ? .pass : .fail
    }

    /// All readings of the metric must hold. One in another unit proves nothing, as a missing one.
    private static func compare(_ found: [Found], with threshold: Threshold) -> Outcome {
        var outcome = Outcome.pass
        for entry in found {
            let readings = entry.body.readings.filter { $0.metric == threshold.metric && $0.unit == threshold.unit }
            if readings.isEmpty { outcome = max(outcome, .inconclusive) }
            for reading in readings where !threshold.comparison.holds(reading.value, threshold.value) {
                outcome = .fail
            }
        }
        return outcome
    }

    /// Whether an ancestor of an input was corrected, so that the input rests on what no longer stands.
    private func restsOnCorrected(_ context: inout ContractContext) throws(ContractError) -> Bool {
        var walk = Trace(.up, depth: rule.ancestry, limit: Trace.visitLimit)
        try walk.run(from: inputs, &context)
        return walk.nodes.contains { $0.correctedBy != nil }
    }
}
