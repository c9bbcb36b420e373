package import Consensus
import Primitives

/// One random run for rule 25: pools that differ, clients that submit to all validators, little or three times what can be
/// ordered, and primaries that are honest or have favourites. Trouble for a while, then a network that loses nothing but
/// gossip, in which every transaction that a correct validator admits must be ordered within the bound.
package struct InclusionSchedule {
    package struct Outcome: Sendable {
        package var violation: String?
        package var admitted = 0
        package var refused = 0
        /// The most sequences that a transaction waited, and what the bound was.
        package var longest: UInt64 = 0
        package var bound: UInt64 = 0
        package var heights: UInt64 = 0
        package var complaints = 0
        package var demands = 0
        package var isHonest = false
        package var isOverloaded = false
        package var fingerprint: UInt64 = 0
        package var trace: [String] = []
    }

    private struct Pending {
        let id: UInt64
        /// Certified when it was admitted, or when the network got well.
        let since: UInt64
    }

    private let world: World
    private var random: Random
    private let isHonest: Bool
    private let isOverloaded: Bool
    private var pending: [Pending] = []
    private var nextID: UInt64 = 1 << 20
    private var outcome = Outcome()

    private static let executionTime: UInt64 = 20
    private static let places = 24

    package init(
        seed: UInt64,
        rules: SafetyRules = SafetyRules(),
        hostMutations: HostMutations = [],
        isTraced: Bool = false
    ) {
        var random = Random(seed: seed)
        var options = Options()
        options.isCalm = true
        options.isTraced = isTraced
        options.replicas = random.pick([4, 4, 4, 5, 7, 10]) ?? 4
        options.window = 2 + random.below(3)
        options.turn = UInt64(16 * options.window + random.below(8))
        options.rules = rules
        options.hostMutations = hostMutations
        isHonest = seed % 2 == 0
        isOverloaded = random.percent(50)
        var members = (0..<options.replicas).map { ReplicaID($0) }
        random.shuffle(&members)
        if !isHonest { options.byzantine = Array(members.prefix(Quorum(replicas: options.replicas).faults)) }
        world = World(seed: random.next(), options: options)
        world.network.gossipDropPercent = random.percent(80) ? 30 : 0
        world.network.latency = 1...(1 + random.below(8))
        for index in world.rates.indices { world.rates[index] = UInt64(950 + random.below(101)) }
        for host in world.hosts {
            host.executionTime = InclusionSchedule.executionTime
            host.pool.capacity = InclusionSchedule.places
        }
        self.random = random
        chooseFavourites()
    }

    /// The faulty leave out what one correct validator, or each second account, sends.
    private mutating func chooseFavourites() {
        guard let victim = random.pick(world.correct)?.id else { return }
        let byAccount = random.percent(50)
        for host in world.hosts where host.isByzantine {
            host.overlooks = { reference, share in
                byAccount ? Transactions.id(of: reference) % 2 == 0 : share == victim || share == nil
            }
        }
    }

    /// Sequences from admission to order, with a good network: f turns of favourites, the rest of each until it is
    /// complained of, and a correct primary's pool.
    private var bound: UInt64 {
        let options = world.options
        let window = UInt64(options.window)
        let faults = UInt64(Quorum(replicas: options.replicas).faults)
        let batch = world.hosts[0].configuration.batchLimit
        let pool = UInt64((options.replicas * InclusionSchedule.places + batch - 1) / batch)
        // A repetition takes 60 ms of a clock that may be 5 % slow, a block at least its execution.
        let repetition = 60 * 106 / 100 / InclusionSchedule.executionTime + 1
        let isGoodGossip = world.network.gossipDropPercent == 0
        let hearing = repetition * (isGoodGossip ? 2 : 8)
        // Where gossip is lost, a transaction is told again once it is among the first of its share, and queues again.
        let correct = (isGoodGossip || !isOverloaded ? pool : 2 * pool) + window + hearing
        guard !isHonest else { return correct }
        guard !isOverloaded else { return faults * options.turn + correct }
        // Five looks and W + 1 blocks; at the end of a turn complaints are of no use.
        let complained = 6 * repetition + window + 1 + 2 * window + 2
        return faults * min(options.turn, complained) + correct
    }

    package mutating func run() -> Outcome {
        world.note("n=\(world.options.replicas) W=\(world.options.window) R=\(world.options.turn)")
        world.note("honest \(isHonest) overloaded \(isOverloaded) faulty \(world.options.byzantine.map(\.index))")
        world.start()
        trouble()
        prosper()
        outcome.violation = world.checker.violation
        outcome.bound = bound
        outcome.heights = world.checker.finalTop.number
        outcome.complaints = world.correct.map(\.complaints).reduce(0, +)
        outcome.demands = world.correct.map(\.demands).reduce(0, +)
        outcome.isHonest = isHonest
        outcome.isOverloaded = isOverloaded
        outcome.fingerprint = world.fingerprint
        outcome.trace = world.trace
        return outcome
    }

    /// Sides, one-way links and loss, for some time.
    private mutating func trouble() {
        let end = UInt64(random.below(4000))
        while world.now < end, world.checker.violation == nil {
            world.network.heal()
            switch random.below(4) {
            case 0: world.network.partition(random.next(), of: world.hosts.count)
            case 1: world.network.silence(random.next(), of: world.hosts.count)
            case 2: world.network.dropPercent = random.below(31)
            default: break
            }
            let next = min(end, world.now + 100 + UInt64(random.below(600)))
            while world.now < next, world.checker.violation == nil { live() }
        }
        world.network.heal()
        world.network.dropPercent = 0
    }

    private mutating func live() {
        submit()
        world.run(until: world.now + 10)
    }

    /// Until everybody works again, and then for twelve turns.
    private mutating func prosper() {
        let healed = world.now
        let recovered = world.checker.finalTop.number + 2 * UInt64(world.options.window)
        let limit = world.now + 60_000
        while world.now < limit, world.checker.violation == nil,
            !isSettled(above: recovered) || world.now < healed + 1000
        {
            live()
        }
        guard isSettled(above: recovered) else { return world.checker.fail("STALL in a good network") }
        let begin = world.checker.finalTop.number
        pending = pending.filter { world.heights[$0.id] == nil }.map { Pending(id: $0.id, since: begin) }
        let demandsBefore = world.correct.map(\.demands).reduce(0, +)
        let end = begin + 12 * world.options.turn
        let late = world.now + 400_000
        while world.checker.finalTop.number < end, world.checker.violation == nil, world.now < late {
            live()
            check()
        }
        if world.checker.finalTop.number < end { world.checker.fail("STALL in a good network") }
        let demands = world.correct.map(\.demands).reduce(0, +)
        if isHonest, demands > demandsBefore { world.checker.fail("COMPLAINT of an honest primary") }
    }

    private func isSettled(above height: UInt64) -> Bool {
        let views = Set(world.hosts.compactMap { $0.replica?.view })
        return views.count == 1
            && world.hosts.allSatisfy { $0.replica?.isActive == true && $0.replica?.certified.number ?? 0 >= height }
    }

    /// What comes in within 10 ms; a full share refuses.
    private mutating func submit() {
        let capacity = world.hosts[0].configuration.batchLimit
        let count = isOverloaded ? 3 * capacity * 10 / Int(InclusionSchedule.executionTime) : random.below(20) / 18
        for _ in 0..<count {
            guard let host = random.pick(world.correct) else { return }
            nextID += 1
            let reference = Transactions.reference(id: nextID, encoding: 0)
            guard host.admit(reference) else {
                outcome.refused += 1
                continue
            }
            host.hold([reference])
            world.broadcast(.gossip([reference]), from: host.id)
            outcome.admitted += 1
            pending.append(Pending(id: nextID, since: world.checker.finalTop.number))
        }
    }

    /// The checker of the bound.
    private mutating func check() {
        let bound = bound
        let top = world.checker.finalTop.number
        var open: [Pending] = []
        for entry in pending {
            let height = world.heights[entry.id]?.number
            let waited = (height ?? top) - min(height ?? top, entry.since)
            outcome.longest = max(outcome.longest, waited)
            if waited > bound {
                world.checker.fail("INCLUSION \(entry.id) waits for \(waited) sequences, bound \(bound)")
            }
            if height == nil { open.append(entry) }
        }
        pending = open
    }
}
