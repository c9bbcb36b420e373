import Consensus
import Primitives
import Simulator
import Testing

/// Liveness in virtual time, with the timers of production: figures for docs/protocol.md, and bounds that must hold.
@Suite struct RecoveryTests {
    private func world(_ replicas: Int, seed: UInt64 = 1) -> World {
        var options = Options()
        options.replicas = replicas
        options.window = 16
        options.turn = 8
        options.usesProductionTimers = true
        return World(seed: seed, options: options)
    }

    /// Runs until all running correct replicas certified so many blocks more; nil if that takes too long.
    private func progress(_ world: World, by blocks: UInt64, within limit: UInt64) -> UInt64? {
        let begin = world.now
        let target = world.checker.finalTop.number + blocks
        func isThere() -> Bool {
            world.correct.allSatisfy { ($0.replica?.certified.number ?? .max) >= target }
        }
        world.run(until: begin + limit) { !isThere() }
        return isThere() && world.checker.violation == nil ? world.now - begin : nil
    }

    @Test("n replicas from 1 to 31 order and certify", arguments: [1, 2, 3, 4, 7, 13, 31])
    func sizes(replicas: Int) {
        let world = world(replicas)
        world.start()
        let time = progress(world, by: 40, within: 60_000)
        #expect(time != nil, "\(world.checker.violation ?? "no progress")")
    }

    @Test("with the primary gone, a new view certifies within its timeout and a little more", arguments: [4, 7, 13])
    func primaryGone(replicas: Int) throws {
        let world = world(replicas)
        world.start()
        _ = try #require(progress(world, by: 3, within: 20_000))
        let replica = try #require(world.hosts[0].replica)
        let next = Sequence(replica.certified).advanced(by: 2)
        let primary = replica.primary(in: replica.view, at: next)
        world.crash(world.hosts[primary.index], losing: true)
        let time = try #require(progress(world, by: 4, within: 30_000))
        let configuration = world.hosts[0].configuration
        #expect(time < 2 * configuration.viewTimeout)
        print("n = \(replicas): \(time) ms until four more blocks were certified without their primary")
    }

    @Test("a validator that stays away costs view changes at first and hardly any later (rule 10)")
    func excludesTheAbsent() throws {
        let world = world(4)
        world.start()
        _ = try #require(progress(world, by: 3, within: 20_000))
        world.crash(world.hosts[2], losing: false)
        _ = try #require(progress(world, by: 100, within: 200_000))
        let before = try #require(world.hosts[0].replica?.view.number)
        let top = world.checker.finalTop.number
        _ = try #require(progress(world, by: 200, within: 300_000))
        let after = try #require(world.hosts[0].replica?.view.number)
        // Once in each exclusion of 64 blocks it has its turn again, and a view change passes one or two leaders.
        #expect(after - before <= 2 * (200 / 64 + 1), "\(after - before) views above \(top)")
    }

    @Test("after a partition of any length all converge, with nobody restarting anything", arguments: [4, 7, 13])
    func partition(replicas: Int) throws {
        let world = world(replicas)
        world.start()
        _ = try #require(progress(world, by: 3, within: 20_000))
        world.network.partition((1 << UInt64(replicas / 2)) - 1, of: replicas)
        world.run(until: world.now + 600_000)
        world.network.heal()
        let configuration = world.hosts[0].configuration
        let time = try #require(progress(world, by: 20, within: 4 * configuration.viewTimeoutCap))
        print("n = \(replicas): \(time) ms after ten minutes of partition until 20 blocks were certified")
    }

    @Test(
        "a replica that hears nothing, or that nobody hears, holds up nobody and comes back",
        arguments: [true, false]
    )
    func oneWay(isDeaf: Bool) throws {
        let world = world(4)
        world.start()
        _ = try #require(progress(world, by: 3, within: 20_000))
        let odd = ReplicaID(2)
        for host in world.hosts where host.id != odd {
            if isDeaf { world.network.cutLink(host.id, odd) } else { world.network.cutLink(odd, host.id) }
        }
        let before = world.checker.finalTop
        world.run(until: world.now + 120_000)
        #expect(world.checker.finalTop.number > before.number + 60)
        world.network.heal()
        _ = try #require(progress(world, by: 20, within: 120_000))
    }

    @Test("more than f may be down, for long; when they come back, the network goes on", arguments: [4, 7])
    func moreThanFDown(replicas: Int) throws {
        let world = world(replicas)
        world.start()
        _ = try #require(progress(world, by: 3, within: 20_000))
        for host in world.hosts.suffix(replicas - 2) { world.crash(host, losing: true) }
        world.run(until: world.now + 600_000)
        for host in world.hosts { world.restart(host) }
        let configuration = world.hosts[0].configuration
        _ = try #require(progress(world, by: 20, within: 4 * configuration.viewTimeoutCap))
    }

    @Test("a replica that was away for hundreds of blocks catches up and votes again")
    func catchesUp() throws {
        let world = world(4)
        world.start()
        world.crash(world.hosts[3], losing: false)
        _ = try #require(progress(world, by: 300, within: 500_000))
        world.restart(world.hosts[3])
        _ = try #require(progress(world, by: 5, within: 60_000))
        world.crash(world.hosts[1], losing: false)
        _ = try #require(progress(world, by: 5, within: 60_000), "its votes count: without them there is no quorum")
    }

    @Test(
        "who restarts votes after one round trip where all are up, within one repetition where all fell, and two where f are down",
        arguments: [4, 7, 13, 31]
    )
    func startToVote(replicas: Int) throws {
        let world = world(replicas)
        world.start()
        _ = try #require(progress(world, by: 3, within: 20_000))
        let host = world.hosts[0]
        func timeToVote() -> UInt64 {
            world.crash(host, losing: true)
            world.restart(host)
            #expect(host.replica?.mayVote == false)
            let begin = world.now
            world.run(until: begin + 60_000) { host.replica?.mayVote == false }
            return world.now - begin
        }
        let alone = timeToVote()
        #expect(alone <= 2 * UInt64(world.network.latency.upperBound))
        let faults = Quorum(replicas: replicas).faults
        for other in world.hosts.suffix(faults) { world.crash(other, losing: true) }
        let withFaults = timeToVote()
        #expect(withFaults <= 2 * host.configuration.repetition)
        for other in world.hosts { world.crash(other, losing: true) }
        for other in world.hosts { world.restart(other) }
        let begin = world.now
        world.run(until: begin + 60_000) { !world.hosts.allSatisfy { $0.replica?.mayVote == true } }
        let afterAll = world.now - begin
        // Who lacks the last blocks that another had certified fetches them first.
        #expect(afterAll <= host.configuration.repetition)
        _ = try #require(progress(world, by: 5, within: 60_000))
        print(
            "n = \(replicas): votes \(alone) ms after its start, \(withFaults) ms with f down, \(afterAll) ms after all fell"
        )
    }

    @Test("thousands of blocks leave the state as small as it was")
    func longRun() throws {
        let world = world(4)
        world.start()
        _ = try #require(progress(world, by: 400, within: 400_000))
        let early = world.checker.footprint
        _ = try #require(progress(world, by: 2000, within: 2_000_000))
        #expect(world.checker.footprint <= early + 64 * 4)
    }
}
