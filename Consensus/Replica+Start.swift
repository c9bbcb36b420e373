import Primitives

// A replica that restarts reads its journal and never contradicts it (rule 18).
extension Replica {
    /// A replica at genesis, or one that resumes from what its log holds.
    package init(_ configuration: Configuration, recovery: Recovery = Recovery()) {
        Replica.check(configuration)
        self.configuration = configuration
        quorum = Quorum(replicas: configuration.replicas)
        rules = configuration.rules
        epoch = configuration.epoch
        let asks = configuration.awaitsAnswers && configuration.replicas > 1 && rules.awaitsAnswers
        voice = configuration.mayVote ? (asks ? .asks : .votes) : .silent
        answers = Answers(replicas: configuration.replicas)
        sightings = Array(repeating: Sightings(), count: configuration.replicas)
        history = History(configuration)
        viewTimer = ViewTimer(configuration)
        viewChanges = Array(repeating: nil, count: configuration.replicas)
        statusBudgets = Array(repeating: PeerBudget(), count: configuration.replicas)
        requestBudgets = Array(repeating: PeerBudget(), count: configuration.replicas)
        // An observer has a place of its own, like a validator, behind those of all others.
        complaints = Array(repeating: nil, count: configuration.replicas + 1)
        certificate = recovery.certificate
        certified = recovery.certificate?.height ?? .genesis
        for block in recovery.blocks { history.append(block, certified: certified) }
        executed = history.last?.height ?? .genesis
        precondition(certified <= executed, "the log holds a block before its certificate")
        precondition(certified >= configuration.start, "an epoch begins with the last block of the one before")
        slots = SlotWindow(above: Sequence(certified), count: 2 * configuration.window)
        issued = Sequence(executed)
        executedAtRepetition = executed
        journalReach = JournalReach(
            certified: certified,
            executed: executed,
            records: recovery.records,
            epoch: epoch
        )
        for record in recovery.records { restore(record) }
        resumeView(recovery.records)
        for sequence in slots.sequences {
            slots[sequence].boundContents(keeping: reproposals.digest(at: sequence), limit: contentLimit)
        }
        rememberRecovered(recovery)
    }

    /// What our own host alone decides.
    private static func check(_ configuration: Configuration) {
        precondition(configuration.replicas >= 1 && configuration.replicas <= 64, "n is 1 to 64")
        precondition(configuration.window >= 1 && configuration.window <= 4096, "W is 1 to 4096")
        precondition(configuration.turn >= 1, "a turn has a sequence")
        precondition(configuration.exclusion <= 1 << 20, "the active set looks back over blocks that are kept")
        precondition(configuration.viewTimeoutCap <= 1 << 40, "timeouts are milliseconds")
        precondition(configuration.batchLimit >= 0, "the batch limit is a count")
        let isMember = configuration.id.index >= 0 && configuration.id.index < configuration.replicas
        precondition(isMember || !configuration.mayVote, "who votes has an index")
    }

    private mutating func restore(_ record: JournalRecord) {
        // What was promised in an earlier epoch binds nobody in this one, and all of it lies below.
        guard record.epoch == epoch else { return }
        if let view = record.view { self.view = max(self.view, view) }
        guard let sequence = record.sequence, sequence > slots.low else { return }
        guard slots.contains(sequence), sequence.distance(above: slots.low) <= windowSize else {
            // A vote above the window of the durable certificate: the log lost what this vote relied on (rule 17).
            voice = .silent
            return
        }
        switch record {
        case .proposal(let proposal, _):
            let content = Content(proposal: proposal, bodies: .held, isWritten: true)
            if slots[sequence].content(proposal.digest) == nil { slots[sequence].contents.append(content) }
        case .prepare(let vote):
            if let other = slots[sequence].voted, other.view >= vote.view { return }
            slots[sequence].voted = vote
        case .prepared(let certificate):
            if let other = slots[sequence].prepared, other.vote.view >= certificate.vote.view { return }
            slots[sequence].prepared = certificate
        case .view, .newView: break
        }
    }

    /// Active in the highest view of the journal only if its NEW-VIEW is there too; view 0 needs none.
    private mutating func resumeView(_ records: [JournalRecord]) {
        restartView = view
        isActive = view == .first
        accepted = Sequence(certified)
        for case .newView(let message, let viewChanges) in records
        where message.content.epoch == epoch && message.content.view == view {
            isActive = true
            newView = AcceptedNewView(message: message, viewChanges: viewChanges)
            reproposals = rules.reproposals(from: viewChanges, above: configuration.start, originView: originView)
            accepted = max(accepted, reproposals.base)
        }
    }

    mutating func start(into effects: inout [Effect]) {
        isStarted = true
        lastProgress = now.monotonic
        effects.append(.view(epoch, view, isActive: isActive))
        effects.append(.setTimer(.repetition, deadline: deadline(after: configuration.repetition)))
        if voice == .silent, configuration.mayVote { effects.append(.silenced(lastVote)) }
        if mayVote, rules.repeatsVotes { repeatJournal(into: &effects) }
        if isActive { setViewTimer(into: &effects) }
        effects.append(.broadcast(.status(status(isStalled: true))))
        if voice == .asks { askMissing(into: &effects) }
        advance(into: &effects)
    }

    /// Rule 18: what was sent above the certified height is sent and counted again.
    mutating func repeatJournal(into effects: inout [Effect]) {
        var height = certified
        while height < executed, height.number - certified.number < UInt64(slots.count) {
            height = height.advanced(by: 1)
            // A block that came from a peer was certified without us, and our journal could not vouch for an attestation.
            guard slots.contains(Sequence(height)), slots[Sequence(height)].voted != nil else { continue }
            attest(height, into: &effects)
        }
        guard isActive else { return sendViewChange(into: &effects) }
        for sequence in slots.sequences {
            guard let voted = slots[sequence].voted, voted.view == view else { continue }
            if let proposal = slots[sequence].content(voted.digest)?.proposal, proposal.proposer == id,
                proposal.originView == view
            {
                effects.append(.sign(.prePrepare(proposal)))
            }
            effects.append(.sign(.prepare(voted)))
            if slots[sequence].prepared?.vote == voted { effects.append(.sign(.commit(voted))) }
        }
    }

    private var lastVote: Vote {
        slots.sequences.compactMap { slots[$0].voted }.last
            ?? Vote(epoch: epoch, view: view, sequence: Sequence(certified), digest: Proposal.nullDigest)
    }

    func deadline(after interval: UInt64) -> UInt64 {
        let (sum, overflow) = now.monotonic.addingReportingOverflow(interval)
        return overflow ? .max : sum
    }
}
