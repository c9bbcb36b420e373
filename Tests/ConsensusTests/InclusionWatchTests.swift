import Consensus
import Primitives
import Simulator
import Testing

/// Rule 25, the host's part: what is told again, and what is overdue.
@Suite struct InclusionWatchTests {
    private let first = Transactions.reference(id: 1, encoding: 0)
    private let turn = Turn(view: .first, number: 0)
    private let idle = InclusionWatchTests.standing(accepted: 1, offered: 1)

    private static func standing(certified: UInt64? = nil, accepted: UInt64, offered: UInt64) -> ReplicaStanding {
        ReplicaStanding(
            turn: Turn(view: .first, number: 0),
            certified: Sequence(certified ?? accepted),
            accepted: Sequence(accepted),
            offered: Sequence(offered),
            window: 16
        )
    }

    private func watch(roomy: UInt64 = 4, total: UInt64 = 20) -> InclusionWatch {
        InclusionWatch(.init(roomy: roomy, total: total, heartbeat: 400, viewTimeout: 1000), turnLength: 100)
    }

    private func waiting(isProposed: Bool = false, isOwn: Bool = true) -> [InclusionWatch.Waiting] {
        [InclusionWatch.Waiting(first, isProposed: isProposed, isOwn: isOwn)]
    }

    private func pass(
        _ heights: ClosedRange<UInt64>,
        _ watch: inout InclusionWatch,
        isFull: Bool = false,
        view: UInt64 = 0,
        proposer: Int? = 0
    ) {
        for height in heights {
            let block = BlockSummary(
                epoch: .first,
                height: Height(height),
                header: .zero,
                time: height,
                originView: View(view),
                proposer: proposer.map { ReplicaID($0) }
            )
            watch.saw(block, isFull: isFull)
        }
    }

    /// Looked at until it was told so often that blocks count.
    private func told(isOwn: Bool = true) -> InclusionWatch {
        var watch = watch()
        pass(1...1, &watch)
        _ = watch.look(at: waiting(isOwn: isOwn), idle, now: 0)
        pass(2...2, &watch)
        for _ in 0..<3 { #expect(watch.look(at: waiting(isOwn: isOwn), idle, now: 0) == [first]) }
        return watch
    }

    @Test("what waits from one look to the next is told again; what others admitted, once a batch had room for it")
    func telling() {
        var watch = watch()
        #expect(watch.look(at: waiting(), idle, now: 0).isEmpty)
        #expect(watch.look(at: waiting(), idle, now: 0) == [first])
        var others = self.watch()
        #expect(others.look(at: waiting(isOwn: false), idle, now: 0).isEmpty)
        pass(1...3, &others, isFull: true)
        #expect(others.look(at: waiting(isOwn: false), idle, now: 0).isEmpty)
        pass(4...4, &others)
        #expect(others.look(at: waiting(isOwn: false), idle, now: 0) == [first])
        #expect(others.look(at: waiting(isOwn: false), idle, now: 0) == [first])
    }

    @Test("a batch with room may pass it over W times after it was told, and once more is too often")
    func roomy() {
        var watch = told()
        pass(3...6, &watch)
        #expect(!watch.isOverdue(in: turn))
        pass(7...7, &watch)
        #expect(watch.isOverdue(in: turn))
    }

    @Test("blocks count only after it was told several times")
    func early() {
        var watch = watch()
        for _ in 0..<3 { _ = watch.look(at: waiting(), idle, now: 0) }
        pass(1...50, &watch)
        #expect(!watch.isOverdue(in: turn))
        _ = watch.look(at: waiting(), idle, now: 0)
        #expect(!watch.isOverdue(in: turn))
    }

    @Test("full batches may pass it over until a full pool is empty")
    func full() {
        var watch = told()
        pass(3...22, &watch, isFull: true)
        #expect(!watch.isOverdue(in: turn))
        pass(23...23, &watch, isFull: true)
        #expect(watch.isOverdue(in: turn))
    }

    @Test("each turn begins anew, in a new view as well, and null batches are nobody's")
    func turns() {
        var watch = told()
        pass(96...102, &watch)
        let next = Turn(view: .first, number: 1)
        #expect(!watch.isOverdue(in: turn) && !watch.isOverdue(in: next), "three blocks of the new turn")
        pass(103...107, &watch, proposer: nil)
        #expect(!watch.isOverdue(in: next))
        pass(108...109, &watch)
        #expect(watch.isOverdue(in: next))
        pass(110...110, &watch, view: 1)
        #expect(!watch.isOverdue(in: next) && !watch.isOverdue(in: Turn(view: View(1), number: 1)))
    }

    @Test("what is proposed is not told, and nothing to complain of; what is gone is forgotten")
    func proposed() {
        var watch = told()
        pass(3...9, &watch)
        #expect(watch.look(at: waiting(isProposed: true), idle, now: 0).isEmpty)
        #expect(!watch.isOverdue(in: turn))
        #expect(watch.look(at: waiting(), idle, now: 0) == [first])
        #expect(watch.isOverdue(in: turn), "it was given back")
        #expect(watch.look(at: [], idle, now: 0).isEmpty)
        #expect(!watch.isOverdue(in: turn) && watch.count == 0)
    }

    /// Looks once a second, as long as nothing is overdue; how often that was.
    private func looks(waiting: [InclusionWatch.Waiting], _ standing: (UInt64) -> ReplicaStanding) -> Int {
        var watch = watch(roomy: .max, total: .max)
        for count in 0..<UInt64(60) {
            _ = watch.look(at: waiting, standing(count), now: 1000 * count)
            if watch.isOverdue(in: turn) { return Int(count) }
        }
        return 60
    }

    @Test(
        "a primary that lets all wait is overdue after two view timeouts; a quick one, or one with a full window, never"
    )
    func slow() {
        // Looked at, told twice, and then 900 ms late each second.
        let slow: (UInt64) -> ReplicaStanding = { Self.standing(accepted: $0, offered: $0) }
        #expect(looks(waiting: waiting(), slow) == 4)
        #expect(looks(waiting: waiting()) { _ in Self.standing(accepted: 5, offered: 5) } == 4)
        #expect(looks(waiting: waiting()) { Self.standing(accepted: 10 * $0, offered: 10 * $0) } == 60)
        #expect(looks(waiting: waiting(isProposed: true), slow) == 60)
        #expect(looks(waiting: [], slow) == 60)
        // The window is full of what the others have not executed, or not accepted for want of time.
        #expect(looks(waiting: waiting()) { Self.standing(certified: $0, accepted: $0 + 15, offered: $0 + 16) } == 60)
        #expect(looks(waiting: waiting()) { Self.standing(accepted: 16 * $0, offered: 16 * $0 + 16) } == 60)
    }

    @Test("proposals whose bodies are withheld are none")
    func withheld() {
        #expect(looks(waiting: waiting()) { Self.standing(accepted: $0, offered: $0 + 16) } == 4)
    }

    @Test("while a view or an epoch ends nobody is slow")
    func ending() {
        let ending = looks(waiting: waiting()) { _ in
            var standing = Self.standing(accepted: 1, offered: 1)
            standing.window = 0
            return standing
        }
        #expect(ending == 60)
    }
}
