package import ContractKit
package import Primitives

/// Chains of evidence about things, data and processes, and machine verdicts on them.
package enum TrustStore: Contract {
    package static let id = ContractID.trustStore
    package static let name = "trust-store"
    package static let version: UInt64 = 1

    /// How far an observation may lie ahead of the block's time, in milliseconds *(ours)*.
    package static let clockTolerance: UInt64 = 60_000
    /// How many rules may be assessed for one subject: each of them is due again when evidence arrives.
    package static let ruleLimitPerSubject: UInt64 = 16

    /// Current evidence of a subject and step, the newest first.
    typealias StepKey = Pair<Digest, Pair<Identifier, Pair<UInt64, Digest>>>
    /// The same of one media type.
    typealias MediaKey = Pair<Digest, Pair<Identifier, Pair<Identifier, Pair<UInt64, Digest>>>>

    static let evidence = Table<Digest, EvidenceRow>(id, 1)
    /// Parent and child: complete, because `append` writes it with the evidence.
    static let children = Table<Pair<Digest, Digest>, Nothing>(id, 2, kind: .provenIndex)
    static let subjects = Table<Digest, SubjectRow>(id, 3)
    /// A subject's evidence in the order of its recording, counted from 1.
    static let evidenceBySubject = Table<Pair<Digest, UInt64>, EvidenceReference>(id, 4, kind: .provenIndex)
    static let currentByStep = Table<StepKey, Nothing>(id, 5, kind: .index)
    static let currentByMedia = Table<MediaKey, Nothing>(id, 6, kind: .index)
    static let rules = Table<Identifier, RuleRow>(id, 7)
    static let ruleVersions = Table<Pair<Identifier, UInt64>, Rule>(id, 8)
    static let verdicts = Table<Pair<Digest, Identifier>, VerdictRow>(id, 9)

    /// The contract's kind of deadline: a verdict that is due again.
    static let verdictDeadline: UInt8 = 1

    package static func indexRows(of entry: StateEntry) throws(ContractError) -> [StateEntry] {
        guard let (id, row) = try evidence.read(entry), row.correctedBy == nil else { return [] }
        var rows = [try currentByStep.entry(stepKey(id, row.body), Nothing())]
        if let key = mediaKey(id, row.body) { rows.append(try currentByMedia.entry(key, Nothing())) }
        return rows
    }

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(AppendEvidence.self)
        try visitor.method(RegisterRule.self)
        try visitor.method(Assess.self)
    }

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(EvidenceQuery.self)
        try visitor.query(UpQuery.self)
        try visitor.query(DownQuery.self)
        try visitor.query(SubjectQuery.self)
        try visitor.query(RuleQuery.self)
        try visitor.query(VerdictQuery.self)
    }

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(EvidenceAppended.self)
        visitor.event(RuleRegistered.self)
        visitor.event(VerdictGiven.self)
    }

    package static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {
        guard dueCase.kind == verdictDeadline, let key = Pair<Digest, Identifier>(bytes: dueCase.key) else { return }
        try reassess(key, &context)
    }
}

extension TrustStore {
    /// An evidence, for other contracts.
    package static func evidence(
        _ evidenceID: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> EvidenceRow? {
        try context.call(into: id) { context throws(ContractError) in try evidence.get(evidenceID, &context) }
    }

    /// The place of an evidence in the state, for proofs.
    package static func stateKey(ofEvidence evidenceID: Digest) -> StateKey { evidence.stateKey(evidenceID) }
    package static func stateKey(ofSubject subject: Digest) -> StateKey { subjects.stateKey(subject) }
}
