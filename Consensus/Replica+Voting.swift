import Primitives

// §4.2, "prepare" and "commit".
extension Replica {
    mutating func prepare(_ digest: Digest, at sequence: Sequence, into effects: inout [Effect]) {
        let vote = persistPrepare(digest, at: sequence, into: &effects)
        effects.append(.sign(.prepare(vote)))
        tryPrepared(at: sequence, into: &effects)
    }

    /// Rule 15: proposal and vote are in the log before PREPARE leaves; the vote's sync carries the proposal.
    mutating func persistPrepare(_ digest: Digest, at sequence: Sequence, into effects: inout [Effect]) -> Vote {
        let vote = Vote(epoch: epoch, view: view, sequence: sequence, digest: digest)
        precondition(slots[sequence].voted.map { $0.view < view } ?? true, "one PREPARE per view and sequence")
        if let content = slots[sequence].content(digest), !content.isWritten {
            let proposer = content.proposal.proposer
            let offer = slots[sequence].offers.first { $0.proposer == proposer && $0.digest == digest }
            persist(.proposal(content.proposal, proposer == id ? nil : offer?.signature), into: &effects)
            slots[sequence].markWritten(digest)
        }
        persist(.prepare(vote), into: &effects)
        slots[sequence].voted = vote
        journalReach.voted(vote)
        return vote
    }

    mutating func onPrepare(
        _ vote: Vote,
        _ signature: Signature,
        from sender: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        try checkPosition(vote.epoch, vote.sequence)
        let entry = VoteBook.Entry(replica: sender, view: vote.view, digest: vote.digest, signature: signature)
        let voted = slots[vote.sequence].voted?.view
        switch slots[vote.sequence].prepares.record(entry, current: view, own: voted) {
        case .counted: break
        case .duplicate: throw .duplicate
        case .stale: throw .oldView
        case .conflict(let other):
            let first = Vote(epoch: epoch, view: other.view, sequence: vote.sequence, digest: other.digest)
            accuse(sender, .prepare, (first, other.signature), (vote, signature), &effects)
            throw .equivocation
        }
        tryPrepared(at: vote.sequence, into: &effects)
        advance(into: &effects)
    }

    /// Rule 12: a quorum of PREPAREs that match the own one make the prepared certificate; durable, it allows COMMIT.
    mutating func tryPrepared(at sequence: Sequence, into effects: inout [Effect]) {
        guard let vote = slots[sequence].voted, mayVote(in: vote.view) else { return }
        if let prepared = slots[sequence].prepared, prepared.vote.view >= vote.view { return }
        let size = rules.size(of: quorum)
        let signatures = slots[sequence].prepares.signatures(in: vote.view, for: vote.digest, limit: size)
        guard signatures.count >= size else { return }
        let certificate = PreparedCertificate(vote: vote, signatures: signatures)
        slots[sequence].prepared = certificate
        persist(.prepared(certificate), into: &effects)
        effects.append(.sign(.commit(vote)))
        tryCommitted(at: sequence)
    }

    mutating func onCommit(_ vote: Vote, from sender: ReplicaID, into effects: inout [Effect]) throws(Rejection) {
        try checkPosition(vote.epoch, vote.sequence)
        let prepared = slots[vote.sequence].prepared?.vote.view
        let counted = rules.counted(commit: vote, view: prepared ?? view)
        let entry = VoteBook.Entry(replica: sender, view: counted.view, digest: vote.digest, signature: nil)
        switch slots[vote.sequence].commits.record(entry, current: view, own: prepared) {
        case .counted: break
        case .duplicate: throw .duplicate
        case .stale: throw .oldView
        case .conflict: throw .equivocation
        }
        tryCommitted(at: vote.sequence)
        advance(into: &effects)
    }

    /// Rule 13: committed is an own prepared certificate and a quorum of COMMITs of its view and digest.
    mutating func tryCommitted(at sequence: Sequence) {
        guard slots[sequence].committed == nil, let vote = slots[sequence].prepared?.vote else { return }
        let count = slots[sequence].commits.count { $0.view == vote.view && $0.digest == vote.digest }
        guard count >= rules.size(of: quorum) else { return }
        slots[sequence].committed = vote.digest
    }
}
