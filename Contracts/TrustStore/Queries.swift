package import ContractKit
package import Primitives

package struct EvidenceQuery: ContractQuery {
    package static let name = "evidence"
    package static let summary = "An evidence, with the one that corrected it if there is one."

    package var evidence: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "evidence", &evidence)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> EvidenceRow {
        try TrustStore.evidence.existing(evidence, "evidence", &context)
    }
}

/// Where a trace starts and how far it goes: the same for both directions.
package struct TraceArguments: Record {
    package var evidence: Digest = .zero
    package var depth: UInt64 = Trace.greatestDepth
    package var after: UInt64 = 0
    package var limit: UInt64 = PageCursor.greatestPage

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "evidence", &evidence)
        try visitor.unsigned(2, "depth", &depth, in: 1...Trace.greatestDepth)
        try visitor.unsigned(3, "after", &after, in: 0...UInt64(Trace.visitLimit))
        try visitor.unsigned(4, "limit", &limit, in: 1...PageCursor.greatestPage)
    }

    /// Computed from the start for every page: the walk's order is fixed, so `after` is a number of nodes.
    func answer(
        _ direction: Trace.Direction,
        _ context: inout ContractContext
    ) throws(ContractError) -> TraceAnswer {
        guard try TrustStore.evidence.contains(evidence, &context) else {
            throw ContractError(.reference, "no such evidence")
        }
        // One more than the page, to know whether there is more.
        let end = Int(after) + Int(limit)
        var trace = Trace(direction, depth: depth, limit: end + 1)
        try trace.run(from: [evidence], &context)
        var answer = TraceAnswer()
        answer.nodes = Array(trace.nodes.prefix(end).dropFirst(Int(after)))
        if trace.nodes.count > end { answer.next = UInt64(end) }
        answer.isCut = trace.isCut
        return answer
    }
}

package struct TraceAnswer: Record, Hashable {
    package var nodes: [TraceNode] = []
    /// The `after` of the next page; missing on the last.
    package var next: UInt64?
    /// On the last page: whether the graph goes on beyond the depth.
    package var isCut = false

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        let limit = Int(PageCursor.greatestPage)
        try visitor.list(1, "nodes", &nodes, of: .record(TraceNode.self), atMost: limit)
        try visitor.optional(2, "next", &next, .unsigned(from: 0, through: UInt64(2 * Trace.visitLimit)))
        try visitor.boolean(3, "is_cut", &isCut)
    }
}

package struct UpQuery: ContractQuery {
    package static let name = "up"
    package static let summary = "What an evidence rests on, towards the suppliers."

    package var arguments = TraceArguments()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try arguments.fields(&visitor)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> TraceAnswer {
        try arguments.answer(.up, &context)
    }
}

package struct DownQuery: ContractQuery {
    package static let name = "down"
    package static let summary = "What rests on an evidence, towards the customers."

    package var arguments = TraceArguments()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try arguments.fields(&visitor)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> TraceAnswer {
        try arguments.answer(.down, &context)
    }
}

package struct SubjectQuery: ContractQuery {
    package static let name = "subject"
    package static let summary = "The evidence about a subject in the order of its recording, complete by its count."

    package struct Answer: Record {
        package var subject = SubjectRow()
        package var evidence: [Digest] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.record(1, "subject", &subject)
            try visitor.list(2, "evidence", &evidence, of: .digest, atMost: Int(PageCursor.greatestPage))
            try visitor.optional(3, "next", &next, .cursor)
        }
    }

    package var subject: Digest = .zero
    package var after: [UInt8]?
    package var limit: UInt64 = PageCursor.greatestPage

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "subject", &subject)
        try visitor.optional(2, "after", &after, .cursor)
        try visitor.unsigned(3, "limit", &limit, in: 1...PageCursor.greatestPage)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        var answer = Answer()
        answer.subject = try TrustStore.subjects.get(subject, &context) ?? SubjectRow()
        let page = try TrustStore.evidenceBySubject.scan(prefix: subject, after: after, limit: limit, &context)
        answer.evidence = page.entries.map { $0.row.evidence }
        answer.next = page.next
        return answer
    }
}

package struct RuleQuery: ContractQuery {
    package static let name = "rule"
    package static let summary = "A rule in a version, or in its newest."

    package struct Answer: Record {
        package var owner: AccountID = .unset
        package var version: UInt64 = 1
        package var rule = Rule()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.account(1, "owner", &owner)
            try visitor.unsigned(2, "version", &version, in: 1...UInt64.max)
            try visitor.record(3, "rule", &rule)
        }
    }

    package var name: Identifier = .unset
    package var version: UInt64?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "name", &name)
        try visitor.optional(2, "version", &version, .unsigned(from: 1, through: .max))
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let row = try TrustStore.rules.existing(name, "rule", &context)
        var answer = Answer()
        answer.owner = row.owner
        answer.version = version ?? row.version
        answer.rule = try TrustStore.ruleVersions.existing(Pair(name, answer.version), "rule", &context)
        return answer
    }
}

/// A verdict as of now. It is computed again for every question, so an answer is never older than its inputs; the
/// stored row follows by the queue.
package struct VerdictQuery: ContractQuery {
    package static let name = "verdict"
    package static let summary = "What a rule says of a subject now."

    package var subject: Digest = .zero
    package var rule: Identifier = .unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "subject", &subject)
        try visitor.identifier(2, "rule", &rule)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> VerdictRow {
        let newest = try TrustStore.rules.existing(rule, "rule", &context).version
        let key = Pair(subject, rule)
        let before = try TrustStore.verdicts.get(key, &context)
        var row = try TrustStore.evaluate(key, version: before?.ruleVersion ?? newest, &context)
        row.assessedBy = before?.assessedBy
        return row
    }
}
