import Primitives

// §4.2: the primary. It proposes one sequence after another, without waiting for their votes, up to the window.
extension Replica {
    mutating func requestBatch(at sequence: Sequence, into effects: inout [Effect]) {
        guard requested != sequence else { return }
        requested = sequence
        effects.append(.requestBatch(view, sequence))
        effects.append(.setTimer(.heartbeat, deadline: deadline(after: patience)))
    }

    /// How long to wait for something to propose. Up to a boundary no longer than one heartbeat in all (rule 8): the next
    /// validators wait for it.
    private var patience: UInt64 {
        boundary == nil ? configuration.heartbeat : configuration.heartbeat / windowSize
    }

    mutating func onBatch(
        _ view: View,
        _ sequence: Sequence,
        _ references: [Digest],
        into effects: inout [Effect]
    ) throws(Rejection) {
        guard view == self.view, sequence == requested, isNextToPropose(sequence) else { throw .notRequested }
        guard references.count <= configuration.batchLimit else { throw .tooLarge }
        propose(references, at: sequence, into: &effects)
        advance(into: &effects)
    }

    /// Rule 8: an empty batch is better than silence, which the others would take for a fault.
    mutating func onHeartbeat(into effects: inout [Effect]) throws(Rejection) {
        guard let sequence = requested, isNextToPropose(sequence) else { throw .notRequested }
        propose([], at: sequence, into: &effects)
        advance(into: &effects)
    }

    private func isNextToPropose(_ sequence: Sequence) -> Bool {
        isActive && mayVote && sequence == accepted.advanced(by: 1) && sequence <= lastOrdered
            && slots.contains(sequence) && sequence > reproposals.last && slots[sequence].voted?.view != view
            && primary(in: view, at: sequence) == id
    }

    /// One sync covers proposal and own vote: the record of the vote says "I proposed this" too (rule 15).
    private mutating func propose(_ references: [Digest], at sequence: Sequence, into effects: inout [Effect]) {
        requested = nil
        let proposal = Proposal(
            epoch: epoch,
            sequence: sequence,
            originView: view,
            proposer: id,
            time: now.wall,
            references: references,
            hashing: configuration.hashing
        )
        let content = Content(proposal: proposal, bodies: .held)
        slots[sequence].add(content, keeping: proposal.digest, limit: contentLimit)
        let vote = persistPrepare(proposal.digest, at: sequence, into: &effects)
        effects.append(.sign(.prePrepare(proposal)))
        effects.append(.sign(.prepare(vote)))
        accepted = sequence
    }
}
