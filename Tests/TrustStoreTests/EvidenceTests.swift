import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import Testing
import TrustStore

@Suite struct EvidenceTests {
    @Test("evidence is kept as its author gave it, under the digest of author and body")
    func appends() throws {
        var store = Store()
        let body = store.body { $0.readings = [reading(5_510)] }
        let id = try store.append(body)
        let row = try store.row(id)
        #expect(row.body == body && row.author == Who.maker.account && row.organisation == TestOrganisation.maker)
        #expect(row.recordedAt == store.bed.time && row.height == store.bed.height && row.correctedBy == nil)
        #expect(try store.bed.events(EvidenceAppended.self).first?.evidence == id)
    }

    @Test("the same evidence twice is DUPLICATE, and another author's is its own")
    func duplicate() throws {
        var store = Store()
        let body = store.body()
        let id = try store.append(body)
        #expect(store.refusal(AppendEvidence(body), Who.maker) == .duplicate)
        #expect(try store.append(body, by: Who.sensor) != id)
    }

    @Test("an evidence is refused for each of its reasons and changes nothing")
    func refuses() throws {
        var store = Store()
        let parent = try store.append(store.body("parent"))
        let before = store.bed.state
        let soon = store.bed.time + TrustStore.clockTolerance
        let attempts: [(ErrorCode, TestActor, EvidenceBody)] = [
            (.role, Who.nobody, store.body()),
            (.role, Who.auditor, store.body()),
            (.reference, Who.maker, store.body { $0.parents = [parent, .zero] }),
            (.schema, Who.maker, store.body { $0.parents = [parent, parent] }),
            (.schema, Who.maker, store.body { $0.parents = (0..<17).map { TestOrganisation.digest("\($0)") } }),
            (.deadline, Who.maker, store.body { $0.observedAt = soon + 1 }),
            (.policy, Who.maker, store.body { $0.disclosure = .opaque }),
            (.policy, Who.maker, store.body { $0.mediaType = nil }),
            (.policy, Who.maker, store.body { ($0.disclosure, $0.mediaType) = (.party, nil) }),
            (.policy, Who.maker, store.body { ($0.disclosure, $0.readings) = (.party, [reading(1)]) }),
            (.schema, Who.maker, store.body { $0.readings = Array(repeating: reading(1), count: 9) }),
            (.reference, Who.maker, store.body { $0.corrects = .zero }),
        ]
        for (code, actor, body) in attempts {
            // An encoder refuses what breaks the schema, as the decoder would.
            #expect(store.refusal(AppendEvidence(body), actor) == code)
            #expect(store.bed.state == before)
        }
        try store.append(store.body { $0.observedAt = soon })
        try store.append(store.body("party") { $0.disclosure = .party })
    }

    @Test("opaque evidence keeps commitment and edges, and nothing that describes its content")
    func opaque() throws {
        var store = Store()
        let parent = try store.append(store.body("parent"))
        let id = try store.append(
            store.body("secret") {
                $0.parents = [parent]
                $0.disclosure = .opaque
                $0.mediaType = nil
            }
        )
        let row = try store.row(id)
        #expect(row.body.parents == [parent] && row.body.content == TestOrganisation.digest("secret"))
        #expect(row.body.mediaType == nil && row.body.readings.isEmpty)
    }

    @Test("a correction is new evidence that names what it corrects; the corrected one stays, with a link to it")
    func corrects() throws {
        var store = Store()
        let wrong = try store.append(store.body("wrong"))
        let right = try store.append(store.body("right") { $0.corrects = wrong }, by: Who.colleague)
        #expect(try store.row(wrong).correctedBy == right)
        #expect(try store.row(wrong).body == store.body("wrong"))
        // Corrected once: what corrects it may itself be corrected.
        #expect(store.refusal(AppendEvidence(store.body("again") { $0.corrects = wrong }), Who.maker) == .duplicate)
        try store.append(store.body("again") { $0.corrects = right })
    }

    @Test("nobody corrects another organisation's evidence, nor with evidence about something else")
    func correctsOnlyOwn() throws {
        var store = Store()
        let wrong = try store.append(store.body("wrong"))
        #expect(store.refusal(AppendEvidence(store.body("x") { $0.corrects = wrong }), Who.sensor) == .role)
        let otherSubject = store.body("x") { ($0.corrects, $0.subject) = (wrong, .zero) }
        #expect(store.refusal(AppendEvidence(otherSubject), Who.maker) == .policy)
        let otherStep = store.body("x") { ($0.corrects, $0.step) = (wrong, inspection) }
        #expect(store.refusal(AppendEvidence(otherStep), Who.maker) == .policy)
    }

    @Test("a subject's list is complete by its count and chains to its accumulator, page by page")
    func subjectIsComplete() throws {
        var store = Store()
        for number in 0..<25 {
            try store.append(store.body("\(number)"), by: number.isMultiple(of: 3) ? Who.sensor : Who.maker)
            try store.append(store.body("other \(number)") { $0.subject = .zero })
        }
        var query = SubjectQuery()
        query.subject = product
        query.limit = 10
        var found: [Digest] = []
        var answer = try store.ask(query)
        found += answer.evidence
        while let next = answer.next {
            query.after = next
            answer = try store.ask(query)
            found += answer.evidence
        }
        #expect(found.count == 25 && answer.subject.count == 25)
        let chained = found.reduce(Digest.zero) { before, evidence in
            SHA256Function.digest(of: TrustStore.accumulatorPreimage(before, evidence))
        }
        #expect(chained == answer.subject.accumulator)
    }

    @Test("a subject that nobody recorded anything about has an empty list")
    func unknownSubject() throws {
        var query = SubjectQuery()
        query.subject = product
        let answer = try Store().ask(query)
        #expect(answer.evidence.isEmpty && answer.subject == SubjectRow() && answer.next == nil)
    }
}
