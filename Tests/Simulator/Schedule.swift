package import Consensus
import Primitives

/// One random run: chaos for a while, then a good network, in which everything must converge and go on.
package struct Schedule {
    package let seed: UInt64
    private let world: World
    private var random: Random
    private var faults = 0
    /// Validators are added, removed and given new keys.
    private let reconfigures: Bool
    private var serial: UInt64 = 0
    private var wipes = 0
    private var damages = 0
    private var restores = 0
    private var image: (image: Host.Image, until: UInt64)?
    private let crashWeight: Int
    private let killWeight: Int
    private let byzantineWeight: Int
    private let timeoutWeight: Int
    private let duration: UInt64
    /// Hosts complain of turns for no reason, as faulty replicas do (rule 25).
    private let complains: Bool

    /// Numbers of replicas to choose from; four most often.
    package static let mixed = [4, 4, 4, 4, 5, 6, 7]
    /// All that the protocol allows.
    package static let all = Array(1...31)

    /// What a seed stands for where nobody says otherwise: one schedule in 256 has any number of replicas, another one
    /// real ledgers.
    package static func replicas(of seed: UInt64) -> [Int] { seed % 256 == 128 ? all : mixed }
    package static func usesLedger(_ seed: UInt64) -> Bool { seed % 256 == 0 }

    package init(
        seed: UInt64,
        replicas: [Int] = Schedule.mixed,
        rules: SafetyRules = SafetyRules(),
        hostMutations: HostMutations = [],
        reconfigures: Bool? = nil,
        usesLedger: Bool = false,
        consequencesOnly: Bool = false,
        isTraced: Bool = false
    ) {
        self.seed = seed
        complains = seed % 4 == 1
        self.reconfigures = reconfigures ?? (seed % 3 == 0)
        var random = Random(seed: seed)
        var options = Options()
        options.replicas = random.pick(replicas) ?? 4
        options.window = random.percent(10) ? 16 : 2 + random.below(3)
        options.turn = UInt64(1 + random.below(3))
        if complains { options.turn = UInt64(8 * options.window) }
        options.rules = rules
        options.hostMutations = hostMutations
        options.isTraced = isTraced
        options.usesLedger = usesLedger
        let quorum = Quorum(replicas: options.replicas)
        let faulty = random.percent(70) ? (random.percent(40) ? min(1, quorum.faults) : quorum.faults) : 0
        var members = (0..<options.replicas).map { ReplicaID($0) }
        random.shuffle(&members)
        options.byzantine = Array(members.prefix(faulty))
        crashWeight = random.percent(30) ? 0 : 1 + random.below(4)
        killWeight = random.percent(60) ? 0 : 1
        byzantineWeight = 5 + random.below(50)
        timeoutWeight = random.percent(30) ? 5 + random.below(40) : random.below(5)
        duration = UInt64(1500 + random.below(4000))
        if self.reconfigures {
            options.candidates = 1 + random.below(3)
        }
        let isFragile = random.percent(self.reconfigures ? 50 : 25)
        if faulty < quorum.faults, isFragile { options.fragile = [members[faulty]] }
        world = World(seed: random.next(), options: options)
        world.checker.consequencesOnly = consequencesOnly
        world.network.dropPercent = random.percent(50) ? 1 : random.below(31)
        world.network.duplicatePercent = random.percent(80) ? random.below(5) : random.below(51)
        world.network.replayPercent = random.percent(80) ? random.below(5) : random.below(51)
        for index in world.rates.indices { world.rates[index] = UInt64(950 + random.below(101)) }
        world.network.slowPercent = random.percent(50) ? 0 : random.below(20)
        world.network.slowLatency = 50 + random.below(800)
        self.random = random
    }

    package mutating func run() -> Outcome {
        world.note("n=\(world.options.replicas) W=\(world.options.window) R=\(world.options.turn)")
        world.note("byzantine \(world.options.byzantine.map(\.index))")
        world.start()
        chaos()
        // Whoever is silent gets its key; nothing else changes while all must get on.
        world.wishes.removeAll { wish in wish.kind != .rekey || !world.hosts[wish.host.index].isSilenced }
        var outcome = Outcome()
        if world.checker.violation == nil { heal(&outcome) }
        if world.checker.violation == nil, let failure = world.audit() { world.checker.fail(failure) }
        outcome.violation = world.checker.violation
        outcome.steps = world.steps
        outcome.heights = world.checker.finalTop.number
        outcome.faults = faults
        outcome.speculations = world.speculations
        outcome.installs = world.installs
        outcome.evidence = world.hosts.map(\.evidence.count).reduce(0, +)
        outcome.viewsEntered = world.hosts.map(\.viewsEntered).max() ?? 0
        outcome.nullBatches = world.correct.map(\.nullBatches).max() ?? 0
        outcome.epochs = world.correct.map(\.configuration.epoch.number).max() ?? 0
        outcome.wipes = wipes
        outcome.done = world.ledger?.outcomes.done ?? 0
        outcome.failed = world.ledger?.outcomes.failed ?? 0
        outcome.dropped = world.ledger?.outcomes.dropped ?? 0
        outcome.damages = damages
        outcome.stops = world.hosts.map(\.reports.count).reduce(0, +)
        outcome.restores = restores
        outcome.silenced = world.checker.silenced
        outcome.excused = world.checker.excused
        outcome.footprint = world.checker.footprint
        outcome.fingerprint = world.fingerprint
        outcome.trace = world.trace
        return outcome
    }

    // MARK: Chaos

    /// So many heights and faults every schedule has; the good times at its end make up for heights that are missing.
    package static let leastHeights: UInt64 = 50
    package static let leastFaults = 5

    private var isEnough: Bool {
        guard world.now >= duration, faults >= Schedule.leastFaults else { return false }
        return world.checker.finalTop.number >= Schedule.leastHeights || world.now >= 2 * duration
    }

    private mutating func chaos() {
        var nextMood: UInt64 = 0
        while world.checker.violation == nil, !isEnough {
            if world.now >= nextMood {
                changeMood()
                nextMood = world.now + 50 + UInt64(random.below(600))
            }
            misfortune()
            world.run(until: world.now + 5)
        }
    }

    /// Another partition, an isolated replica, deaf links, or none of these.
    private mutating func changeMood() {
        world.network.heal()
        let replicas = world.hosts.count
        switch random.below(7) {
        case 0:
            world.network.partition(random.next(), of: replicas)
            for faulty in world.options.byzantine { connect(faulty) }
            faults += 1
        case 1:
            world.network.partition(1 << UInt64(random.below(replicas)), of: replicas)
            faults += 1
        case 2:
            for _ in 0..<(1 + random.below(replicas)) {
                world.network.cutLink(ReplicaID(random.below(replicas)), ReplicaID(random.below(replicas)))
            }
            faults += 1
        case 3:
            world.network.silence(random.next(), of: replicas)
            faults += 1
        case 4: stepClock()
        default: break
        }
    }

    /// A wall clock jumps, ahead or back, by more than the drift that proposals may have.
    private mutating func stepClock() {
        let jump = Int64(random.below(6000)) - 3000
        world.skews[random.below(world.skews.count)] = UInt64(bitPattern: jump)
        faults += 1
    }

    /// Faulty replicas reach both sides of a partition.
    private func connect(_ faulty: ReplicaID) {
        world.network.cut[faulty.index] = 0
        for from in 0..<world.hosts.count { world.network.cut[from] &= ~(1 << UInt64(faulty.index)) }
    }

    private mutating func misfortune() {
        let hosts = world.hosts
        if random.perMille(crashWeight * 4), let host = random.pick(hosts) {
            faults += 1
            if random.percent(40) {
                host.crashCountdown = random.below(12)
            } else {
                world.crash(host, losing: random.percent(70))
            }
        }
        if random.perMille(20), let host = random.pick(hosts) { restart(host) }
        if random.perMille(killWeight) { killAll() }
        if random.perMille(timeoutWeight), let host = random.pick(world.correct) {
            faults += 1
            host.expireViewTimer()
        }
        if random.perMille(byzantineWeight * 5) { world.actByzantine() }
        if complains { complain() }
        if reconfigures, random.perMille(15), world.wishes.count < 3 { wish() }
        guard let fragile = world.options.fragile.first else { return }
        let host = world.hosts[fragile.index]
        if world.ledger == nil { loseJournal(of: host) } else { loseLedger(of: host) }
    }

    /// It is wiped, or its disk or executor begins to lie.
    private mutating func loseLedger(of host: Host) {
        guard random.perMille(4) else { return }
        if random.percent(60) { damage(host) } else { wipe(host) }
    }

    /// It is wiped, or an image of the machine is put back: after a while in which it may have voted, or at once.
    private mutating func loseJournal(of host: Host) {
        if reconfigures, random.perMille(2) { wipe(host) }
        guard let (taken, until) = image else {
            guard host.isUp, random.perMille(12) else { return }
            image = (host.makeImage(losing: random.percent(50)), world.now + UInt64(random.below(500)))
            return
        }
        guard world.now >= until else { return }
        image = nil
        faults += 1
        restores += 1
        // Now and then everybody else's memory is gone as well.
        let isAlone = random.percent(60)
        if !isAlone { for other in world.hosts where other !== host { world.crash(other, losing: random.percent(50)) } }
        host.restore(taken)
        host.start()
        if !isAlone { for other in world.hosts where other !== host && random.percent(80) { other.start() } }
        wishForKey(host)
    }

    /// Complaints may end turns at any moment, whoever makes them: that harms nothing but time.
    private mutating func complain() {
        guard random.perMille(30) else { return }
        for host in world.hosts where random.percent(70) {
            guard let replica = host.replica else { continue }
            host.step(.overdue(random.percent(80) ? replica.turn : nil))
        }
    }

    private mutating func wipe(_ host: Host) {
        faults += 1
        wipes += 1
        host.wipe()
        host.start()
        wishForKey(host)
    }

    private mutating func wishForKey(_ host: Host) {
        guard reconfigures else { return }
        serial += 1
        world.wishes.append(Change(.rekey, host.id, serial: serial))
    }

    /// The disk or the executor begins to lie. A log that does not open any more is given up.
    private mutating func damage(_ host: Host) {
        guard !host.isDamaged else { return }
        faults += 1
        damages += 1
        world.crash(host, losing: false)
        if !world.damage(host, random: &random) { return host.start() }
        host.start()
        if !host.isUp, random.percent(70) { wipe(host) }
    }

    /// A change that may or may not be ordered, and may or may not have something left to change then.
    private mutating func wish() {
        guard let kind = random.pick(Change.Kind.allCases), let host = random.pick(world.hosts) else { return }
        serial += 1
        world.wishes.append(Change(kind, host.id, serial: serial))
    }

    /// A store that cannot be read keeps its replica down until the next attempt.
    private mutating func restart(_ host: Host) {
        guard !host.isUp else { return }
        guard !random.percent(10) else {
            faults += 1
            return
        }
        host.start()
    }

    private mutating func killAll() {
        faults += 1
        let losing = random.percent(80)
        for host in world.hosts { world.crash(host, losing: losing) }
        if random.percent(60) { world.dropPackets() }
        for host in world.hosts where random.percent(70) { host.start() }
    }

    // MARK: Good times

    /// At most f replicas stay faulty or down; the rest must certify new blocks within bounded virtual time.
    private mutating func heal(_ outcome: inout Outcome) {
        world.network = Network()
        for index in world.skews.indices { world.skews[index] = UInt64(random.below(200)) }
        for host in world.hosts { host.crashCountdown = nil }
        if random.percent(25) { killAll() }
        let down = chooseDown()
        let isSilent = random.percent(50)
        if isSilent { for host in world.hosts where host.isByzantine { world.crash(host, losing: true) } }
        for host in world.hosts where !down.contains(host.id) && !(isSilent && host.isByzantine) { host.start() }
        if random.percent(30) { for host in world.correct { host.expireViewTimer() } }
        let further = world.checker.finalTop.number + UInt64(3 * world.options.window + 3)
        let target = max(further, Schedule.leastHeights)
        let begin = world.now
        let viewsBefore = world.correct.compactMap { $0.replica?.view.number }.max() ?? 0
        let limit = begin + 120_000
        while world.now < limit, world.checker.violation == nil, !hasReached(target) {
            if !isSilent {
                if random.perMille(byzantineWeight * 5) { world.actByzantine() }
                if random.percent(10) { world.helpViewChanges() }
            }
            world.run(until: world.now + 10)
        }
        outcome.isLivenessChecked = true
        outcome.recoveryMilliseconds = world.now - begin
        let viewsAfter = world.correct.compactMap { $0.replica?.view.number }.max() ?? 0
        outcome.views = viewsAfter > viewsBefore ? viewsAfter - viewsBefore : 0
        if world.checker.violation == nil, !hasReached(target) { world.checker.fail("STALL \(state(target))") }
    }

    private mutating func chooseDown() -> [ReplicaID] {
        // How many a set tolerates may change until the end.
        guard !reconfigures else { return [] }
        var down: [ReplicaID] = []
        let faulty = world.options.byzantine + world.options.fragile
        let limit = Quorum(replicas: world.options.replicas).faults - faulty.count
        for host in world.correct where !faulty.contains(host.id) && down.count < limit && random.percent(25) {
            world.crash(host, losing: true)
            down.append(host.id)
        }
        return down
    }

    private func hasReached(_ target: UInt64) -> Bool {
        world.correct.allSatisfy { $0.isDamaged || $0.replica.map { $0.certified.number >= target } ?? true }
    }

    private func state(_ target: UInt64) -> String {
        let states = world.hosts.map { host -> String in
            guard let replica = host.replica else { return "\(host.id.index):down" }
            return
                "\(host.id.index)\(host.isByzantine ? "b" : ""):e\(replica.epoch.number)v\(replica.view.number)\(replica.isActive ? "" : "?")"
                + "c\(replica.certified.number)x\(replica.executed.number)"
        }
        return "final \(world.checker.finalTop.number) target \(target) \(states.joined(separator: " "))"
    }
}

extension World {
    func dropPackets() {
        queue.removeAll { event in
            if case .packet = event { return true }
            return false
        }
    }

    /// A faulty replica helps view changes with the highest certificate it knows, before anybody else, and serves no
    /// block of it: what it brings must not become a trap.
    func helpViewChanges() {
        guard let actor = hosts.first(where: \.isByzantine) else { return }
        for host in correct {
            guard let replica = host.replica, let next = replica.isActive ? replica.view.next : replica.view else {
                continue
            }
            let forged = viewChange(of: actor, replica.epoch, next, height: checker.finalTop) { false }
            guard let signed = forged else { continue }
            checker.remember(signed)
            deliver(.consensus(.viewChange(signed)), from: actor.id, to: host.id)
        }
    }
}

extension Host {
    /// A view timer that fires too early: clocks may do anything to liveness, nothing to safety.
    package func expireViewTimer() {
        guard isUp, let deadline = timers[.view] else { return }
        let now = world.moment(of: self).monotonic
        world.timeWarp = deadline > now ? deadline - now : 0
        step(.timer(.view))
        world.timeWarp = 0
    }
}
