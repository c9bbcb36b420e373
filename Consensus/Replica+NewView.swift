import Primitives

// §4.4: entering a view.
extension Replica {
    /// The leader of the view names a quorum of VIEW-CHANGEs, once (rules 9, 18, 22).
    mutating func leadNewView(into effects: inout [Effect]) {
        guard !isActive, mayVote, view.leader(of: quorum.replicas) == id, led != view,
            rules.mayLead(view, restartedIn: restartView)
        else { return }
        let candidates = viewChanges.compactMap { $0 }.filter { $0.content.view == view }
        guard candidates.count >= rules.size(of: quorum), candidates.contains(where: { $0.content.sender == id })
        else { return }
        let others = candidates.filter { $0.content.sender != id }.prefix(rules.size(of: quorum) - 1)
        let chosen = candidates.filter { $0.content.sender == id || others.contains($0) }
        let content = NewView(
            epoch: epoch,
            view: view,
            viewChanges: chosen.map { ViewChangeName(sender: $0.content.sender, digest: $0.content.digest) },
            hashing: configuration.hashing
        )
        led = view
        ledViewChanges = chosen
        effects.append(.sign(.newView(content)))
    }

    mutating func onNewView(
        _ message: SignedNewView,
        from source: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        let content = message.content
        guard content.epoch == epoch else { throw .wrongEpoch }
        guard content.view > view || (content.view == view && !isActive) else { throw .oldView }
        try checkNames(content)
        guard !pending.contains(where: { $0.message.content == content }) else { throw .duplicate }
        let leader = content.view.leader(of: quorum.replicas)
        let found = content.viewChanges.map { known($0, in: content.view) }
        let entry = PendingNewView(message: message, source: source, viewChanges: found)
        if let index = pending.firstIndex(where: { $0.leader(of: quorum.replicas) == leader }) {
            // Of two for one view the later is kept: a faulty leader's first may name what nobody has.
            guard pending[index].message.content.view <= content.view else { throw .oldView }
            pending[index] = entry
        } else {
            pending.append(entry)
        }
        completePending(into: &effects)
        requestMissing(in: message.content, from: source, into: &effects)
    }

    /// A quorum of distinct validators, in order.
    private func checkNames(_ content: NewView) throws(Rejection) {
        var last = -1
        for name in content.viewChanges {
            guard name.sender.index > last, isMember(name.sender) else { throw .invalidViewChange }
            last = name.sender.index
        }
        guard content.viewChanges.count >= rules.size(of: quorum) else { throw .invalidViewChange }
    }

    private func known(_ name: ViewChangeName, in view: View) -> SignedViewChange? {
        let stored = viewChanges[name.sender.index]
        let candidates = (stored.map { [$0] } ?? []) + ledViewChanges
        return candidates.first { $0.content.digest == name.digest && $0.content.view == view }
    }

    /// True if a NEW-VIEW waits for this VIEW-CHANGE.
    mutating func fillPending(_ viewChange: SignedViewChange) -> Bool {
        var isNamed = false
        for index in pending.indices {
            let content = pending[index].message.content
            guard content.view == viewChange.content.view else { continue }
            for (position, name) in content.viewChanges.enumerated()
            where name.digest == viewChange.content.digest && name.sender == viewChange.content.sender
                && pending[index].viewChanges[position] == nil
            {
                pending[index].viewChanges[position] = viewChange
                isNamed = true
            }
        }
        return isNamed
    }

    /// Enters the highest view whose NEW-VIEW is complete; forgets those that have passed.
    mutating func completePending(into effects: inout [Effect]) {
        pending.removeAll { $0.message.content.view < view || ($0.message.content.view == view && isActive) }
        let complete = pending.filter { !$0.viewChanges.contains { $0 == nil } }
        guard let best = complete.max(by: { $0.message.content.view < $1.message.content.view }) else { return }
        enter(best.message, best.viewChanges.compactMap { $0 }, into: &effects)
    }

    func requestMissing(in content: NewView, from source: ReplicaID, into effects: inout [Effect]) {
        guard let entry = pending.first(where: { $0.message.content == content }), source != id else { return }
        let missing = zip(content.viewChanges, entry.viewChanges).filter { $0.1 == nil }.map(\.0.digest)
        guard !missing.isEmpty else { return }
        effects.append(.send(.request(.viewChanges(epoch, content.view, missing)), to: source))
    }

    /// Rule 22: what the named VIEW-CHANGEs prove is re-proposed; nobody needs to be believed about it.
    private mutating func enter(
        _ message: SignedNewView,
        _ viewChanges: [SignedViewChange],
        into effects: inout [Effect]
    ) {
        if message.content.view > view { viewTimer.onViewChange() }
        view = message.content.view
        isActive = true
        newView = AcceptedNewView(message: message, viewChanges: viewChanges)
        reproposals = rules.reproposals(from: viewChanges, above: configuration.start, originView: originView)
        accepted = max(reproposals.base, Sequence(certified))
        requested = nil
        ledViewChanges = []
        pending.removeAll { $0.message.content.view <= view }
        for sequence in slots.sequences { slots[sequence].isContentRequested = false }
        if rules.writesNewView { persist(.newView(message, viewChanges), into: &effects) }
        effects.append(.cancelTimer(.heartbeat))
        effects.append(.view(epoch, view, isActive: true))
        setViewTimer(into: &effects)
        for viewChange in viewChanges {
            guard let certificate = viewChange.content.certificate, !isStopped else { continue }
            note(certificate, from: viewChange.content.sender, into: &effects)
        }
        guard !isStopped else { return }
        acquireOffers(into: &effects)
        advance(into: &effects)
    }

    /// The origin view of a prepared batch, where its content is known. Only a broken rule asks for it.
    func originView(of vote: Vote) -> View? {
        guard slots.contains(vote.sequence) else { return nil }
        return slots[vote.sequence].content(vote.digest)?.proposal.originView
    }
}

extension PendingNewView {
    func leader(of replicas: Int) -> ReplicaID { message.content.view.leader(of: replicas) }
}
