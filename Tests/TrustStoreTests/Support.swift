import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import Testing
import TrustStore

enum Who {
    /// A manufacturer and a colleague, a device at a supplier, those who judge, and one without a role.
    static let maker = TestActor("maker", of: TestOrganisation.maker, .organisation)
    static let colleague = TestActor("colleague", of: TestOrganisation.maker, .organisation)
    static let sensor = TestActor("sensor", of: TestOrganisation.port, .device)
    static let scheme = TestActor("scheme", of: TestOrganisation.city, .schemeOwner)
    static let otherScheme = TestActor("other", of: TestOrganisation.port, .schemeOwner)
    static let auditor = TestActor("auditor", of: TestOrganisation.city, .auditor)
    static let nobody = TestActor("nobody", of: TestOrganisation.maker)

    static let all = [maker, colleague, sensor, scheme, otherScheme, auditor, nobody]
}

let build = Identifier.constant("build")
let inspection = Identifier.constant("inspection")
let noise = Identifier.constant("noise-level")
let decibel = Identifier.constant("centi-decibel")
let product = TestOrganisation.digest("product")

/// A chain with actors, and the calls of the trust store.
struct Store {
    var bed = Testbed(actors: Who.all)

    mutating func run<Method: ContractMethod>(_ method: Method, _ actor: TestActor) throws(ContractError) {
        try bed.run(method, of: TrustStore.self, by: actor)
    }

    mutating func refusal<Method: ContractMethod>(_ method: Method, _ actor: TestActor) -> ErrorCode? {
        bed.refusal(of: method, of: TrustStore.self, by: actor)
    }

    func ask<Query: ContractQuery>(_ query: Query) throws(ContractError) -> Query.Answer {
        try bed.ask(query, of: TrustStore.self)
    }

    /// An evidence that is right in every respect, observed now.
    func body(_ content: String = "bytes", _ change: (inout EvidenceBody) -> Void = { _ in }) -> EvidenceBody {
        var body = EvidenceBody()
        body.process = .constant("assembly")
        body.step = build
        body.subject = product
        body.observedAt = bed.time
        body.content = TestOrganisation.digest(content)
        body.mediaType = .constant("cyclonedx-json")
        change(&body)
        return body
    }

    static func id(_ body: EvidenceBody, by author: TestActor) throws -> Digest {
        SHA256Function.digest(of: TrustStore.evidencePreimage(author: author.account, body: try body.encoded()))
    }

    @discardableResult
    mutating func append(_ body: EvidenceBody, by author: TestActor = Who.maker) throws -> Digest {
        try run(AppendEvidence(body), author)
        return try Store.id(body, by: author)
    }

    func row(_ evidence: Digest) throws -> EvidenceRow {
        var query = EvidenceQuery()
        query.evidence = evidence
        return try ask(query)
    }
}

// MARK: Rules and verdicts

extension Store {
    static func registration(_ name: String, _ conditions: [Condition], ancestry: UInt64 = 0) -> RegisterRule {
        var method = RegisterRule()
        method.name = .constant(name)
        method.rule.conditions = conditions
        method.rule.ancestry = ancestry
        return method
    }

    static func assessment(_ rule: String, of subject: Digest = product) -> Assess {
        var method = Assess()
        method.subject = subject
        method.rule = .constant(rule)
        return method
    }

    mutating func register(_ name: String, _ conditions: Condition..., ancestry: UInt64 = 0) throws {
        try run(Store.registration(name, conditions, ancestry: ancestry), Who.scheme)
    }

    func verdict(_ rule: String, of subject: Digest = product) throws -> VerdictRow {
        var query = VerdictQuery()
        query.subject = subject
        query.rule = .constant(rule)
        return try ask(query)
    }
}

func condition(_ step: Identifier, _ change: (inout Condition) -> Void = { _ in }) -> Condition {
    var condition = Condition()
    condition.step = step
    change(&condition)
    return condition
}

func reading(_ value: Int64, _ metric: Identifier = noise, _ unit: Identifier = decibel) -> Reading {
    Reading(metric: metric, value: value, unit: unit)
}

func atMost(_ value: Int64) -> Threshold {
    Threshold(metric: noise, unit: decibel, comparison: .atMost, value: value)
}
