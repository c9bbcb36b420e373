import Consensus
import Primitives
import Simulator
import Testing

/// Rule 25: complaints of a turn's owner.
@Suite struct InclusionTests {
    private func status(turn: UInt64?, view: UInt64 = 0) -> Message {
        .status(
            Status(
                epoch: .first,
                view: View(view),
                isActive: true,
                certified: .genesis,
                accepted: Sequence(0),
                isStalled: false,
                complaint: turn
            )
        )
    }

    /// Of which turns it complains to all.
    private func complaints(_ effects: [Effect]) -> [UInt64] {
        effects.compactMap { effect -> UInt64? in
            guard case .broadcast(.status(let status)) = effect else { return nil }
            return status.complaint
        }
    }

    private func isDemanded(_ effects: [Effect]) -> Bool {
        effects.contains { if case .complaint(_, _, isDemanded: true) = $0 { true } else { false } }
    }

    private let turn = Turn(view: .first, number: 0)

    @Test("what the host finds overdue goes into STATUS at once, and takes nobody out of the view")
    func own() {
        var bench = Bench.started()
        let effects = bench.step(.overdue(turn))
        #expect(complaints(effects) == [0])
        #expect(effects.contains(.complaint(turn, of: ReplicaID(0), isDemanded: false)))
        #expect(bench.step(.overdue(turn)).isEmpty, "said once, and then with each STATUS")
        #expect(complaints(bench.step(.timer(.repetition))) == [0])
        #expect(bench.replica.view == .first && bench.replica.isActive && bench.effects.drafts.isEmpty)
    }

    @Test("a complaint is taken back when the transaction was ordered")
    func takenBack() {
        var bench = Bench.started()
        bench.step(.overdue(turn))
        bench.step(.overdue(nil))
        #expect(complaints(bench.step(.timer(.repetition))).isEmpty)
        // The peer takes its own back as well: two complaints were never there at one time.
        bench.receive(status(turn: 0), from: 2)
        bench.receive(status(turn: nil), from: 2)
        bench.receive(status(turn: 0), from: 3)
        #expect(bench.replica.view == .first)
    }

    @Test("f others are not believed; f + 1 are, and what they say is repeated", arguments: [4, 7, 10, 13])
    func repeated(replicas: Int) {
        var bench = Bench.started(1, of: replicas)
        let faults = Quorum(replicas: replicas).faults
        for peer in 2..<(2 + faults) { #expect(bench.receive(status(turn: 0), from: peer).isEmpty) }
        let effects = bench.receive(status(turn: 0), from: 2 + faults)
        #expect(complaints(effects) == [0])
        // Of four, two others and this one are a quorum already.
        #expect(isDemanded(effects) == (replicas == 4))
    }

    @Test("a quorum of complaints ends the view", arguments: [4, 5, 6, 7, 10, 13])
    func demanded(replicas: Int) {
        var bench = Bench.started(1, of: replicas)
        bench.step(.overdue(turn))
        let quorum = Quorum(replicas: replicas)
        for peer in 2..<quorum.size { bench.receive(status(turn: 0), from: peer) }
        #expect(bench.replica.view == .first, "one is missing")
        let effects = bench.receive(status(turn: 0), from: quorum.size)
        #expect(isDemanded(effects) && bench.replica.view == View(1) && !bench.replica.isActive)
        let told = effects.position { if case .broadcast(.status) = $0 { true } else { false } }
        let left = effects.position { if case .sign(.viewChange) = $0 { true } else { false } }
        #expect(told >= 0 && told < left, "the last complaint leaves with the VIEW-CHANGE")
    }

    @Test("f faulty ones and one correct one are no quorum", arguments: [4, 7, 10, 13])
    func oneCorrect(replicas: Int) {
        var bench = Bench.started(1, of: replicas)
        bench.step(.overdue(turn))
        let faults = Quorum(replicas: replicas).faults
        for peer in 2..<(2 + faults) { bench.receive(status(turn: 0), from: peer) }
        #expect(bench.replica.view == .first && bench.replica.isActive)
    }

    @Test("complaints of other turns and other views do not count")
    func others() {
        var bench = Bench.started()
        bench.step(.overdue(turn))
        for peer in [0, 2, 3] {
            bench.receive(status(turn: 1), from: peer)
            bench.receive(status(turn: 0, view: 1), from: peer)
            bench.receive(status(turn: .max, view: .max), from: peer)
        }
        #expect(bench.replica.view == .first)
        #expect(bench.step(.overdue(Turn(view: View(1), number: 0))).rejections == [.oldView])
    }

    @Test("whoever has left the view complains no less")
    func left() {
        var bench = Bench.started()
        bench.step(.overdue(turn))
        bench.receive(.viewChange(bench.viewChange(1, by: 2)), from: 2)
        #expect(bench.replica.view == .first)
        bench.receive(status(turn: 0), from: 3)
        #expect(bench.replica.view == View(1))
    }

    @Test("nobody complains of itself, nor at the end of a turn, nor without a vote")
    func notWorthIt() {
        var owner = Bench.started(0)
        #expect(owner.step(.overdue(turn)).rejections == [.notRequested])
        var late = Bench.started(1, adjust: { $0.turn = 4 })
        late.certify(1)
        #expect(late.step(.overdue(turn)).rejections == [.notRequested])
        var observer = Bench.started(4, adjust: { $0.mayVote = false })
        #expect(observer.step(.overdue(turn)).rejections == [.oldView])
        for peer in [1, 2, 3] { observer.receive(status(turn: 0), from: peer) }
        #expect(observer.replica.view == .first && observer.effects.drafts.isEmpty)
    }
}
