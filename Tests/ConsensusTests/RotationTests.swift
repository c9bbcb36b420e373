import Consensus
import Primitives
import Simulator
import Testing

/// Rules 9 and 10, quorums and timers.
@Suite struct RotationTests {
    func history(of replicas: Int = 4, turn: UInt64 = 2, window: Int = 2, exclusion: UInt64 = 20) -> History {
        var configuration = Configuration(
            id: ReplicaID(0),
            replicas: replicas,
            chain: .zero,
            hashing: Tokens.hashing
        )
        configuration.turn = turn
        configuration.window = window
        configuration.exclusion = exclusion
        return History(configuration)
    }

    func extend(_ history: inout History, to height: UInt64, originView: UInt64) {
        let next = (history.last?.height.number ?? 0) + 1
        guard next <= height else { return }
        for number in next...height {
            let block = BlockSummary(
                epoch: .first,
                height: Height(number),
                header: Tokens.digest(number, 0, 0, 0),
                time: number,
                originView: View(originView),
                proposer: nil
            )
            history.append(block, certified: Height(number))
        }
    }

    @Test("any two quorums meet in a correct replica, and the correct ones make a quorum", arguments: 1...100)
    func quorums(replicas: Int) {
        let quorum = Quorum(replicas: replicas)
        #expect(2 * quorum.size - replicas > quorum.faults)
        #expect(quorum.size <= replicas - quorum.faults)
    }

    @Test("every validator has its turn of R sequences", arguments: [1, 4, 5, 7, 31])
    func turns(replicas: Int) {
        let history = history(of: replicas, turn: 3)
        let owners = (0..<UInt64(3 * replicas)).map { history.primary(in: .first, at: Sequence($0)).index }
        #expect(owners == (0..<3 * replicas).map { $0 / 3 })
        #expect(history.primary(in: View(.max), at: Sequence(.max)).index < replicas)
    }

    @Test("a validator whose turn ended in a view change is left out for a while, W sequences later")
    func exclusion() {
        var history = history()
        extend(&history, to: 5, originView: 0)
        let failed = history.primary(in: .first, at: Sequence(6))
        extend(&history, to: 6, originView: 1)
        #expect(!history.activeSet(asOf: Height(6)).contains(failed))
        #expect(history.activeSet(asOf: Height(5)).count == 4)
        extend(&history, to: 40, originView: 1)
        for sequence in 8...25 as ClosedRange<UInt64> {
            #expect(history.primary(in: View(1), at: Sequence(sequence)) != failed)
        }
        #expect(history.activeSet(asOf: Height(30)).count == 4)
    }

    @Test("at most f validators are left out, the last ones", arguments: [4, 7, 10, 31])
    func atMostF(replicas: Int) {
        var history = history(of: replicas, turn: 1)
        for view in 0..<UInt64(3 * replicas) { extend(&history, to: view + 1, originView: view) }
        let active = history.activeSet(asOf: Height(UInt64(3 * replicas)))
        #expect(active.count >= replicas - Quorum(replicas: replicas).faults)
        #expect(active.count < replicas)
    }

    @Test("a replica that kept fewer old blocks computes the same primaries", arguments: 1...10 as ClosedRange<UInt64>)
    func sameForAll(seed: UInt64) {
        var random = Random(seed: seed)
        var long = history(of: 7)
        var short = history(of: 7)
        let span = 2 * 2 + 2 * 20 + 2
        var view: UInt64 = 0
        for number in 1...400 as ClosedRange<UInt64> {
            if random.percent(8) { view += UInt64(1 + random.below(3)) }
            extend(&long, to: number, originView: view)
            if number % 97 == 0 {
                short = history(of: 7)
                for block in long.blocks.suffix(span) { short.append(block, certified: block.height) }
            } else {
                short.append(long.blocks[long.blocks.count - 1], certified: Height(number))
            }
            for sequence in number + 1...number + 2 {
                #expect(
                    long.primary(in: View(view), at: Sequence(sequence))
                        == short.primary(in: View(view), at: Sequence(sequence))
                )
            }
        }
    }

    @Test("view timers double up to a cap and come back with progress (failures 8)")
    func timers() {
        var bench = Bench.started { configuration in
            configuration.viewTimeout = 1000
            configuration.viewTimeoutCap = 8000
        }
        func length(_ effects: [Effect]) -> UInt64 {
            let deadlines = effects.compactMap { effect -> UInt64? in
                if case .setTimer(.view, let deadline) = effect { deadline } else { nil }
            }
            return (deadlines.last ?? 0) - bench.now.monotonic
        }
        var lengths: [UInt64] = []
        for view in 1...30 as ClosedRange<UInt64> {
            let viewChanges = [0, 2, 3].map { bench.viewChange(view, by: $0) }
            var effects: [Effect] = []
            for viewChange in viewChanges {
                effects += bench.receive(.viewChange(viewChange), from: viewChange.content.sender.index)
            }
            effects += bench.receive(.newView(bench.newView(view, naming: viewChanges)), from: 2)
            lengths.append(length(effects))
        }
        #expect(lengths[0] >= 2000 && lengths[0] <= 2250)
        #expect(lengths.allSatisfy { $0 <= 9000 } && lengths[29] >= 8000)
        for height in 1...4 as ClosedRange<UInt64> {
            let effects = bench.step(.installed(bench.block(height), bench.certificate(height, Bench.header(height))))
            lengths.append(length(effects))
        }
        #expect(lengths[33] >= 1000 && lengths[33] <= 1125)
    }

    @Test("timers of replicas with different seeds differ")
    func jitter() {
        let deadlines = (0..<8).map { seed -> [Effect] in
            var bench = Bench(1) { $0.jitterSeed = UInt64(seed) }
            return bench.step(.start).filter { if case .setTimer(.view, _) = $0 { true } else { false } }
        }
        #expect(Set(deadlines).count > 4)
    }
}
