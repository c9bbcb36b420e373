import Primitives

/// A PRE-PREPARE as received: what is proposed is in the slot's contents, under the digest.
struct Offer: Hashable, Sendable {
    let view: View
    let proposer: ReplicaID
    let digest: Digest
    let signature: Signature
}

/// A proposal and how far the host is with its bodies.
struct Content: Sendable {
    enum Bodies: Sendable {
        case unknown
        case asked
        case held
        case refused
    }

    let proposal: Proposal
    var bodies = Bodies.unknown
    /// Written to the journal, so that it is there after a restart.
    var isWritten = false
}

/// All that is known of one sequence above the certified height. Every collection is bounded by the number of
/// replicas.
struct Slot: Sendable {
    /// At most one per proposer: the latest view's.
    var offers: [Offer] = []
    var contents: [Content] = []
    var prepares = VoteBook()
    var commits = VoteBook()
    /// One entry per replica, all in view 0: attestations have no view.
    var attestations = VoteBook()
    /// The own PREPARE of the highest view; in the journal.
    var voted: Vote?
    /// The own prepared certificate of the highest view; in the journal.
    var prepared: PreparedCertificate?
    /// The digest that committed here (rule 13).
    var committed: Digest?
    /// A certificate of this height, learned before the block was executed.
    var certificate: Certificate?
    /// What was already executed in vain on the word of that certificate.
    var attempted: [Digest] = []
    /// A re-proposal whose content was asked for.
    var isContentRequested = false

    func content(_ digest: Digest) -> Content? { contents.first { $0.proposal.digest == digest } }

    func isHeld(_ digest: Digest) -> Bool { digest == Proposal.nullDigest || content(digest)?.bodies == .held }

    func offer(in view: View, from proposer: ReplicaID) -> Offer? {
        offers.first { $0.view == view && $0.proposer == proposer }
    }

    mutating func setBodies(_ bodies: Content.Bodies, of digest: Digest) -> Bool {
        guard let index = contents.firstIndex(where: { $0.proposal.digest == digest }) else { return false }
        contents[index].bodies = bodies
        return true
    }

    mutating func markWritten(_ digest: Digest) {
        guard let index = contents.firstIndex(where: { $0.proposal.digest == digest }) else { return }
        contents[index].isWritten = true
    }

    /// Adds a proposal's content; with more than `limit`, lets go of those that nothing refers to. Until then they stay,
    /// since a later view may re-propose what an earlier one brought.
    mutating func add(_ content: Content, keeping fixed: Digest?, limit: Int) {
        guard self.content(content.proposal.digest) == nil else { return }
        if contents.count >= limit { removeContents(keeping: fixed) }
        contents.append(content)
    }

    /// Where a journal brought more than `limit`, one for each of many views.
    mutating func boundContents(keeping fixed: Digest?, limit: Int) {
        if contents.count > limit { removeContents(keeping: fixed) }
    }

    private mutating func removeContents(keeping fixed: Digest?) {
        contents.removeAll { candidate in
            let digest = candidate.proposal.digest
            return digest != voted?.digest && digest != prepared?.vote.digest && digest != committed && digest != fixed
                && !offers.contains { $0.digest == digest }
        }
    }

    mutating func reset() {
        offers.removeAll(keepingCapacity: true)
        contents.removeAll(keepingCapacity: true)
        prepares.removeAll()
        commits.removeAll()
        attestations.removeAll()
        voted = nil
        prepared = nil
        committed = nil
        certificate = nil
        attempted.removeAll()
        isContentRequested = false
    }
}

/// The slots of the 2 W sequences above the low watermark, in a ring. Beyond the window of W, in which this replica
/// may vote, votes of replicas that are ahead are only kept.
struct SlotWindow: Sendable {
    private(set) var low: Sequence
    /// In no order that means anything.
    private(set) var ring: [Slot]

    init(above low: Sequence, count: Int) {
        self.low = low
        ring = Array(repeating: Slot(), count: count)
    }

    var count: Int { ring.count }

    func contains(_ sequence: Sequence) -> Bool {
        sequence > low && sequence.number - low.number <= UInt64(ring.count)
    }

    /// The caller has made sure that the window contains the sequence.
    subscript(sequence: Sequence) -> Slot {
        _read { yield ring[index(sequence)] }
        _modify { yield &ring[index(sequence)] }
    }

    /// The sequences that the window holds, ascending; fewer at the end of numbers.
    var sequences: LazyMapSequence<Range<UInt64>, Sequence> {
        let count = min(UInt64(ring.count), .max - low.number)
        let first = low.number
        return (0..<count).lazy.map { Sequence(first + 1 + $0) }
    }

    /// Forgets everything at and below the new low watermark.
    mutating func advance(to newLow: Sequence) {
        let passed = min(newLow.distance(above: low), UInt64(ring.count))
        for offset in 0..<passed { ring[index(low.advanced(by: offset + 1))].reset() }
        if newLow > low { low = newLow }
    }

    private func index(_ sequence: Sequence) -> Int {
        precondition(contains(sequence), "a handler checks that a sequence lies in the window")
        return Int(sequence.number % UInt64(ring.count))
    }
}
