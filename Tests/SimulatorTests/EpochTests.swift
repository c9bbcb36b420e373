import Consensus
import Primitives
import Simulator
import Testing

/// Rule 26 with whole networks: validators come, go and get new keys while the chain runs.
@Suite struct EpochTests {
    private func world(_ replicas: Int, candidates: Int = 1, seed: UInt64 = 1) -> World {
        var options = Options()
        options.replicas = replicas
        options.candidates = candidates
        options.window = 4
        let world = World(seed: seed, options: options)
        world.start()
        return world
    }

    private func epoch(_ world: World) -> UInt64 {
        world.correct.compactMap { $0.replica?.epoch.number }.min() ?? 0
    }

    /// Runs until all hosts that run are in the epoch and certified so many blocks more, observers too.
    private func reaches(_ epoch: UInt64, blocks: UInt64 = 10, in world: World, within limit: UInt64 = 120_000) -> Bool
    {
        func isThere(_ height: UInt64) -> Bool {
            self.epoch(world) >= epoch && world.hosts.allSatisfy { ($0.replica?.certified.number ?? .max) >= height }
        }
        world.run(until: world.now + limit) { !isThere(1) }
        let target = world.checker.finalTop.number + blocks
        world.run(until: world.now + limit) { !isThere(target) }
        return isThere(target) && world.checker.violation == nil
    }

    @Test("from one validator to 31 and back, with every key new in the end")
    func growsAndShrinks() throws {
        let world = world(1, candidates: 30)
        var serial: UInt64 = 0
        func change(_ kind: Change.Kind, _ hosts: Range<Int>) throws {
            world.wishes = hosts.map { host in
                serial += 1
                return Change(kind, ReplicaID(host), serial: serial)
            }
            world.run(until: world.now + 60_000) { !world.wishes.isEmpty }
            try #require(reaches(epoch(world) + 1, blocks: 6, in: world), "\(world.checker.violation ?? "\(hosts)")")
        }
        func voters() -> Int { world.hosts.count { $0.replica?.mayVote ?? false } }
        var count = 1
        for next in [2, 3, 4, 5, 7, 13, 31] {
            try change(.add, count..<next)
            #expect(voters() == next)
            count = next
        }
        try change(.rekey, 0..<31)
        var first = 0
        for next in [9, 21, 27, 28, 30] {
            try change(.remove, first..<next)
            #expect(voters() == 31 - next)
            first = next
        }
        #expect(world.hosts[30].replica?.id == ReplicaID(0))
    }

    @Test("several changes before a boundary take effect together, and one that is taken back makes no epoch")
    func together() throws {
        let world = world(4, candidates: 2)
        world.wishes = [Change(.add, ReplicaID(4), serial: 1), Change(.remove, ReplicaID(0), serial: 2)]
        world.run(until: world.now + 60_000) { !world.wishes.isEmpty }
        try #require(reaches(1, in: world))
        let members = try #require(world.hosts[5].replica?.configuration.replicas)
        let epochs = epoch(world)
        #expect(epochs <= 2 && members == 4, "\(epochs), \(members), \(world.wishes)")
        world.wishes = [Change(.add, ReplicaID(5), serial: 3)]
        world.run(until: world.now + 60_000) { !world.wishes.isEmpty }
        world.wishes = [Change(.remove, ReplicaID(5), serial: 4)]
        try #require(reaches(epochs, blocks: 30, in: world))
        #expect(world.hosts[5].replica?.mayVote == false)
    }

    @Test("with four validators and one down, a fifth that follows can be added without a halt (failures.md 14)")
    func addsWhileOneIsDown() throws {
        let world = world(4)
        try #require(reaches(0, blocks: 5, in: world))
        world.crash(world.hosts[2], losing: true)
        world.wishes = [Change(.add, ReplicaID(4), serial: 1)]
        try #require(reaches(1, in: world))
        world.crash(world.hosts[0], losing: false)
        world.restart(world.hosts[2])
        #expect(reaches(1, in: world), "it was away over the boundary; the fifth's vote makes the quorum")
    }

    @Test("a validator that lost its journal is silent until the boundary that gives it a new key (rule 20)")
    func newKey() throws {
        let world = world(4)
        try #require(reaches(0, blocks: 5, in: world))
        world.hosts[3].wipe()
        world.restart(world.hosts[3])
        try #require(reaches(0, in: world))
        #expect(world.hosts[3].replica?.mayVote == false)
        world.wishes = [Change(.add, ReplicaID(4), serial: 1)]
        try #require(reaches(1, in: world))
        #expect(world.hosts[3].replica?.mayVote == false, "silence passes the boundary with the key")
        world.wishes = [Change(.rekey, ReplicaID(3), serial: 2)]
        try #require(reaches(2, in: world))
        #expect(world.hosts[3].replica?.mayVote == true)
        world.crash(world.hosts[0], losing: false)
        #expect(reaches(2, in: world), "its votes count: with one of five down, all others are a quorum")
    }

    @Test("whoever slept through many epochs walks them one by one, whether it is still a validator or not")
    func walksEpochs() throws {
        let world = world(5, candidates: 1)
        try #require(reaches(0, blocks: 5, in: world))
        world.crash(world.hosts[1], losing: true)
        world.crash(world.hosts[5], losing: true)
        for serial in 1...6 as ClosedRange<UInt64> {
            let change = Change(serial == 6 ? .remove : .rekey, ReplicaID(serial == 6 ? 1 : 2), serial: serial)
            world.wishes = [change]
            try #require(reaches(serial, blocks: 3, in: world))
        }
        world.restart(world.hosts[1])
        world.restart(world.hosts[5])
        #expect(reaches(6, in: world))
        #expect(world.hosts[1].replica?.mayVote == false)
    }

    @Test(
        "a power failure of all, at any moment around a boundary, is survived",
        arguments: 1...40 as ClosedRange<UInt64>
    )
    func powerFailure(seed: UInt64) throws {
        let world = world(4, seed: seed)
        world.wishes = [Change(.add, ReplicaID(4), serial: 1)]
        world.run(until: 60_000) { !world.wishes.isEmpty }
        world.run(until: world.now + 5 * seed)
        for host in world.hosts { world.crash(host, losing: true) }
        for host in world.hosts { world.restart(host) }
        // The change may have been lost, with blocks that nobody had certified: then it was no change.
        world.wishes = [Change(.rekey, ReplicaID(0), serial: 2)]
        #expect(reaches(1, in: world), "\(world.checker.violation ?? "no progress")")
    }

    @Test("random schedules that change the validators", arguments: [1, 2, 3, 4, 7, 13, 31])
    func schedules(replicas: Int) {
        var epochs: UInt64 = 0
        for seed in 0..<UInt64(replicas > 7 ? 4 : 20) {
            var schedule = Schedule(seed: 90_000_000 + seed, replicas: [replicas], reconfigures: true)
            let outcome = schedule.run()
            epochs += outcome.epochs
            if let violation = outcome.violation { Issue.record("seed \(seed): \(violation)") }
        }
        #expect(epochs > 0)
    }
}
