package import Primitives

/// One event that the replica reacts to.
package enum Input: Hashable, Sendable {
    /// Once, before any other input: the replica sets its timers and repeats what its journal says it had sent.
    case start

    /// A message whose `checks(from:chain:replicas:)` all hold. `from` is the channel's peer; for the own messages
    /// that the host loops back after signing them it is the own id.
    case message(Message, from: ReplicaID)

    /// The answer to `Effect.requestBatch`, whose view and sequence it repeats: references to propose, perhaps none.
    /// Their bodies are in the host's hands, written to the journal's log like those of an acquired proposal.
    case batch(View, Sequence, [Digest])

    /// The answer to `Effect.acquire`: every body is here and valid at the proposal's sequence, and the bodies were
    /// written (synced or not) to the log that carries the journal, so that the next synced record carries them too.
    case acquired(Sequence, Digest)

    /// The other answer to `Effect.acquire`: the proposal breaks a rule, whatever else arrives. It gets no vote.
    case refused(Sequence, Digest)

    /// The answer to `Effect.execute`, and, block by block, to `Effect.executePrepared` where it was kept.
    case executed(BlockSummary)

    /// The answer to `Effect.executePrepared` where the last header was another than the certified one: nothing
    /// was kept. The height is the certified one that was asked for.
    case discarded(Height)

    /// A block that the host took from a peer, proved by a certificate of it or of a descendant, executed and stored.
    /// The certificate is given where there is one of exactly this block; of a chain of blocks at least the last
    /// has one.
    case installed(BlockSummary, Certificate?)

    /// A timer set by `Effect.setTimer` is due. Late is fine; never before its deadline.
    case timer(Timer)

    /// A channel to a peer is open, for the first time or again: what was sent into the old one may be lost.
    case connected(ReplicaID)

    /// What `InclusionWatch` says of the present turn, at each repetition: its owner has left out what it could have
    /// ordered. Nil takes an earlier complaint back.
    case overdue(Turn?)
}

/// The replica's timers; each kind runs at most once at a time.
package enum Timer: Hashable, Sendable, CaseIterable {
    /// Liveness (§4.5.2): nothing was certified for too long, or no NEW-VIEW came.
    case view
    /// The primary proposes an empty batch rather than nothing (rule 8).
    case heartbeat
    /// STATUS, and whatever has to be repeated.
    case repetition
}
