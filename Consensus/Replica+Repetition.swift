import Primitives

// What is lost is asked for again, and what others lack is sent again: a healed partition converges with nobody
// restarting anything (rule 24).
extension Replica {
    func status(isStalled: Bool) -> Status {
        Status(
            epoch: epoch,
            view: view,
            isActive: isActive,
            certified: certified,
            accepted: accepted,
            isStalled: isStalled,
            complaint: complaint
        )
    }

    /// Nothing was certified for longer than heartbeats explain.
    var isStalled: Bool {
        let quiet = now.monotonic > lastProgress ? now.monotonic - lastProgress : 0
        return quiet >= configuration.heartbeat.addingReportingOverflow(configuration.repetition).partialValue
    }

    mutating func onRepetition(into effects: inout [Effect]) {
        effects.append(.setTimer(.repetition, deadline: deadline(after: configuration.repetition)))
        effects.append(.broadcast(.status(status(isStalled: isStalled))))
        repeatQuestion(into: &effects)
        weighComplaints(into: &effects)
        if !isActive, mayVote { repeatViewChange(into: &effects) }
        for entry in pending {
            let attempt = quorum.replicas == 1 ? id : nextPeer(after: entry.source)
            requestMissing(in: entry.message.content, from: attempt, into: &effects)
        }
        for sequence in slots.sequences { slots[sequence].isContentRequested = false }
        acquireOffers(into: &effects)
        advance(into: &effects)
        if executed == executedAtRepetition {
            executeFromCertificate(into: &effects)
            catchUp(into: &effects)
        }
        executedAtRepetition = executed
    }

    /// The own VIEW-CHANGE again, with a higher height where there is one.
    private mutating func repeatViewChange(into effects: inout [Effect]) {
        guard let own = viewChanges[id.index], own.content.view == view, base(of: own.content) == certified else {
            return sendViewChange(into: &effects)
        }
        effects.append(.broadcast(.viewChange(own)))
    }

    /// Asks the host for the blocks up to the highest certificate known: first of whoever showed it, then of the
    /// others in turn, since a peer that shows a certificate may withhold its block.
    mutating func catchUp(into effects: inout [Effect]) {
        guard let target, target.certificate.height > executed, Sequence(target.certificate.height) > issued,
            quorum.replicas > 1
        else { return }
        var peer = ReplicaID((target.source.index + catchUpAttempts) % quorum.replicas)
        if peer == id { peer = nextPeer(after: peer) }
        catchUpAttempts = (catchUpAttempts + 1) % quorum.replicas
        effects.append(.catchUp(to: target.certificate.height, from: peer))
    }

    /// Some peer, another one at each repetition.
    private func nextPeer(after peer: ReplicaID) -> ReplicaID {
        let turn = Int(now.monotonic / max(1, configuration.repetition) % UInt64(quorum.replicas))
        let next = ReplicaID((peer.index + turn) % quorum.replicas)
        return next == id ? ReplicaID((next.index + 1) % quorum.replicas) : next
    }

    mutating func onConnected(_ peer: ReplicaID, into effects: inout [Effect]) throws(Rejection) {
        guard isMember(peer), peer != id else { throw .unknownSender }
        effects.append(.send(.status(status(isStalled: true)), to: peer))
        if voice != .silent { ask(peer, into: &effects) }
        if !isActive, mayVote, let own = viewChanges[id.index], own.content.view == view {
            effects.append(.send(.viewChange(own), to: peer))
        }
    }

    /// One at each repetition, and some for connections that come and go.
    private static let statusesPerRepetition = 4

    /// Sends a peer what its STATUS says it lacks: a certificate, the NEW-VIEW, proposals, own votes. Who is in a later
    /// epoch than this replica answers this one's STATUS with the way there.
    mutating func onStatus(_ status: Status, from peer: ReplicaID, into effects: inout [Effect]) {
        guard peer != id else { return }
        keepComplaint(of: status, from: peer)
        weighComplaints(into: &effects)
        let mayAsk = statusBudgets[peer.index].spend(
            now: now.monotonic,
            interval: configuration.repetition,
            limit: Replica.statusesPerRepetition
        )
        guard mayAsk else { return }
        guard status.epoch >= epoch else {
            effects.append(.handOver(status.epoch, to: peer))
            return
        }
        guard status.epoch == epoch else { return }
        // Also one whose block is not here yet: it may be all that is known of a final block, which those who have executed
        // it lack to serve it, and those who have prepared it to execute it (rule 19).
        if let certificate = target?.certificate ?? certificate, status.certified < certificate.height {
            effects.append(.send(.certificate(certificate), to: peer))
        }
        if isActive, let newView, status.view < view || (status.view == view && !status.isActive) {
            effects.append(.send(.newView(newView.message), to: peer))
        }
        guard status.isStalled else { return }
        for sequence in slots.sequences where sequence > Sequence(status.certified) {
            repeatVotes(at: sequence, for: status, to: peer, into: &effects)
        }
    }

    private func repeatVotes(
        at sequence: Sequence,
        for status: Status,
        to peer: ReplicaID,
        into effects: inout [Effect]
    ) {
        let slot = slots[sequence]
        if let entry = slot.attestations.entry(of: id, in: .first), let signature = entry.signature {
            let attestation = Attestation(epoch: epoch, height: sequence.height, header: entry.digest)
            effects.append(.send(.attest(attestation, signature), to: peer))
        }
        guard isActive, status.view == view, status.isActive else { return }
        if sequence > status.accepted, let voted = slot.voted, voted.view == view,
            let offer = slot.offers.first(where: { $0.view == view && $0.digest == voted.digest }),
            let content = slot.content(offer.digest)
        {
            effects.append(.send(.prePrepare(content.proposal, offer.signature), to: peer))
        }
        if let entry = slot.prepares.entry(of: id, in: view), let signature = entry.signature {
            let vote = Vote(epoch: epoch, view: view, sequence: sequence, digest: entry.digest)
            effects.append(.send(.prepare(vote, signature), to: peer))
        }
        if let entry = slot.commits.entry(of: id, in: view) {
            effects.append(
                .send(
                    .commit(Vote(epoch: epoch, view: view, sequence: sequence, digest: entry.digest)),
                    to: peer
                )
            )
        }
    }

    mutating func onRequest(
        _ request: Request,
        from peer: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        let mayAsk = requestBudgets[peer.index].spend(
            now: now.monotonic,
            interval: configuration.repetition,
            limit: 2 * (configuration.window + quorum.replicas)
        )
        guard mayAsk else { throw .tooOften }
        switch request {
        case .testimony(let epoch, let question):
            guard epoch == self.epoch else { throw .wrongEpoch }
            guard peer != id else { throw .wrongSender }
            onQuestion(question, from: peer, into: &effects)
        case .proposal(let epoch, let sequence, let digest):
            try checkPosition(epoch, sequence)
            guard let content = slots[sequence].content(digest) else { throw .notFound }
            effects.append(.send(.proposal(content.proposal), to: peer))
        case .viewChanges(let epoch, let view, let digests):
            guard epoch == self.epoch else { throw .wrongEpoch }
            guard digests.count <= quorum.replicas else { throw .tooLarge }
            let held = (newView?.viewChanges ?? []) + ledViewChanges + viewChanges.compactMap { $0 }
            let found = held.filter { $0.content.view == view && digests.contains($0.content.digest) }
            guard !found.isEmpty else { throw .notFound }
            var sent: [Digest] = []
            for viewChange in found where !sent.contains(viewChange.content.digest) {
                sent.append(viewChange.content.digest)
                effects.append(.send(.viewChange(viewChange), to: peer))
            }
        }
    }
}
