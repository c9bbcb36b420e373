import Primitives

// For tests: states that never are, one for each invariant, which show that its check would see them. Nothing else can
// make such a state, since no other module may write into a replica.
extension Replica {
    /// Breaks one invariant of a replica that has executed a block, and as few others as can be.
    package mutating func violate(_ invariant: Invariant) {
        switch invariant {
        case .certifiedWasExecuted: certified = executed.advanced(by: 1)
        case .executedWasIssued: issued = Sequence(0)
        case .watermarkIsCertified: slots.advance(to: slots.low.advanced(by: 1))
        case .certifiedHasCertificate: certificate = nil
        case .acceptedLiesInWindow: accepted = highWatermark.advanced(by: 1)
        case .activeViewHasNewView: violateView { $0.newView = nil }
        case .reproposalsFitWindow:
            let digests = Array(repeating: Proposal.nullDigest, count: configuration.window + 1)
            reproposals = Reproposals(base: slots.low, digests: digests)
        case .ledViewWasEntered: led = View(view.number + 1)
        case .viewChangesAreBounded: viewChanges.append(nil)
        case .pendingIsBounded: pending = Array(repeating: emptyPending, count: quorum.replicas + 1)
        case .slotsAreBounded: slots = SlotWindow(above: slots.low, count: configuration.window)
        case .historyIsBounded: lengthenHistory()
        case .offersAreBounded, .contentsAreBounded, .preparesAreBounded, .commitsAreBounded, .attestationsAreBounded:
            fillSlot(invariant)
        case .noVoteAhead, .preparedWasVotedFor, .oneDigestPerPosition, .committedIsPrepared:
            contradictSlot(invariant)
        }
    }

    private var first: Sequence { slots.low.advanced(by: 1) }

    private mutating func violateView(_ change: (inout Replica) -> Void) {
        view = View(view.number + 1)
        isActive = true
        change(&self)
    }

    private var emptyPending: PendingNewView {
        let content = NewView(epoch: epoch, view: view, viewChanges: [], hashing: configuration.hashing)
        let message = SignedNewView(content: content, signature: Signature(r: .zero, s: .zero))
        return PendingNewView(message: message, source: id, viewChanges: [])
    }

    private mutating func lengthenHistory() {
        guard let last = history.last else { return }
        for count in 1...UInt64(2 * configuration.summaries + 4 * configuration.window + 1) {
            let block = BlockSummary(
                epoch: last.epoch,
                height: last.height.advanced(by: count),
                header: last.header,
                time: last.time + count,
                originView: last.originView,
                proposer: last.proposer
            )
            history.append(block, certified: .genesis)
        }
    }

    private mutating func fillSlot(_ invariant: Invariant) {
        let entry = VoteBook.Entry(replica: id, view: view, digest: .zero, signature: nil)
        let signature = Signature(r: .zero, s: .zero)
        let offer = Offer(view: view, proposer: id, digest: .zero, signature: signature)
        let many = 3 * quorum.replicas + 1
        switch invariant {
        case .offersAreBounded: slots[first].offers = Array(repeating: offer, count: many)
        case .contentsAreBounded:
            let content = Content(proposal: emptyProposal)
            slots[first].contents = Array(repeating: content, count: contentLimit + 1)
        case .preparesAreBounded: slots[first].prepares = VoteBook(Array(repeating: entry, count: many))
        case .commitsAreBounded: slots[first].commits = VoteBook(Array(repeating: entry, count: many))
        default: slots[first].attestations = VoteBook(Array(repeating: entry, count: many))
        }
    }

    private var emptyProposal: Proposal {
        Proposal(
            epoch: epoch,
            sequence: first,
            originView: view,
            proposer: id,
            time: 0,
            references: [],
            hashing: configuration.hashing
        )
    }

    private mutating func contradictSlot(_ invariant: Invariant) {
        func vote(_ view: View, _ digest: Digest) -> Vote {
            Vote(epoch: epoch, view: view, sequence: first, digest: digest)
        }
        slots[first].voted = nil
        slots[first].prepared = nil
        switch invariant {
        case .noVoteAhead: slots[first].voted = vote(View(view.number + 1), .zero)
        case .preparedWasVotedFor: slots[first].prepared = PreparedCertificate(vote: vote(view, .zero), signatures: [])
        case .oneDigestPerPosition:
            slots[first].voted = vote(view, emptyProposal.digest)
            slots[first].prepared = PreparedCertificate(vote: vote(view, .zero), signatures: [])
        default: slots[first].committed = .zero
        }
    }
}
