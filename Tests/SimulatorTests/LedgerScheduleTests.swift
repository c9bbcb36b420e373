import Consensus
import Primitives
import Simulator
import Testing

/// Schedules in which every replica has the product's store, executor and contracts, on a disk that fails. Their number is
/// fixed; `LEDGER=1 make simulate` runs any number more.
@Suite struct LedgerScheduleTests {
    #if DEBUG
        static let budget: UInt64 = 1
    #else
        static let budget: UInt64 = 4
    #endif

    @Test(
        "whatever happens to disks and network, ledgers come out byte for byte the same, nothing final is lost, and proofs verify",
        arguments: 1...7
    )
    func schedules(replicas: Int) {
        var tally = Tally()
        let first = 200_000 + UInt64(replicas) * 1000
        for seed in first..<first + Self.budget {
            var schedule = Schedule(seed: seed, replicas: [replicas], usesLedger: true)
            let outcome = schedule.run()
            tally.add(outcome)
            #expect(outcome.heights >= Schedule.leastHeights && outcome.faults >= Schedule.leastFaults)
            guard let violation = outcome.violation else { continue }
            Issue.record("\(violation)\n\(Replay(seed: seed, settings: ["REPLICAS=\(replicas)", "LEDGER=1"]))")
        }
        // Calls that work, calls that fail, and what was sent again.
        #expect(tally.done > 0 && tally.failed > 0 && tally.dropped > 0)
    }

    @Test("validators change through governance, and proofs lead from genesis over the epochs")
    func epochs() {
        var tally = Tally()
        for seed in 300_000..<300_000 + 2 * Self.budget {
            var schedule = Schedule(seed: seed, replicas: [4], reconfigures: true, usesLedger: true)
            let outcome = schedule.run()
            tally.add(outcome)
            guard let violation = outcome.violation else { continue }
            Issue.record("\(violation)\n\(Replay(seed: seed, settings: ["REPLICAS=4", "RECONFIGURE=1", "LEDGER=1"]))")
        }
        #expect(tally.epochs > 0)
    }

    private func world(seed: UInt64) -> World {
        var options = Options()
        options.fragile = [ReplicaID(3)]
        options.usesLedger = true
        return World(seed: seed, options: options)
    }

    /// Runs until so many blocks more are final.
    private func progress(_ world: World, by blocks: UInt64) -> Bool {
        let target = world.checker.finalTop.number + blocks
        world.run(until: world.now + 60_000) { world.checker.finalTop.number < target }
        return world.checker.finalTop.number >= target && world.checker.violation == nil
    }

    @Test(
        "a replica whose state differs in one row stops with a report, and the others go on",
        arguments: 1...4 as ClosedRange<UInt64>
    )
    func divergence(seed: UInt64) throws {
        let world = world(seed: seed)
        world.start()
        try #require(progress(world, by: 10), "\(world.checker.violation ?? "no progress")")
        let odd = world.hosts[3]
        world.crash(odd, losing: false)
        try #require(world.changeRow(of: odd, isUsed: true))
        world.restart(odd)
        world.run(until: world.now + 60_000) { odd.reports.isEmpty }
        let report = try #require(odd.reports.first)
        #expect(report.hasPrefix("diverged at height"), "\(report)")
        #expect(!odd.isUp)
        #expect(progress(world, by: 10), "\(world.checker.violation ?? "no progress")")
    }

    @Test(
        "the audit finds a single row that nobody else has, and nothing where there is none",
        arguments: [false, true]
    )
    func audit(isChanged: Bool) throws {
        let world = world(seed: 2)
        world.start()
        try #require(progress(world, by: 10))
        #expect(world.audit() == nil)
        world.crash(world.hosts[3], losing: false)
        if isChanged { try #require(world.changeRow(of: world.hosts[3], isUsed: true, isKnown: false)) }
        world.restart(world.hosts[3])
        let failure = world.audit()
        #expect(
            isChanged ? failure?.hasPrefix("DIFFERENCE in state") == true : failure == nil,
            "\(failure ?? "nothing")"
        )
    }

    @Test("with no row changed nobody stops")
    func control() throws {
        let world = world(seed: 1)
        world.start()
        try #require(progress(world, by: 10))
        world.crash(world.hosts[3], losing: false)
        world.restart(world.hosts[3])
        #expect(progress(world, by: 30))
        #expect(world.hosts.allSatisfy { $0.reports.isEmpty && $0.isUp })
    }
}
