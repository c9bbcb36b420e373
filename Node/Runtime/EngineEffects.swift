internal import Consensus
internal import Ledger
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Primitives

/// What each effect of the replica means here. The order of effects is the contract (`Effect`).
extension Engine {
    func perform(_ effect: Effect) {
        switch effect {
        case .persist(let record, let synced): persist(record, synced: synced)
        case .sign(let draft): outbox.add(.sign(draft))
        case .send(let message, let peer): outbox.add(.send(message, to: peer))
        case .broadcast(let message): outbox.add(.broadcast(message))
        case .requestBatch(let view, let sequence): requestBatch(view, sequence)
        case .acquire(let proposal): acquire(proposal)
        case .forget(let sequence): acquisitions.forget(upTo: sequence)
        case .execute(let execution): execute([execution], header: nil)
        case .executePrepared(let executions, let header): execute(executions, header: header)
        case .certified(let certificate): certified(certificate)
        case .catchUp(let height, let peer): parts.catchUp.start(to: height, from: peer)
        case .setTimer(let timer, let deadline): setTimer(timer, deadline: deadline)
        case .cancelTimer(let timer): timers.removeValue(forKey: timer)?.cancel()
        case .handOver(let epoch, let peer): handOver(from: epoch, to: peer)
        case .epochEnded(let epoch): epochEnded(epoch)
        case .evidence(let evidence): keep(evidence)
        case .diverged(let divergence): diverged(divergence)
        case .silenced(let vote): silenced(vote)
        case .answered(let count): answered(count)
        case .complaint(let turn, let owner, let isDemanded):
            complained(of: turn, owner: owner, isDemanded: isDemanded)
        case .view(_, let view, let isActive): viewChanged(view, isActive: isActive)
        case .rejected(let rejection, let sender): count(rejection, from: sender)
        }
    }

    private func persist(_ record: JournalRecord, synced: Bool) {
        if case .proposal(let proposal, _) = record { keepOwnBodies(of: proposal) }
        parts.journal.append(.record(record))
        guard synced else { return }
        let ticket = outbox.issueTicket()
        parts.journal.sync { [weak self] in self?.enqueue { $0.journalReached(ticket) } }
    }

    /// Hands batches to the execution thread. `header`: keep them only if the last one has this digest (rule 19).
    private func execute(_ executions: [Execution], header: Digest?) {
        let work = executions.map { execution in
            ExecutionService.Work(
                epoch: execution.epoch.number,
                height: execution.sequence.height,
                batch: execution.batch,
                transactions: acquisitions.transactions(of: execution.batch.digest)
            )
        }
        let full = Set(executions.filter { isFull($0.batch) }.map(\.sequence.height))
        parts.execution.execute(work, expected: header) { [weak self] outcome in
            self?.enqueue { $0.finished(outcome, expected: executions.last?.sequence.height, full: full) }
        }
    }

    private func finished(_ outcome: ExecutionService.Outcome, expected height: Height?, full: Set<Height>) {
        switch outcome {
        case .executed(let blocks):
            for block in blocks {
                took(block)
                watch.saw(block.summary, isFull: full.contains(block.summary.height))
                step(.executed(block.summary))
            }
        case .discarded:
            if let height { step(.discarded(height)) }
        case .alreadyThere: break
        case .divergent(let own, let expected): diverged(own, expected: expected)
        case .failed(let reason): halt("execution failed: \(reason)")
        }
    }

    /// A block is on the own chain, by execution or by catching up: the pool and the waiting learn of it.
    func took(_ block: ExecutedSummary) {
        counters.executedBlocks += 1
        let expired = pool.finish(block.ids, at: block.summary.height)
        if !expired.isEmpty {
            parts.refusals.expired(expired)
            parts.hub.abandon(expired)
        }
        parts.gauge.update(waiting: pool.count(ofShare: own.index))
        sealIfDue()
        reportEquivocations()
    }

    private func certified(_ certificate: Consensus.Certificate) {
        counters.certifiedBlocks += 1
        let height = certificate.height
        // `final` is said once the certificate is written, so that whoever hears it can have the proof.
        parts.journal.append(
            .certificate(certificate) { [parts] in parts.execution.publish(upTo: height, to: parts.hub) }
        )
        parts.journal.append(.trim(upTo: height))
        acquisitions.forget(upTo: Sequence(height))
        parts.catchUp.reached(height)
    }

    /// The certificate of that epoch's last block: it leads a peer out of it (rule 26).
    private func handOver(from epoch: Epoch, to peer: ReplicaID) {
        parts.reading.submit { [parts] state in
            guard case .active = state, let end = try? parts.store.handover(from: epoch.number) else { return }
            parts.peers.send(.certificate(end.certificate.forConsensus(height: end.height)), to: peer)
        }
    }

    /// The next epoch has other validators, perhaps another index and key of ours: the node is put together anew from what
    /// the log holds, as after a restart, once the boundary's certificate is in it.
    private func epochEnded(_ epoch: Epoch) {
        logger.notice("epoch ended", metadata: ["epoch": "\(epoch.number)", "height": "\(replica.certified.number)"])
        let waiting = pool.oldest(ofShare: own.index, count: .max)
        let end = NodeEnd.epochEnded(waiting.map(\.bytes), hasVoted: replica.mayVote)
        stop()
        parts.journal.sync { [parts] in parts.end.raise(end) }
    }

    private func setTimer(_ timer: Consensus.Timer, deadline: UInt64) {
        timers.removeValue(forKey: timer)?.cancel()
        let (nanoseconds, overflow) = deadline.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return }
        timers[timer] = loop.scheduleTask(deadline: .uptimeNanoseconds(nanoseconds)) { [weak self] in
            self?.assumeIsolated { engine in
                engine.timers[timer] = nil
                engine.step(.timer(timer))
                if timer == .repetition { engine.lookAtPool() }
            }
        }
    }

    /// The own block, which is in the store, is not the certified one.
    private func diverged(_ divergence: Divergence) {
        stop()
        parts.reading.submit { [weak self, parts] state in
            guard case .active = state else { return }
            guard let own = try? parts.store.changes(at: divergence.height) else {
                self?.enqueue { $0.halt("diverged at height \(divergence.height.number), whose block cannot be read") }
                return
            }
            self?.enqueue { $0.diverged(own, expected: divergence.certified.header) }
        }
    }

    /// Consensus stops at once, the node when it has found out in what the two blocks differ.
    func diverged(_ own: BlockChanges, expected: Digest) {
        stop()
        logger.critical(
            "diverged; asking the others what their block did",
            metadata: ["height": "\(own.header.height.number)"]
        )
        parts.inquiry.begin(own: own, expected: expected) { [weak self] report in
            self?.enqueue { $0.halt(report.summary) }
        }
    }

    /// This node cannot go on without risk to what it keeps: it stops, keeps everything, and says why.
    func halt(_ reason: String) {
        logger.critical("the node stops: \(reason)")
        stop()
        parts.end.raise(.fault(reason))
    }

    private func silenced(_ vote: Vote) {
        parts.journal.append(.disowned)
        parts.journal.sync {}
        logger.critical(
            """
            a signature of this validator exists that its journal does not know: the journal was restored, wiped or \
            damaged. It votes no more and only follows, until it has a new consensus key
            """,
            metadata: ["sequence": "\(vote.sequence.number)", "view": "\(vote.view.number)"]
        )
    }

    private func answered(_ count: Int) {
        let text = "the journal knows all that others have seen of this validator's votes: it votes"
        logger.notice("\(text)", metadata: ["answers": "\(count)"])
    }

    private func viewChanged(_ view: View, isActive: Bool) {
        counters.viewChanges += isActive ? 0 : 1
        if !isActive || batchRequest.map({ $0.view < view }) == true {
            // The position was one of a view that has ended.
            batchRequest = nil
            cancelSealing()
        }
        if isActive { pool.release(above: Height(replica.certified.number)) }
        logger.info("view", metadata: ["view": "\(view.number)", "active": "\(isActive)"])
    }

    private func count(_ rejection: Rejection, from sender: ReplicaID?) {
        counters.rejections[rejection, default: 0] += 1
        logger.debug("rejected", metadata: ["why": "\(rejection)", "from": "\(sender.map { "\($0.index)" } ?? "-")"])
    }
}
