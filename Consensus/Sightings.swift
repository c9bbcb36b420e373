import Primitives

/// What a replica remembers of another's statements in this epoch, to show it when it asks (rule 20): the newest of each
/// kind. The own votes of a replica rise in view and sequence, so the newest stands for all before it, and this is bounded
/// however much is signed.
struct Sightings: Sendable {
    private(set) var vote: Sighting?
    private(set) var promise: Sighting?
    private(set) var attestation: Sighting?

    mutating func note(_ new: Sighting) {
        switch new.kind {
        case .prePrepare, .prepare: if vote.map({ $0.place < new.place }) ?? true { vote = new }
        case .viewChange, .newView: if promise.map({ $0.view < new.view }) ?? true { promise = new }
        case .attest: if attestation.map({ $0.position < new.position }) ?? true { attestation = new }
        }
    }
}

/// Where a vote stands among all votes of a replica: views rise, and within a view sequences are accepted in order (rule 9).
struct VotePlace: Hashable, Comparable, Sendable {
    let view: View
    let sequence: Sequence

    static func < (left: VotePlace, right: VotePlace) -> Bool {
        left.view != right.view ? left.view < right.view : left.sequence < right.sequence
    }
}

/// What the own key signed, as far as the own journal knows: all up to where it reached when it was read, and what was
/// voted for since. Nothing else was signed with it: votes, views and certificates are durable before what they allow
/// leaves (rules 15 and 16). What is learned from others moves none of it, and neither does the first vote after a start:
/// what lies between it and the end of the journal was signed by a later life that an image has forgotten.
struct JournalReach: Sendable {
    /// The latest PREPARE, or where the journal began: what lay below was trimmed.
    private var vote: VotePlace
    /// The highest view demanded.
    private var promise: View
    /// The highest sequence voted for or executed.
    private var sequence: Sequence
    private var newVotes: ClosedRange<VotePlace>?
    private var newPromises: ClosedRange<View>?
    private var newSequences: ClosedRange<Sequence>?

    init(certified: Height, executed: Height, records: [JournalRecord], epoch: Epoch) {
        let records = records.filter { $0.epoch == epoch }
        // The record of the view stays when votes in it are trimmed.
        let view = records.compactMap(\.view).max() ?? .first
        vote = VotePlace(view: view, sequence: Sequence(certified))
        promise = .first
        sequence = Sequence(executed)
        for record in records {
            switch record {
            case .prepare(let new):
                vote = max(vote, VotePlace(view: new.view, sequence: new.sequence))
                sequence = max(sequence, new.sequence)
            case .view(_, let view): promise = max(promise, view)
            case .proposal, .prepared, .newView: break
            }
        }
    }

    mutating func voted(_ new: Vote) {
        newVotes = newVotes.extended(to: VotePlace(view: new.view, sequence: new.sequence))
        newSequences = newSequences.extended(to: new.sequence)
    }

    mutating func promised(_ view: View) { newPromises = newPromises.extended(to: view) }

    func contains(_ sighting: Sighting) -> Bool {
        switch sighting.kind {
        case .prePrepare, .prepare: contains(sighting.place)
        case .viewChange, .newView: sighting.view <= promise || newPromises?.contains(sighting.view) ?? false
        case .attest:
            sighting.position <= sequence.number
                || newSequences?.contains(Sequence(sighting.position)) ?? false
        }
    }

    func contains(_ place: VotePlace) -> Bool { place <= vote || newVotes?.contains(place) ?? false }
}

extension Optional {
    fileprivate func extended<Bound>(to bound: Bound) -> ClosedRange<Bound> where Wrapped == ClosedRange<Bound> {
        guard let range = self else { return bound...bound }
        return min(range.lowerBound, bound)...max(range.upperBound, bound)
    }
}

extension Sighting {
    var place: VotePlace { VotePlace(view: view, sequence: Sequence(position)) }

    init(_ kind: Statement.Kind, _ vote: Vote, _ signature: Signature) {
        self.init(
            kind: kind,
            view: vote.view,
            position: vote.sequence.number,
            digest: vote.digest,
            signature: signature
        )
    }
}

// Where signed statements stand in messages.
extension Message {
    /// Every statement in it that somebody signed, with whoever signed it.
    func visitSightings(from peer: ReplicaID, replicas: Int, _ visit: (ReplicaID, Sighting) -> Void) {
        switch self {
        case .prePrepare(let proposal, let signature):
            visit(proposal.proposer, Sighting(.prePrepare, proposal.vote, signature))
        case .prepare(let vote, let signature): visit(peer, Sighting(.prepare, vote, signature))
        case .attest(let attestation, let signature): visit(peer, attestation.sighting(signature))
        case .viewChange(let signed): signed.visitSightings(visit)
        case .newView(let signed): signed.visitSightings(replicas: replicas, visit)
        case .certificate(let certificate): certificate.visitSightings(in: certificate.epoch, visit)
        case .testimony(let testimony):
            for sighting in testimony.sightings { visit(testimony.subject, sighting) }
            testimony.certificate?.visitSightings(in: testimony.epoch, visit)
        case .commit, .status, .request, .proposal: break
        }
    }
}

extension Attestation {
    func sighting(_ signature: Signature) -> Sighting {
        Sighting(kind: .attest, view: .first, position: height.number, digest: header, signature: signature)
    }
}

// A sighting names no epoch: it is of the message's. A certificate of another epoch, which a faulty sender may put into its
// own message, shows nothing about this one.
extension Certificate {
    func visitSightings(in epoch: Epoch, _ visit: (ReplicaID, Sighting) -> Void) {
        guard epoch == self.epoch else { return }
        let attestation = Attestation(epoch: epoch, height: height, header: header)
        for entry in signatures { visit(entry.signer, attestation.sighting(entry.signature)) }
    }
}

extension PreparedCertificate {
    func visitSightings(in epoch: Epoch, _ visit: (ReplicaID, Sighting) -> Void) {
        guard epoch == vote.epoch else { return }
        for entry in signatures { visit(entry.signer, Sighting(.prepare, vote, entry.signature)) }
    }
}

extension SignedViewChange {
    func visitSightings(_ visit: (ReplicaID, Sighting) -> Void) {
        visit(
            content.sender,
            Sighting(
                kind: .viewChange,
                view: content.view,
                position: content.certified.number,
                digest: content.digest,
                signature: signature
            )
        )
        content.certificate?.visitSightings(in: content.epoch, visit)
        for entry in content.prepared { entry.visitSightings(in: content.epoch, visit) }
    }
}

extension SignedNewView {
    func visitSightings(replicas: Int, _ visit: (ReplicaID, Sighting) -> Void) {
        visit(
            content.view.leader(of: replicas),
            Sighting(kind: .newView, view: content.view, position: 0, digest: content.digest, signature: signature)
        )
    }
}
