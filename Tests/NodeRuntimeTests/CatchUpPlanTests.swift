import Consensus
import NodeRuntime
import Primitives
import Testing

/// Whom a node asks that is behind, and what lies, silence and lateness do to it.
@Suite struct CatchUpPlanTests {
    private func plan() -> CatchUpPlan { CatchUpPlan(own: ReplicaID(2), replicas: 4) }

    @Test("it asks from the next height on, fetches ahead of execution, and stops at the target")
    func straight() {
        var plan = plan()
        #expect(
            plan.want(Height(100), from: ReplicaID(1), executed: Height(10)) == .ask(ReplicaID(1), from: Height(11))
        )
        #expect(plan.expects(from: Height(11), of: ReplicaID(1)))
        #expect(plan.accepted(through: Height(60), executed: Height(10)) == .ask(ReplicaID(1), from: Height(61)))
        // A second answer is held, a third is not asked for before the first has executed.
        #expect(plan.accepted(through: Height(90), executed: Height(10)) == .none)
        #expect(plan.executed(through: Height(60), isPeersFault: false) == .ask(ReplicaID(1), from: Height(91)))
        #expect(plan.accepted(through: Height(100), executed: Height(60)) == .none)
        #expect(plan.executed(through: Height(90), isPeersFault: false) == .none)
        #expect(plan.target == Height(100))
        #expect(plan.executed(through: Height(100), isPeersFault: false) == .none)
        #expect(plan.target == nil && plan.abandonedPeers == 0)
    }

    @Test("while it is held, because a snapshot is being taken, it asks for nothing; then it goes on")
    func held() {
        var plan = plan()
        let executed = Height(10)
        #expect(plan.want(Height(100), from: ReplicaID(1), executed: executed) == .ask(ReplicaID(1), from: Height(11)))
        plan.hold()
        #expect(plan.accepted(through: Height(60), executed: executed) == .none)
        #expect(plan.want(Height(200), from: ReplicaID(1), executed: executed) == .none)
        #expect(plan.executed(through: Height(60), isPeersFault: false) == .none)
        #expect(plan.target == Height(200))
        #expect(plan.release(executed: Height(60)) == .ask(ReplicaID(1), from: Height(61)))
    }

    @Test("late answers, answers of other peers and answers from another height are not expected")
    func strangers() {
        var plan = plan()
        #expect(!plan.expects(from: Height(11), of: ReplicaID(1)))
        _ = plan.want(Height(100), from: ReplicaID(1), executed: Height(10))
        #expect(!plan.expects(from: Height(11), of: ReplicaID(3)))
        #expect(!plan.expects(from: Height(12), of: ReplicaID(1)))
        let round = plan.round
        #expect(plan.timedOut(round, executed: Height(10)) == .ask(ReplicaID(3), from: Height(11)))
        #expect(!plan.expects(from: Height(11), of: ReplicaID(1)))
        // The timer of the request before means nothing any more.
        #expect(plan.timedOut(round, executed: Height(10)) == .none)
        #expect(plan.expects(from: Height(11), of: ReplicaID(3)))
    }

    @Test("peers that answer nothing or lies are asked once each, then the plan pauses: no tight loop")
    func useless() {
        var plan = plan()
        var step = plan.want(Height(50), from: ReplicaID(0), executed: Height(5))
        for round in 0..<10 {
            var asked: [Int] = []
            while case .ask(let peer, from: Height(6)) = step {
                asked.append(peer.index)
                step = plan.rejected(executed: Height(5))
            }
            #expect(asked == [0, 1, 3], "round \(round)")
            #expect(step == .pause)
            // More wishes do not end the pause.
            #expect(plan.want(Height(60), from: ReplicaID(1), executed: Height(5)) == .none)
            step = plan.timedOut(plan.round, executed: Height(5))
        }
        #expect(plan.abandonedPeers == 30)
    }

    @Test("blocks that do not execute as their header says lead to another peer, from the height that was reached")
    func liar() {
        var plan = plan()
        _ = plan.want(Height(100), from: ReplicaID(1), executed: Height(10))
        #expect(plan.accepted(through: Height(60), executed: Height(10)) == .ask(ReplicaID(1), from: Height(61)))
        #expect(plan.executed(through: Height(30), isPeersFault: true) == .ask(ReplicaID(3), from: Height(31)))
        #expect(!plan.expects(from: Height(61), of: ReplicaID(1)))
        #expect(plan.accepted(through: Height(100), executed: Height(30)) == .none)
        #expect(plan.executed(through: Height(100), isPeersFault: false) == .none)
        #expect(plan.target == nil)
    }

    @Test("a chain that got there by itself needs no more blocks")
    func overtaken() {
        var plan = plan()
        _ = plan.want(Height(12), from: ReplicaID(1), executed: Height(10))
        plan.reached(Height(12))
        #expect(plan.target == nil)
        #expect(plan.timedOut(plan.round, executed: Height(12)) == .none)
        #expect(plan.want(Height(20), from: ReplicaID(0), executed: Height(15)) == .ask(ReplicaID(0), from: Height(16)))
    }

    @Test("of two validators the other one is asked again and again, with pauses")
    func pair() {
        var plan = CatchUpPlan(own: ReplicaID(0), replicas: 2)
        #expect(plan.want(Height(9), from: ReplicaID(0), executed: .genesis) == .ask(ReplicaID(1), from: Height(1)))
        #expect(plan.rejected(executed: .genesis) == .pause)
        #expect(plan.timedOut(plan.round, executed: .genesis) == .ask(ReplicaID(1), from: Height(1)))
    }
}
