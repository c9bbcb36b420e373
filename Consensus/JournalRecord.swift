package import Primitives

/// What a replica must remember to keep its promises after a restart (rules 15 to 18).
package enum JournalRecord: Hashable, Sendable {
    /// A proposal that is voted on, written before the vote whose sync carries it; with the PRE-PREPARE's signature where
    /// another validator sent one, so that its proposer can be told of it after a restart (rule 20).
    case proposal(Proposal, Signature?)
    /// The own PREPARE; durable before it leaves. For the primary also: "I proposed this".
    case prepare(Vote)
    /// The own prepared certificate; durable before COMMIT leaves.
    case prepared(PreparedCertificate)
    /// The view of the own VIEW-CHANGE; durable before it leaves.
    case view(Epoch, View)
    /// An accepted NEW-VIEW with the VIEW-CHANGEs it names, written before the first vote in its view.
    case newView(SignedNewView, [SignedViewChange])

    /// The sequence it belongs to; nil for the records of views, which later ones replace.
    package var sequence: Sequence? {
        switch self {
        case .proposal(let proposal, _): proposal.sequence
        case .prepare(let vote): vote.sequence
        case .prepared(let certificate): certificate.vote.sequence
        case .view, .newView: nil
        }
    }

    package var epoch: Epoch {
        switch self {
        case .proposal(let proposal, _): proposal.epoch
        case .prepare(let vote): vote.epoch
        case .prepared(let certificate): certificate.vote.epoch
        case .view(let epoch, _): epoch
        case .newView(let newView, _): newView.content.epoch
        }
    }

    /// The view in which something was promised; a proposal alone promises nothing.
    package var view: View? {
        switch self {
        case .proposal: nil
        case .prepare(let vote): vote.view
        case .prepared(let certificate): certificate.vote.view
        case .view(_, let view): view
        case .newView(let newView, _): newView.content.view
        }
    }

    /// Where it stands in the journal: a record replaces an earlier one with the same key, which says less. The
    /// sequence comes first, big-endian, so that everything up to a height is one range; records of views have the
    /// sequence 2^64 − 1, which no height reaches.
    package var key: [UInt8] {
        switch self {
        case .proposal(let proposal, _): JournalRecord.key(proposal.sequence.number, 1) + proposal.digest.bytes
        case .prepare(let vote): JournalRecord.key(vote.sequence.number, 2)
        case .prepared(let certificate): JournalRecord.key(certificate.vote.sequence.number, 3)
        case .view: JournalRecord.key(.max, 4)
        case .newView: JournalRecord.key(.max, 5)
        }
    }

    /// The first key that belongs to a higher sequence: what lies before it may go once that height is certified.
    package static func keyBound(above height: Height) -> [UInt8] {
        key(height.number == .max ? .max : height.number + 1, 0)
    }

    private static func key(_ sequence: UInt64, _ kind: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: sequence >> shift))
        }
        bytes.append(kind)
        return bytes
    }
}

extension JournalRecord {
    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 256)
        switch self {
        case .proposal(let proposal, let signature):
            encoder.array(3)
            encoder.unsigned(1)
            proposal.encode(into: &encoder)
            if let signature { encoder.signature(signature) } else { encoder.null() }
        case .prepare(let vote):
            encoder.array(2)
            encoder.unsigned(2)
            vote.encode(into: &encoder)
        case .prepared(let certificate):
            encoder.array(2)
            encoder.unsigned(3)
            certificate.encode(into: &encoder)
        case .view(let epoch, let view):
            encoder.array(3)
            encoder.unsigned(4)
            encoder.unsigned(epoch.number)
            encoder.unsigned(view.number)
        case .newView(let newView, let viewChanges):
            encoder.array(3)
            encoder.unsigned(5)
            newView.encode(into: &encoder)
            encoder.array(viewChanges.count)
            for viewChange in viewChanges { viewChange.encode(into: &encoder) }
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8], limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        let count = try decoder.array(atMost: 3)
        let kind = try decoder.unsigned()
        switch (kind, count) {
        case (1, 3):
            let proposal = try Proposal(from: &decoder, limits: limits, hashing: hashing)
            self = .proposal(proposal, try decoder.optionalSignature())
        case (2, 2): self = .prepare(try Vote(from: &decoder))
        case (3, 2): self = .prepared(try PreparedCertificate(from: &decoder, limits: limits))
        case (4, 3): self = .view(Epoch(try decoder.unsigned()), View(try decoder.unsigned()))
        case (5, 3):
            let newView = try SignedNewView(from: &decoder, limits: limits, hashing: hashing)
            var viewChanges: [SignedViewChange] = []
            for _ in 0..<(try decoder.array(atMost: limits.replicas)) {
                viewChanges.append(try SignedViewChange(from: &decoder, limits: limits, hashing: hashing))
            }
            self = .newView(newView, viewChanges)
        default: throw .unexpectedValue
        }
        try decoder.finish()
    }
}

extension CBORDecoder {
    fileprivate mutating func optionalSignature() throws(CBORError) -> Signature? {
        guard peek() == .null else { return try signature() }
        try null()
        return nil
    }
}
