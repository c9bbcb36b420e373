import Ledger
import NodeRuntime
import Primitives
import Testing

/// Whom a node asks for which part of a snapshot, and what lies, silence and lateness do to it.
@Suite struct SnapshotPlanTests {
    private let one = SnapshotTask.state(.root, from: 0)
    private let other = SnapshotTask.blocks(from: Height(5), isWhole: true)

    @Test("sources are asked for different parts at once, and what a part leaves missing is asked for next")
    func straight() {
        var plan = SnapshotPlan([one, other], sources: [1, 2, 3])
        #expect(plan.next(for: 1) == .ask(other))
        #expect(plan.next(for: 2) == .ask(one))
        let below = (0..<3).map { SnapshotTask.state(StatePath.root.child($0), from: 0) }
        plan.taken(one, from: 2, next: below)
        #expect(plan.next(for: 2) == .ask(below[2]))
        #expect(plan.next(for: 3) == .ask(below[1]))
        plan.taken(other, from: 1, next: [])
        #expect(plan.next(for: 1) == .ask(below[0]))
        #expect(!plan.isDone)
        for (source, task) in [(1, below[0]), (2, below[2]), (3, below[1])] { plan.taken(task, from: source, next: []) }
        #expect(plan.isDone && !plan.isStuck && plan.abandoned == 0)
        #expect(plan.next(for: 1) == .leave)
    }

    @Test("the slowest source holds nothing up: another one is asked for the same, and the first answer counts")
    func slow() {
        var plan = SnapshotPlan([one], sources: [1, 2, 3])
        #expect(plan.next(for: 1) == .ask(one))
        #expect(plan.next(for: 2) == .ask(one))
        #expect(plan.next(for: 3) == .wait, "two are enough")
        plan.taken(one, from: 2, next: [other])
        #expect(plan.next(for: 2) == .ask(other))
        // The slow one's answer comes too late and is nothing new.
        plan.taken(one, from: 1, next: nil)
        #expect(plan.next(for: 1) == .ask(other))
        plan.failed(other, from: 2, .stalled)
        #expect(plan.next(for: 3) == .ask(other), "one of the two who owed it has failed")
        plan.taken(other, from: 1, next: [])
        plan.taken(other, from: 3, next: nil)
        #expect(plan.isDone)
    }

    @Test("who lies is left at once and remembered; what it owed goes to another (failure 33)")
    func liar() {
        var plan = SnapshotPlan([one], sources: [1, 2])
        #expect(plan.next(for: 1) == .ask(one))
        plan.failed(one, from: 1, .lie)
        #expect(plan.next(for: 1) == .leave && plan.liars == [1] && plan.abandoned == 1)
        #expect(plan.next(for: 2) == .ask(one))
        plan.taken(one, from: 2, next: [])
        #expect(plan.isDone)
    }

    @Test("who withholds what it offered, or has changed its mind, is left but no liar (failures 23 and 33)")
    func withholding() {
        var plan = SnapshotPlan([one], sources: [1, 2])
        #expect(plan.next(for: 1) == .ask(one))
        plan.failed(one, from: 1, .withheld)
        #expect(plan.next(for: 1) == .leave && plan.liars.isEmpty)
        #expect(plan.next(for: 2) == .ask(one))
        plan.failed(one, from: 2, .withheld)
        #expect(plan.isStuck && !plan.isDone && plan.abandoned == 2)
    }

    @Test("who stalls is asked again, and left after some times in a row")
    func stalling() {
        var plan = SnapshotPlan([one], sources: [1])
        for round in 0..<2 {
            for _ in 1..<SnapshotPlan.patience {
                #expect(plan.next(for: 1) == .ask(one))
                plan.failed(one, from: 1, .stalled)
                #expect(!plan.isStuck)
            }
            #expect(plan.next(for: 1) == .ask(one))
            if round == 0 { plan.taken(one, from: 1, next: [one]) } else { plan.failed(one, from: 1, .stalled) }
        }
        #expect(plan.isStuck && plan.abandoned == 1 && plan.liars.isEmpty)
    }

    @Test("with nothing missing there is nothing to ask, with no source nobody to ask")
    func empty() {
        var plan = SnapshotPlan([], sources: [1])
        #expect(plan.isDone && plan.next(for: 1) == .leave)
        plan = SnapshotPlan([one], sources: [Int]())
        #expect(plan.isStuck && plan.next(for: 1) == .leave)
    }
}
