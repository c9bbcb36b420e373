import Primitives

// §4.2, "pre-prepare": what is proposed, and when a backup accepts it.
extension Replica {
    mutating func onPrePrepare(
        _ proposal: Proposal,
        _ signature: Signature,
        into effects: inout [Effect]
    ) throws(Rejection) {
        try checkPosition(proposal.epoch, proposal.sequence)
        guard proposal.originView >= view else { throw .oldView }
        guard isMember(proposal.proposer) else { throw .unknownSender }
        guard proposal.references.count <= configuration.batchLimit else { throw .tooLarge }
        let sequence = proposal.sequence
        // Who is primary beyond the window follows from blocks that are not certified yet: asked when accepting.
        if sequence <= highWatermark, primary(in: proposal.originView, at: sequence) != proposal.proposer {
            throw .notPrimary
        }
        let offer = Offer(
            view: proposal.originView,
            proposer: proposal.proposer,
            digest: proposal.digest,
            signature: signature
        )
        try keep(offer, of: proposal, into: &effects)
        slots[sequence].add(Content(proposal: proposal), keeping: reproposals.digest(at: sequence), limit: contentLimit)
        acquireOffer(at: sequence, into: &effects)
        advance(into: &effects)
    }

    /// One offer per proposer: the first of its highest view. A second one for the same position is equivocation.
    private mutating func keep(
        _ offer: Offer,
        of proposal: Proposal,
        into effects: inout [Effect]
    ) throws(Rejection) {
        let sequence = proposal.sequence
        guard let index = slots[sequence].offers.firstIndex(where: { $0.proposer == offer.proposer }) else {
            slots[sequence].offers.append(offer)
            return
        }
        let other = slots[sequence].offers[index]
        if other.view == offer.view {
            guard other.digest != offer.digest else { throw .duplicate }
            let first = Vote(epoch: epoch, view: other.view, sequence: sequence, digest: other.digest)
            accuse(offer.proposer, .prePrepare, (first, other.signature), (proposal.vote, offer.signature), &effects)
            throw .equivocation
        }
        guard other.view < offer.view else { throw .oldView }
        slots[sequence].offers[index] = offer
    }

    /// Starts looking for the bodies of the current view's proposal as soon as its proposer is known to be primary.
    mutating func acquireOffer(at sequence: Sequence, into effects: inout [Effect]) {
        guard isActive, sequence <= highWatermark, sequence > reproposals.last, slots.contains(sequence) else { return }
        guard !slots[sequence].offers.isEmpty else { return }
        let primary = primary(in: view, at: sequence)
        guard let offer = slots[sequence].offer(in: view, from: primary) else { return }
        acquire(offer.digest, at: sequence, into: &effects)
    }

    func isUnknown(_ digest: Digest, at sequence: Sequence) -> Bool {
        digest != Proposal.nullDigest && slots[sequence].content(digest) == nil
    }

    /// Asks the host for bodies, once per proposal.
    mutating func acquire(_ digest: Digest, at sequence: Sequence, into effects: inout [Effect]) {
        guard let content = slots[sequence].content(digest), content.bodies == .unknown else { return }
        _ = slots[sequence].setBodies(.asked, of: digest)
        effects.append(.acquire(content.proposal))
    }

    /// All proposals of the view that are here already: after entering it, and when the window moved.
    mutating func acquireOffers(into effects: inout [Effect]) {
        guard isActive else { return }
        for sequence in slots.sequences {
            if let digest = reproposals.digest(at: sequence) {
                findReproposal(digest, at: sequence, into: &effects)
            } else {
                acquireOffer(at: sequence, into: &effects)
            }
        }
    }

    /// A re-proposal that this replica never saw is asked of all: a quorum prepared it, so some correct one has it.
    private mutating func findReproposal(_ digest: Digest, at sequence: Sequence, into effects: inout [Effect]) {
        guard sequence <= highWatermark else { return }
        guard isUnknown(digest, at: sequence) else { return acquire(digest, at: sequence, into: &effects) }
        guard !slots[sequence].isContentRequested else { return }
        slots[sequence].isContentRequested = true
        effects.append(.broadcast(.request(.proposal(epoch, sequence, digest))))
    }

    mutating func onProposal(_ proposal: Proposal, into effects: inout [Effect]) throws(Rejection) {
        try checkPosition(proposal.epoch, proposal.sequence)
        let sequence = proposal.sequence
        let isWanted = isActive && reproposals.digest(at: sequence) == proposal.digest
        guard isWanted, isUnknown(proposal.digest, at: sequence) else { throw .notRequested }
        slots[sequence].add(Content(proposal: proposal), keeping: proposal.digest, limit: contentLimit)
        acquire(proposal.digest, at: sequence, into: &effects)
        advance(into: &effects)
    }

    mutating func onBodies(
        _ bodies: Content.Bodies,
        _ sequence: Sequence,
        _ digest: Digest,
        into effects: inout [Effect]
    ) throws(Rejection) {
        guard slots.contains(sequence), slots[sequence].content(digest)?.bodies == .asked else { throw .notRequested }
        guard slots[sequence].setBodies(bodies, of: digest) else { throw .notRequested }
        advance(into: &effects)
    }

    /// Rule 9: sequences are accepted in order within a view, a certified one counting as accepted in all.
    mutating func acceptNext(into effects: inout [Effect]) {
        guard isActive, mayVote else { return }
        while true {
            if rules.certifiedIsAccepted { accepted = max(accepted, Sequence(certified)) }
            let sequence = accepted.advanced(by: 1)
            guard sequence > accepted, sequence <= lastOrdered, slots.contains(sequence) else { return }
            if let voted = slots[sequence].voted, voted.view == view {
                accepted = sequence
                continue
            }
            guard let digest = acceptable(at: sequence, into: &effects) else { return }
            prepare(digest, at: sequence, into: &effects)
            accepted = sequence
        }
    }

    /// The digest to prepare next, if there is one that may be prepared.
    private mutating func acceptable(at sequence: Sequence, into effects: inout [Effect]) -> Digest? {
        if let fixed = reproposals.digest(at: sequence) {
            guard !isUnknown(fixed, at: sequence) else { return nil }
            return rules.mayPrepare(bodiesHeld: slots[sequence].isHeld(fixed)) ? fixed : nil
        }
        let primary = primary(in: view, at: sequence)
        if let offer = slots[sequence].offer(in: view, from: primary),
            let content = slots[sequence].content(offer.digest)
        {
            let isTimely = rules.isTimely(content.proposal.time, wall: now.wall, drift: configuration.drift)
            return isTimely && rules.mayPrepare(bodiesHeld: content.bodies == .held) ? offer.digest : nil
        }
        if primary == id { requestBatch(at: sequence, into: &effects) }
        return nil
    }
}
