import Primitives

// Rule 25: who leaves out what it could order loses the rest of its turn. A complaint promises nothing, so whoever makes it
// in vain goes on voting; only a quorum of complaints makes a replica demand the next view. That takes f + 1 correct
// replicas, whose complaints all others see and repeat: nobody is left alone in the next view.
extension Replica {
    /// The turn of the next sequence to be accepted.
    package var turn: Turn { Turn(view: view, number: nextSequence.number / configuration.turn) }

    package var standing: ReplicaStanding {
        ReplicaStanding(
            turn: turn,
            certified: Sequence(certified),
            accepted: accepted,
            offered: offered,
            window: isActive && accepted < lastOrdered ? windowSize : 0
        )
    }

    private var offered: Sequence {
        var last = accepted
        while case let next = last.advanced(by: 1), next > last, next <= highWatermark, slots.contains(next),
            slots[next].offer(in: view, from: primary(in: view, at: next)) != nil
        {
            last = next
        }
        return last
    }

    private var nextSequence: Sequence { min(accepted.advanced(by: 1), highWatermark) }

    mutating func onOverdue(_ overdue: Turn?, into effects: inout [Effect]) throws(Rejection) {
        complaints[id.index] = nil
        guard let overdue else { return }
        guard mayVote, isActive, overdue == turn else { throw .oldView }
        guard primary(in: view, at: nextSequence) != id, isWorthComplaining else { throw .notRequested }
        complaints[id.index] = overdue
        weighComplaints(into: &effects)
    }

    /// At the end of a turn complaints would not reach everybody in time, and might hit the next owner.
    private var isWorthComplaining: Bool {
        let inFlight = accepted.distance(above: Sequence(certified))
        return nextSequence.number % configuration.turn + 2 * inFlight + 2 < configuration.turn
    }

    mutating func keepComplaint(of status: Status, from peer: ReplicaID) {
        guard status.epoch == epoch else { return }
        complaints[peer.index] = status.complaint.map { Turn(view: status.view, number: $0) }
    }

    /// The number of the present turn, if this replica complains of it.
    var complaint: UInt64? { complains ? turn.number : nil }

    private var complains: Bool {
        guard mayVote, isActive else { return false }
        let isOwn = complaints[id.index] == turn
        return rules.complains(onOwnAccount: isOwn, others: otherComplainers, quorum: quorum)
    }

    /// Whoever has left the view says no less.
    private var otherComplainers: Int {
        let turn = turn
        return (0..<quorum.replicas).count { index in
            guard index != id.index else { return false }
            return complaints[index] == turn || viewChanges[index].map { $0.content.view > view } ?? false
        }
    }

    /// After whatever may have added a complaint.
    mutating func weighComplaints(into effects: inout [Effect]) {
        guard complaints.contains(where: { $0 != nil }), complains, let next = view.next else { return }
        let turn = turn
        let isDemanded = rules.isDemanded(complainers: otherComplainers + 1, quorum: quorum)
        guard isDemanded || complained != turn else { return }
        complained = turn
        let owner = primary(in: view, at: nextSequence)
        effects.append(.complaint(turn, of: owner, isDemanded: isDemanded))
        // At once: who demands the next view says no more of this one.
        effects.append(.broadcast(.status(status(isStalled: isStalled))))
        if isDemanded { startViewChange(to: next, into: &effects) }
    }
}
