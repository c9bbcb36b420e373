package import ContractKit
package import Primitives

/// Who may see what an evidence's commitment stands for.
package enum Disclosure: UInt64, Choice {
    /// Every member.
    case open = 1
    /// The parties, off the chain.
    case party = 2
    /// Nobody but the author; commitment and edges are kept, and what would describe the content is left out.
    case opaque = 3

    package var name: String {
        switch self {
        case .open: "open"
        case .party: "party"
        case .opaque: "opaque"
        }
    }
}

/// A measured number, typed, so that a rule can decide on it. Integers in the unit's own smallest step.
package struct Reading: Record, Hashable {
    package var metric: Identifier = .unset
    package var value: Int64 = 0
    package var unit: Identifier = .unset

    package init() {}

    package init(metric: Identifier, value: Int64, unit: Identifier) {
        self.metric = metric
        self.value = value
        self.unit = unit
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "metric", &metric)
        try visitor.integer(2, "value", &value, in: Int64.min...Int64.max)
        try visitor.identifier(3, "unit", &unit)
    }
}

/// What an author says: the arguments of `append`, and what the evidence's id is the digest of.
package struct EvidenceBody: Record, Hashable {
    /// The value creation process and its step that this was observed in.
    package var process: Identifier = .unset
    package var step: Identifier = .unset
    /// What it is about, by digest: a product, a device, a data set.
    package var subject: Digest = .zero
    /// What it was made from or rests on. They exist already, so the graph has no cycle.
    package var parents: [Digest] = []
    package var observedAt: UInt64 = 0
    /// The digest, or hiding commitment, of the bytes kept off the chain.
    package var content: Digest = .zero
    /// Present exactly where the evidence is not opaque.
    package var mediaType: Identifier?
    package var disclosure: Disclosure = .open
    /// The evidence that this one replaces.
    package var corrects: Digest?
    package var readings: [Reading] = []

    package static let parentLimit = 16
    package static let readingLimit = 8

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "process", &process)
        try visitor.identifier(2, "step", &step)
        try visitor.digest(3, "subject", &subject)
        try visitor.list(4, "parents", &parents, of: .digest, atMost: EvidenceBody.parentLimit)
        try visitor.time(5, "observed_at", &observedAt)
        try visitor.digest(6, "content", &content)
        try visitor.optional(7, "media_type", &mediaType, .identifier)
        try visitor.choice(8, "disclosure", &disclosure)
        try visitor.optional(9, "corrects", &corrects, .digest)
        try visitor.list(10, "readings", &readings, of: .record(Reading.self), atMost: EvidenceBody.readingLimit)
    }

    /// What can be said of the body without the state.
    func check(at time: UInt64) throws(ContractError) {
        let sorted = parents.sorted()
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0 != $1 }) else {
            throw ContractError(.schema, "parents: one of them twice")
        }
        // Devices' clocks run ahead a little; more would let an author keep old evidence fresh.
        guard try observedAt <= time.adding(TrustStore.clockTolerance) else {
            throw ContractError(.deadline, "observed in the future")
        }
        guard disclosure == .open || readings.isEmpty else {
            throw ContractError(.policy, "readings are shown to everybody, so the evidence must be open")
        }
        guard disclosure != .opaque || mediaType == nil else {
            throw ContractError(.policy, "opaque evidence says nothing of its content, so it has no media type")
        }
        guard disclosure == .opaque || mediaType != nil else {
            throw ContractError(.policy, "evidence that is open or for a party needs a media type")
        }
    }
}

/// An evidence in the store. Nothing of it changes but the link to its correction.
package struct EvidenceRow: Record, Hashable {
    package var body = EvidenceBody()
    package var author: AccountID = .unset
    package var organisation: Identifier = .unset
    package var recordedAt: UInt64 = 0
    package var height = Height.genesis
    package var correctedBy: Digest?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.record(1, "body", &body)
        try visitor.account(2, "author", &author)
        try visitor.identifier(3, "organisation", &organisation)
        try visitor.time(4, "recorded_at", &recordedAt)
        try visitor.height(5, "height", &height)
        try visitor.optional(6, "corrected_by", &correctedBy, .digest)
    }
}

/// How much is known of a subject. A list of its evidence is complete if it has this count and chains to this
/// accumulator, so a node cannot leave one out: the row is a leaf of the state.
package struct SubjectRow: Record, Hashable {
    package var count: UInt64 = 0
    package var accumulator: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "count", &count, in: 0...UInt64.max)
        try visitor.digest(2, "accumulator", &accumulator)
    }
}

package struct EvidenceReference: Record, Hashable {
    package var evidence: Digest = .zero

    package init() {}

    package init(_ evidence: Digest) { self.evidence = evidence }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "evidence", &evidence)
    }
}
