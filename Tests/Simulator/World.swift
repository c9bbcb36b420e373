package import Consensus
import Governance
import Primitives

/// What a run is made of; a seed and these options determine every step of it.
package struct Options: Sendable {
    package var replicas = 4
    /// Hosts that are no validators at first.
    package var candidates = 0
    /// Validators may change without candidates too: whoever is behind asks for blocks.
    package var changesValidators = false
    package var window = 4
    package var turn: UInt64 = 2
    /// As in production, or for runs with shorter timers four windows, unless it is given.
    package var exclusion: UInt64?
    package var byzantine: [ReplicaID] = []
    /// Hosts that may lose their journals or get older ones, which counts as a fault until they have another key.
    package var fragile: [ReplicaID] = []
    package var rules = SafetyRules()
    package var hostMutations: HostMutations = []
    /// Who starts asks the others first, but for a replica that starts with nothing (rule 20).
    package var asksAtStart = true
    package var isManual = false
    package var isTraced = false
    /// Nothing is left to chance: delays are fixed, batches hold what a script submits, and milestones are kept.
    package var isCalm = false
    /// The timers of `Configuration`, rather than shorter ones that let a run do more in less virtual time.
    package var usesProductionTimers = false
    /// Store, executor, contracts and keys of the product, rather than a model of them.
    package var usesLedger = false
    /// The last word on each replica's configuration.
    package var adjust: (@Sendable (inout Configuration) -> Void)?

    package init() {}
}

/// n hosts, a network, and virtual time in milliseconds.
package final class World {
    enum Event {
        case packet(Packet, from: ReplicaID, to: ReplicaID)
        case loopback(Message, host: Int, life: Int)
        case synced(host: Int, life: Int, position: Int)
        case timer(Timer, host: Int, life: Int, deadline: UInt64)
        case batch(host: Int, life: Int, view: View, sequence: Sequence)
        case acquisition(host: Int, life: Int)
        case execution(host: Int, life: Int)
        case poll(host: Int, life: Int)
    }

    package let options: Options
    let charter: Charter
    /// Changes of the validators that somebody wants to see ordered.
    package var wishes: [Change] = []
    /// Nothing happens by itself: a script delivers packets and fires timers.
    package var isManual: Bool
    let signatures: Signatures
    /// What hosts with real ledgers share; nil where the ledger is a model.
    private(set) var ledger: LedgerWorld?
    /// A change of the validators on its way through governance.
    var campaign: Campaign?
    package internal(set) var random: Random
    package internal(set) var hosts: [Host] = []
    package internal(set) var checker: Checker
    package var network = Network()
    package internal(set) var now: UInt64 = 0
    package internal(set) var steps = 0
    package internal(set) var speculations = 0
    package internal(set) var installs = 0
    package internal(set) var trace: [String] = []
    package internal(set) var milestones = Milestones()
    /// A running digest of everything that happened: two runs of one seed must end with the same.
    package private(set) var fingerprint: UInt64 = 0
    /// Where each transaction was executed first.
    private(set) var heights: [UInt64: Height] = [:]
    /// Packets in flight, where a script delivers them.
    package internal(set) var pool: [InFlight] = []

    /// What was voted on lately, and messages that were sent: the adversary's memory.
    var recentVotes: [Vote] = []
    var archive: [Message] = []
    /// How many of a hundred messages a faulty replica does not send.
    var withholding = 30

    /// Added to a monotonic clock while a timer is made to fire early.
    var timeWarp: UInt64 = 0

    var queue = EventQueue<Event>()
    /// By how much each wall clock is off.
    var skews: [UInt64] = []
    /// Thousandths at which each monotonic clock runs.
    var rates: [UInt64] = []
    /// Packets that the network may repeat at any time.
    var passed: [InFlight] = []
    private var nextID: UInt64 = 1
    /// Wall clocks start here, so that a skewed one is never before the epoch.
    let wallStart: UInt64 = 100_000_000

    package struct InFlight {
        package let packet: Packet
        package let from: ReplicaID
        package let to: ReplicaID
    }

    /// Whoever wants to see every message that arrives.
    package var onDelivery: ((Message) -> Void)?

    package init(seed: UInt64, options: Options) {
        self.options = options
        isManual = options.isManual
        random = Random(seed: seed)
        charter = Charter(
            members: Members(hosts: options.replicas),
            window: UInt64(options.window),
            faulty: options.byzantine + options.fragile
        )
        signatures = Signatures(areReal: options.usesLedger)
        checker = Checker(charter.members, signatures)
        for host in options.fragile { checker.watch(host) }
        makeLedger()
        for index in 0..<(options.replicas + options.candidates) {
            var configuration = Configuration(
                id: ReplicaID(min(index, options.replicas)),
                replicas: options.replicas,
                chain: Tokens.digest(9, 9, 9, 9),
                hashing: Tokens.hashing
            )
            configuration.window = options.window
            configuration.turn = options.turn
            configuration.batchLimit = 8
            configuration.drift = 500
            if !options.usesProductionTimers { World.shorten(&configuration) }
            if let exclusion = options.exclusion { configuration.exclusion = exclusion }
            options.adjust?(&configuration)
            configuration.jitterSeed = random.next()
            let isByzantine = options.byzantine.contains(ReplicaID(index))
            configuration.rules = options.rules
            // A faulty one forgets what it signed, and does not mind being told.
            if isByzantine, options.rules.broken == nil {
                configuration.rules = SafetyRules(broken: .unknownVotesIgnored)
            }
            hosts.append(
                Host(id: ReplicaID(index), configuration: configuration, world: self, isByzantine: isByzantine)
            )
            giveDisk(to: hosts[index])
            rates.append(1000)
            skews.append(options.isCalm ? 0 : UInt64(random.below(200)))
        }
    }

    private static func shorten(_ configuration: inout Configuration) {
        configuration.exclusion = UInt64(4 * configuration.window)
        configuration.heartbeat = 40
        configuration.viewTimeout = 250
        configuration.viewTimeoutCap = 2000
        configuration.repetition = 60
    }

    package func start() { for host in hosts { host.start() } }

    package func moment(of host: Host) -> Moment {
        Moment(monotonic: now * rates[host.id.index] / 1000 + timeWarp, wall: wallStart &+ now &+ skews[host.id.index])
    }

    package var correct: [Host] { hosts.filter { !$0.isByzantine } }

    func note(_ line: @autoclosure () -> String) {
        guard options.isTraced else { return }
        trace.append("\(now) \(line())")
    }

    // MARK: Events

    /// Runs events up to a time, or until something is violated.
    package func run(until end: UInt64, while condition: () -> Bool = { true }) {
        while checker.violation == nil, condition(), let next = queue.peekTime, next <= end {
            guard let (time, event) = queue.next() else { break }
            now = max(now, time)
            handle(event)
        }
        if queue.peekTime.map({ $0 > end }) ?? true { now = max(now, end) }
    }

    private func handle(_ event: Event) {
        fingerprint = Tokens.mix(fingerprint, now, UInt64(steps))
        switch event {
        case .packet(let packet, let from, let to): deliver(packet, from: from, to: to)
        case .loopback(let message, let host, let life): hosts[host].onLoopback(message, life: life)
        case .synced(let host, let life, let position): hosts[host].onSynced(life: life, position: position)
        case .timer(let timer, let host, let life, let deadline):
            hosts[host].onTimer(timer, life: life, deadline: deadline)
        case .batch(let host, let life, let view, let sequence):
            hosts[host].onBatch(batch(for: hosts[host], at: sequence), view: view, sequence: sequence, life: life)
        case .acquisition(let host, let life): hosts[host].onAcquisition(life: life)
        case .execution(let host, let life): hosts[host].onExecution(life: life)
        case .poll(let host, let life): hosts[host].onPoll(life: life)
        }
    }

    func deliver(_ packet: Packet, from: ReplicaID, to: ReplicaID) {
        let host = hosts[to.index]
        guard host.isUp else { return }
        note("\(from.index) -> \(to.index) \(packet.summary)")
        if case .consensus(let message) = packet {
            checker.onReceived(message, from: from, by: host)
            onDelivery?(message)
        }
        host.receive(packet, from: from)
    }

    package func restart(_ host: Host) { host.start() }

    package func crash(_ host: Host, losing: Bool) {
        guard host.isUp else { return }
        note("crash \(host.id.index) \(losing ? "with loss" : "")")
        host.crash(losing: losing)
    }

    private func batch(for host: Host, at sequence: Sequence) -> [Digest] {
        if options.isCalm { return host.takeBatch(at: sequence) }
        return ledger == nil ? references() : load(for: host, at: sequence)
    }

    // MARK: Real ledgers

    private func makeLedger() {
        guard options.usesLedger else { return }
        do {
            ledger = try LedgerWorld(options, time: wallStart, signatures: signatures)
        } catch { checker.fail("LEDGER cannot be made: \(error)") }
    }

    private func giveDisk(to host: Host) {
        guard let ledger else { return }
        do {
            host.disk = try LedgerDisk(ledger, host: host.id)
        } catch { checker.fail("LEDGER cannot be made: \(error)") }
    }

    /// Flips a bit of the log of a host that is down, or changes a row. False if there was nothing to damage.
    func damage(_ host: Host, random: inout Random) -> Bool {
        guard let disk = host.disk else { return false }
        if random.percent(50), disk.flipBit(random: &random) {
            note("\(host.id.index) has a flipped bit in its log")
            host.isDamaged = true
            return true
        }
        return changeRow(of: host, isUsed: random.percent(50))
    }

    /// Changes one row of a host that is down: with `isUsed` the account of somebody who sends transactions.
    ///
    /// - Parameter isKnown: whether the host counts as damaged from then on, of which nothing is expected but to stop.
    package func changeRow(of host: Host, isUsed: Bool, isKnown: Bool = true) -> Bool {
        let account = LedgerGenesis.actors[random.below(LedgerGenesis.actors.count)]
        let key = isUsed ? Governance.stateKey(ofAccount: account) : nil
        guard let disk = host.disk, disk.changeRow(key, random: &random) else { return false }
        note("\(host.id.index) has another row than it wrote")
        host.isDamaged = isKnown
        return true
    }

    /// What is wrong with the ledgers, if anything is; it brings all of them to the same height.
    package func audit() -> String? { LedgerAudit(self)?.failure() }

    /// Something that a faulty primary proposes.
    func temptation() -> Digest {
        if let ledger, random.percent(80), let reference = random.pick(ledger.references) { return reference }
        return Transactions.reference(id: UInt64(1 + random.below(40)), encoding: 3)
    }

    /// New transactions and old ones, in either encoding: a client or a faulty peer may send anything again.
    private func references() -> [Digest] {
        wishes.map(\.reference).filter { _ in random.percent(40) }
            + (0..<random.below(4)).map { _ in
                var id = UInt64(random.below(Int(nextID))) + 1
                if random.percent(65) {
                    nextID += 1
                    id = nextID
                }
                return Transactions.reference(id: id, encoding: UInt64(random.below(2)))
            }
    }

    /// A block of a correct host: what it did is no wish any more.
    func onExecuted(_ block: Block) {
        for id in block.ids where heights[id] == nil { heights[id] = block.height }
        if !wishes.isEmpty { wishes.removeAll { block.ids.contains($0.id) } }
    }

    // MARK: Scheduling

    func schedulePoll(of host: Host, life: Int) {
        let delay = options.isCalm ? 175 : 150 + UInt64(random.below(50))
        queue.schedule(.poll(host: host.id.index, life: life), at: now + delay)
    }

    func scheduleSync(of host: Host, life: Int, position: Int) {
        let isFixed = isManual || options.isCalm
        let delay = isFixed ? host.syncTime : UInt64(random.percent(5) ? random.below(60) : random.below(4))
        queue.schedule(.synced(host: host.id.index, life: life, position: position), at: now + delay)
    }

    func scheduleLoopback(_ message: Message, to host: Host, life: Int) {
        queue.schedule(.loopback(message, host: host.id.index, life: life), at: now)
    }

    func scheduleTimer(_ timer: Timer, of host: Host, life: Int, at deadline: UInt64) {
        guard !isManual else { return }
        let rate = rates[host.id.index]
        let time = (deadline.multipliedReportingOverflow(by: 1000).partialValue + rate - 1) / rate
        queue.schedule(.timer(timer, host: host.id.index, life: life, deadline: deadline), at: max(now, time))
    }

    func scheduleBatch(of host: Host, life: Int, view: View, sequence: Sequence) {
        guard !isManual, !options.isCalm else { return offerBatch(to: host) }
        guard random.percent(80) else { return }
        let event = Event.batch(host: host.id.index, life: life, view: view, sequence: sequence)
        queue.schedule(event, at: now + UInt64(random.below(30)))
    }

    func scheduleAcquisition(of host: Host, life: Int, after delay: UInt64) {
        queue.schedule(.acquisition(host: host.id.index, life: life), at: now + delay)
    }

    func scheduleExecution(of host: Host, life: Int, after delay: UInt64? = nil) {
        let time = delay ?? (isManual || options.isCalm ? host.executionTime : UInt64(random.below(6)))
        queue.schedule(.execution(host: host.id.index, life: life), at: now + time)
    }
}
