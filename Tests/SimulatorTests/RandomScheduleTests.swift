import Consensus
import Primitives
import Simulator
import Testing

/// A fixed budget of random schedules; `make simulate SEED=… MINUTES=…` runs any number more.
@Suite struct RandomScheduleTests {
    #if DEBUG
        static let budget = 8
    #else
        static let budget = 100
    #endif

    /// Runs schedules of one size; the first violation names its seed, which `simulate` replays.
    private func run(_ replicas: [Int], from first: UInt64, count: Int) -> Tally {
        var tally = Tally()
        for seed in first..<first + UInt64(count) {
            var schedule = Schedule(seed: seed, replicas: replicas)
            let outcome = schedule.run()
            tally.add(outcome)
            #expect(outcome.heights >= Schedule.leastHeights && outcome.faults >= Schedule.leastFaults, "seed \(seed)")
            if let violation = outcome.violation {
                let settings = replicas.count == 1 ? ["REPLICAS=\(replicas[0])", "LEDGER=0"] : ["LEDGER=0"]
                Issue.record("\(violation)\n\(Replay(seed: seed, settings: settings))")
                break
            }
        }
        return tally
    }

    @Test("four replicas agree, keep their votes and recover, whatever f do", arguments: 0..<8 as Range<UInt64>)
    func four(part: UInt64) {
        let tally = run([4], from: 1_000_000 * (part + 1), count: Self.budget)
        #expect(tally.schedules == Self.budget)
    }

    @Test("so do other numbers of replicas", arguments: [1, 2, 3, 5, 6, 7, 10])
    func others(replicas: Int) {
        let tally = run([replicas], from: 50_000_000, count: replicas > 7 ? Self.budget / 4 : Self.budget / 2)
        #expect(tally.schedules > 0)
    }

    @Test("so does every number of replicas up to 31", arguments: Schedule.all)
    func all(replicas: Int) {
        let tally = run([replicas], from: 55_000_000 + UInt64(replicas), count: 1)
        #expect(tally.schedules == 1)
    }

    @Test("memory stays within window times replicas")
    func bounded() {
        let tally = run(Schedule.mixed, from: 70_000_000, count: Self.budget / 2)
        #expect(tally.footprint < 2 * 16 * 10 * 7)
    }
}
