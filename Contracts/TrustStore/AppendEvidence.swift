package import ContractKit
internal import Primitives

/// Records an evidence. Its id is the digest of author and body (`TrustStore.evidencePreimage`).
package struct AppendEvidence: ContractMethod {
    package static let name = "append"
    package static let summary =
        "Append evidence about a subject, with the evidence that it rests on. Open and party evidence must give a media type, "
        + "opaque evidence must not; only open evidence may have readings."
    package static let errors: [ErrorCode] = [.role, .reference, .duplicate, .policy, .deadline]

    package var body = EvidenceBody()

    package init() {}

    package init(_ body: EvidenceBody) { self.body = body }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try body.fields(&visitor)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try requireAuthor(context.caller)
        try body.check(at: context.time)
        let id = try context.sha256(
            TrustStore.evidencePreimage(author: context.caller.account, body: try body.encoded())
        )
        var row = EvidenceRow()
        row.body = body
        row.author = context.caller.account
        row.organisation = context.caller.organisation
        row.recordedAt = context.time
        row.height = context.height
        try TrustStore.evidence.insert(id, row, "evidence", &context)
        for parent in body.parents {
            guard try TrustStore.evidence.contains(parent, &context) else {
                throw ContractError(.reference, "no such parent")
            }
            try TrustStore.children.add(Pair(parent, id), &context)
        }
        if let corrected = body.corrects { try correct(corrected, by: id, &context) }
        try addToSubject(id, &context)
        try context.emit(EvidenceAppended(id, row))
        try TrustStore.makeVerdictsDue(of: body.subject, &context)
    }

    private func requireAuthor(_ caller: Caller) throws(ContractError) {
        guard
            caller.has(.organisation) || caller.has(.device) || caller.has(.assessor)
                || caller.has(.certificateAuthority)
        else { throw ContractError(.role, "needs the role organisation, device, assessor or certificate-authority") }
    }

    /// A correction takes the place of what it corrects; the corrected evidence stays, with a link. Each is corrected
    /// once: a second correction corrects the first, so there is always one that stands.
    private func correct(
        _ corrected: Digest,
        by id: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var before = try TrustStore.evidence.existing(corrected, "evidence to correct", &context)
        guard before.organisation == context.caller.organisation else {
            throw ContractError(.role, "only the author's organisation corrects")
        }
        guard before.correctedBy == nil else { throw ContractError(.duplicate, "it was corrected already") }
        guard before.body.subject == body.subject, before.body.step == body.step else {
            throw ContractError(.policy, "a correction is about the same subject and step")
        }
        before.correctedBy = id
        try TrustStore.evidence.put(corrected, before, &context)
        try TrustStore.currentByStep.delete(TrustStore.stepKey(corrected, before.body), &context)
        if let key = TrustStore.mediaKey(corrected, before.body) {
            try TrustStore.currentByMedia.delete(key, &context)
        }
    }

    private func addToSubject(_ id: Digest, _ context: inout ContractContext) throws(ContractError) {
        var subject = try TrustStore.subjects.get(body.subject, &context) ?? SubjectRow()
        subject.count = try subject.count.adding(1)
        subject.accumulator = try context.sha256(TrustStore.accumulatorPreimage(subject.accumulator, id))
        try TrustStore.subjects.put(body.subject, subject, &context)
        try TrustStore.evidenceBySubject.put(Pair(body.subject, subject.count), EvidenceReference(id), &context)
        try TrustStore.currentByStep.add(TrustStore.stepKey(id, body), &context)
        if let key = TrustStore.mediaKey(id, body) { try TrustStore.currentByMedia.add(key, &context) }
    }
}

extension TrustStore {
    // Times count down in these keys, so that a scan begins with the newest.

    static func stepKey(_ id: Digest, _ body: EvidenceBody) -> StepKey {
        Pair(body.subject, Pair(body.step, Pair(UInt64.max - body.observedAt, id)))
    }

    static func mediaKey(_ id: Digest, _ body: EvidenceBody) -> MediaKey? {
        guard let mediaType = body.mediaType else { return nil }
        return Pair(body.subject, Pair(body.step, Pair(mediaType, Pair(UInt64.max - body.observedAt, id))))
    }
}
