import Primitives

// §4.4 and §4.5.2: leaving a view.
extension Replica {
    /// The view timer starts again with each certified block, a little shorter than before.
    mutating func onProgress(into effects: inout [Effect]) {
        lastProgress = now.monotonic
        catchUpAttempts = 0
        viewTimer.onProgress()
        if isActive { setViewTimer(into: &effects) }
    }

    mutating func setViewTimer(into effects: inout [Effect]) {
        guard mayVote else { return }
        isViewTimerSet = true
        viewDeadline = viewTimer.deadline(from: now.monotonic)
        effects.append(.setTimer(.view, deadline: viewDeadline))
    }

    mutating func onViewTimer(into effects: inout [Effect]) {
        guard isViewTimerSet, mayVote, now.monotonic >= viewDeadline else { return }
        isViewTimerSet = false
        // At the last view there is nowhere to go; nothing forged gets a replica there (rule 23).
        guard let next = view.next else { return }
        startViewChange(to: next, into: &effects)
    }

    /// Stops voting in all lower views, durably, then says so (rules 14 and 16).
    mutating func startViewChange(to next: View, into effects: inout [Effect]) {
        precondition(next > view && mayVote, "views only rise, and only voters change them")
        view = next
        isActive = false
        newView = nil
        journalReach.promised(next)
        reproposals = .none
        requested = nil
        viewTimer.onViewChange()
        isViewTimerSet = false
        effects.append(.cancelTimer(.view))
        effects.append(.cancelTimer(.heartbeat))
        effects.append(.view(epoch, view, isActive: false))
        persist(.view(epoch, view), into: &effects)
        sendViewChange(into: &effects)
        timeOutWithQuorum(into: &effects)
        completePending(into: &effects)
    }

    /// The own VIEW-CHANGE with what is certified and prepared now; re-issued with a higher height it is no
    /// contradiction (rule 21).
    mutating func sendViewChange(into effects: inout [Effect]) {
        let content = ViewChange(
            epoch: epoch,
            view: view,
            sender: id,
            certificate: certificate?.epoch == epoch ? certificate : nil,
            prepared: slots.sequences.compactMap { slots[$0].prepared },
            hashing: configuration.hashing
        )
        effects.append(.sign(.viewChange(content)))
    }

    mutating func onViewChange(
        _ viewChange: SignedViewChange,
        from source: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        let content = viewChange.content
        guard content.epoch == epoch else { throw .wrongEpoch }
        guard rules.isValid(content, in: configuration, quorum: quorum) else { throw .invalidViewChange }
        for entry in content.prepared { accuse(by: entry, into: &effects) }
        if let certificate = content.certificate, certificate.height > certified {
            note(certificate, from: source, into: &effects)
            guard !isStopped else { return }
        }
        guard content.view >= view, !(content.view == view && isActive) else { throw .oldView }
        let isNew = keep(viewChange)
        let isNamed = fillPending(viewChange)
        guard isNew || isNamed else { throw .duplicate }
        joinOthers(into: &effects)
        timeOutWithQuorum(into: &effects)
        completePending(into: &effects)
        leadNewView(into: &effects)
    }

    /// The latest of each replica: the highest view, within it the highest certified height.
    private mutating func keep(_ viewChange: SignedViewChange) -> Bool {
        let content = viewChange.content
        if let other = viewChanges[content.sender.index]?.content {
            guard content.view >= other.view else { return false }
            guard content.view > other.view || content.certified > other.certified else { return false }
        }
        viewChanges[content.sender.index] = viewChange
        return true
    }

    private func claims(above view: View) -> [View] {
        viewChanges.compactMap { $0?.content }.filter { $0.sender != id && $0.view > view }.map(\.view)
    }

    mutating func joinOthers(into effects: inout [Effect]) {
        guard mayVote, let next = rules.viewToJoin(claims: claims(above: view), quorum: quorum), next > view else {
            return
        }
        startViewChange(to: next, into: &effects)
    }

    /// † Rule 24: views must not rise faster than a quorum can follow.
    mutating func timeOutWithQuorum(into effects: inout [Effect]) {
        guard !isActive, !isViewTimerSet, mayVote else { return }
        let count = viewChanges.count { $0.map { $0.content.view >= view } ?? false }
        guard rules.mayTimeOut(isActive: isActive, claimsAtOrAbove: count, quorum: quorum) else { return }
        setViewTimer(into: &effects)
    }
}
