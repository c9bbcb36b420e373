package import Primitives

/// What the replica asks of its host. **The order of effects is the contract**: anything that leaves (`sign`, `send`,
/// `broadcast`) leaves only after every synced `persist` before it, in this step and all earlier ones, is durable.
/// Everything else may be done at once. The host may step on while a sync is under way.
package enum Effect: Hashable, Sendable {
    /// Append to the journal, under `JournalRecord.key`. Unsynced records ride on the next synced one: after a crash
    /// the log is a prefix of what was written, which contains everything up to the last completed sync.
    case persist(JournalRecord, synced: Bool)

    /// When it may leave: sign the draft, send it to all other validators, **and** give the resulting message back as
    /// `Input.message(…, from: own id)`. Own votes count only through this way back (ARCHITECTURE.md).
    case sign(Draft)

    /// Send to one peer, as it stands. Losing it is allowed.
    case send(Message, to: ReplicaID)

    /// Send to all other validators, as it stands; not looped back.
    case broadcast(Message)

    /// The replica is primary at this position. Answer once with `Input.batch` as soon as there is something to
    /// propose or a deadline is due; an answer for a position that has passed is rejected and harms nothing. A new
    /// request replaces the one before.
    case requestBatch(View, Sequence)

    /// Find the bodies of the references (fetch what is missing, from several peers), check form, limits, validity
    /// window, and the signatures under the keys as of `sequence − W` (rules 5, 6). Answer with `Input.acquired` or
    /// `Input.refused`, in any order and at any time; where a body cannot be had there is no answer, and the view
    /// changes. A proposal that comes back in a later view may be asked for again: then answer again.
    case acquire(Proposal)

    /// Stop looking for bodies of proposals at or below this sequence.
    case forget(upTo: Sequence)

    /// Execute on top of the last block, in the order asked, and answer with `Input.executed`. Skip it silently
    /// where the chain already has this height, which happens when catching up overtook it. Never undone.
    case execute(Execution)

    /// Execute in order on top of the last block; keep all of it, atomically, only if the last header's digest is
    /// the given one, and then answer with `Input.executed` for each; else keep nothing and answer
    /// `Input.discarded` with the last height (rule 19). The batches are prepared, not committed. Skip it and answer
    /// `discarded` where the chain already has the first height.
    case executePrepared([Execution], header: Digest)

    /// The certificate of an own block: write it (unsynced, in its order, into the journal's log), publish the block
    /// as final. Heights ascend but may be skipped: a certificate proves all blocks below it. Journal entries with `JournalRecord.sequence` at or below this height
    /// may be deleted, in a write after the one that holds the certificate, in the same log.
    case certified(Certificate)

    /// A peer proved by a certificate that others are certified higher. Fetch certified blocks from the own height on,
    /// from this peer first, check that they prove themselves, execute and store them, and answer each with
    /// `Input.installed`. Asked again, perhaps with another peer, while nothing arrives; a second request replaces
    /// the first.
    case catchUp(to: Height, from: ReplicaID)

    /// Give `Input.timer` once the monotonic clock reaches this many milliseconds; replaces the timer of that kind.
    case setTimer(Timer, deadline: UInt64)

    case cancelTimer(Timer)

    /// A peer of an earlier epoch: send it that epoch's last block's certificate, which stands in the store. It proves
    /// itself under the validators that the peer knows, and leads it into the next epoch (rule 26).
    case handOver(Epoch, to: ReplicaID)

    /// The last block of this epoch is certified, and the replica takes no input any more. Messages of it that have not
    /// left need not leave. Once everything before this effect is in the log, synced or not, make a replica for the
    /// next epoch with the next validators, and start it (rule 26).
    case epochEnded(Epoch)

    /// Two signed statements of one validator that contradict each other: keep both (rule 28).
    case evidence(Evidence)

    /// The own block is not the one that a quorum certified: stop serving, keep everything, say so (rule 27). The
    /// replica rejects all further input.
    case diverged(Divergence)

    /// A signature of ours exists that the journal does not know: it was restored, wiped or damaged. The replica votes
    /// no more and only follows, until its organisation gives it a new key (rule 20). Say so to the operator.
    case silenced(Vote)

    /// So many others have said what they know of this replica's votes, and the journal knows all of it: from now on it
    /// votes (rule 20). For logs.
    case answered(by: Int)

    /// For metrics and logs: this replica complains of the owner of a turn, on the word of its host or of f + 1 others; and
    /// if a quorum does, it demands the next view (rule 25).
    case complaint(Turn, of: ReplicaID, isDemanded: Bool)

    /// For metrics and logs: the replica accepted the NEW-VIEW of this view, or with `false` waits for it.
    case view(Epoch, View, isActive: Bool)

    /// For metrics: an input was not accepted, and why. Nothing has changed.
    case rejected(Rejection, from: ReplicaID?)
}

/// Two statements, both signed by one validator, of which a correct one signs at most one.
package struct Evidence: Hashable, Sendable {
    package let first: SignatureCheck
    package let second: SignatureCheck

    package init(first: SignatureCheck, second: SignatureCheck) {
        self.first = first
        self.second = second
    }

    package var offender: ReplicaID { first.signer }
}

/// Two headers at one height: the own one and the certified one.
package struct Divergence: Hashable, Sendable {
    package let height: Height
    package let own: Digest
    package let certified: Certificate

    package init(height: Height, own: Digest, certified: Certificate) {
        self.height = height
        self.own = own
        self.certified = certified
    }
}
