package import Consensus
import Primitives

/// A simulated host: everything that a replica asks of its runtime, over virtual time and the journal shim.
package final class Host {
    package let id: ReplicaID
    /// As of the replica's epoch: the index, n and the right to vote change with it.
    package private(set) var configuration: Configuration
    /// Who votes in the replica's epoch.
    package private(set) var members: Members
    /// The key that was found out: it and those before it vote no more, in no epoch (rule 20).
    var silencedKey: ReplicaID?
    /// The last key under which it was a validator.
    var latestKey: ReplicaID?
    unowned let world: World
    let isByzantine: Bool

    /// Nil while the host is down.
    package internal(set) var replica: Replica?
    package internal(set) var store: Store
    /// What the running host sees, durable or not.
    package internal(set) var chain: Chain
    var certificates: [Height: Certificate] = [:]
    var bodies: Set<Digest> = []
    /// Rises with each start: events of an earlier life are void.
    package private(set) var life = 0

    /// Effects that leave once the store is durable up to their ticket.
    private var outgoing: [(ticket: Int, effect: Effect)] = []
    private var ticket = 0
    private(set) var timers: [Timer: UInt64] = [:]
    private var wanted: [Proposal] = []
    var executions: [Effect] = []
    var isExecuting = false
    var polledAt = Height.genesis
    var polls = 0
    /// Crash after so many more effects; nil for never.
    var crashCountdown: Int?

    /// What clients submitted.
    package internal(set) var pool = Pool()
    var watch: InclusionWatch?
    /// Whether the replica was told that something is overdue.
    var isOverdue = false
    /// Of a faulty primary: what its batches leave out.
    var overlooks: (@Sendable (Digest, _ share: ReplicaID?) -> Bool)?
    /// Of a faulty primary: how long it waits before it proposes.
    var pace: UInt64?
    /// Views that it demanded because of complaints (rule 25), and turns that it complained of.
    package internal(set) var demands = 0
    package internal(set) var complaints = 0
    /// Restored from an image: it is right to be silent (rule 20), until it has a later key than it ever used before.
    var hasOtherJournal = false
    private(set) var lastKeyUsed: ReplicaID?
    var lastKeyAtRestore: ReplicaID?
    /// Its executor comes to other results from now on.
    var miscomputes = false
    var hasDiverged = false
    private var position: (epoch: Epoch, view: View, certified: Height)?
    /// How long a sync takes where nothing is left to chance.
    var syncTime: UInt64 = 0
    var executionTime: UInt64 = 0

    /// The database of a real ledger; nil where the ledger is a model.
    var disk: LedgerDisk?
    /// Its disk or its executor lies: what it says of itself is not held against the product.
    package internal(set) var isDamaged = false
    var isSound: Bool { !isByzantine && !isDamaged }
    /// Why it stopped by itself.
    package internal(set) var reports: [String] = []

    package internal(set) var evidence: [Evidence] = []
    package internal(set) var rejections = 0
    package internal(set) var viewsEntered = 0

    init(id: ReplicaID, configuration: Configuration, world: World, isByzantine: Bool) {
        self.id = id
        self.configuration = configuration
        self.world = world
        self.isByzantine = isByzantine
        members = world.charter.members
        store = Store(world.charter)
        chain = store.chain
    }

    /// Null batches on the own chain.
    package var nullBatches: Int { chain.blocks.count { $0.summary.proposer == nil } }

    package var isUp: Bool { replica != nil }

    /// True if epoch, view or certified height are others than when it was asked last.
    var hasMoved: Bool {
        guard let epoch = replica?.epoch, let view = replica?.view, let certified = replica?.certified else {
            return false
        }
        if let position, position == (epoch, view, certified) { return false }
        position = (epoch, view, certified)
        return true
    }

    // MARK: Life

    func start() {
        guard replica == nil else { return }
        life += 1
        if disk == nil {
            chain = store.chain
            bodies = store.bodies
            certificates = store.certificates
        } else if !openLedger() {
            return
        }
        outgoing = []
        ticket = durable
        timers = [:]
        wanted = []
        executions = []
        isExecuting = false
        pool.forgetProposals()
        pool.wish = nil
        // In their first life all would only tell each other that they know nothing.
        configuration.awaitsAnswers = world.options.asksAtStart && !isByzantine && life > 1
        configuration.question = Tokens.mix(UInt64(life), UInt64(id.index), 20)
        if world.options.candidates > 0 || world.options.changesValidators {
            world.schedulePoll(of: self, life: life)
        }
        if disk == nil {
            startReplica(certificate: store.certificate, records: store.journal)
        } else {
            startFromLedger()
        }
    }

    private var durable: Int { disk?.durable ?? store.durable }

    /// A replica for the epoch above the certified height (rule 26).
    private func startReplica(certificate: Certificate?, records: [JournalRecord]) {
        let succession = chain.succession(after: certificate?.height ?? .genesis)
        let index = seat(in: succession.members)
        configuration.epoch = succession.epoch
        configuration.start = succession.start
        configuration.replicas = members.count
        configuration.id = index ?? ReplicaID(members.count)
        configuration.mayVote = index != nil && !isSilenced
        var recovery = Recovery()
        let below = Int(clamping: certificate?.height.number ?? 0) - configuration.summaries
        recovery.blocks = chain.blocks.dropFirst(max(0, below)).map(\.summary)
        recovery.certificate = certificate
        recovery.records = records
        world.checker.onRecovered(self, records)
        begin(Replica(configuration, recovery: recovery))
    }

    /// Who votes from now on, and this host's place among them, if it has one.
    func seat(in members: Members) -> ReplicaID? {
        self.members = members
        let index = members.index(of: id)
        let key = index.flatMap { members.member($0)?.key }
        latestKey = max(key ?? id, latestKey ?? id)
        lastKeyUsed = max(key ?? id, lastKeyUsed ?? id)
        if let key, let last = lastKeyAtRestore, key > last { hasOtherJournal = false }
        return index
    }

    func begin(_ replica: Replica) {
        configuration = replica.configuration
        self.replica = replica
        watch = InclusionWatch(watchLimits, turnLength: configuration.turn)
        isOverdue = false
        position = nil
        world.checker.onStart(self)
        step(.start)
    }

    /// From now on nothing that is under way concerns it any more.
    func end() {
        replica = nil
        crashCountdown = nil
        life += 1
    }

    /// Rule 26: the journal has no record of the next epoch yet, and what has not left of the last one need not leave.
    private func enterNextEpoch() {
        outgoing = []
        timers = [:]
        wanted = []
        executions = []
        configuration.awaitsAnswers = world.options.asksAtStart && !isByzantine && replica?.mayVote != true
        world.checker.onEpochEnded(of: self)
        world.note("\(id.index) enters epoch \(configuration.epoch.number + 1) above h\(chain.height.number)")
        guard let disk else { return startReplica(certificate: replica?.certificate, records: []) }
        do { try disk.drain(synced: true) } catch { return stop("the journal cannot be written: \(error)") }
        startFromLedger()
    }

    func crash(losing: Bool) {
        guard replica != nil else { return }
        end()
        world.checker.onDown(self)
        guard let disk else {
            return store.crash(losing: losing, mutations: world.options.hostMutations, random: &world.random)
        }
        disk.crash(losing: losing, random: &world.random)
    }

    // MARK: Stepping

    package func step(_ input: Input) {
        guard replica != nil else { return }
        var effects: [Effect] = []
        replica?.step(input, now: world.moment(of: self), into: &effects)
        world.steps += 1
        world.checker.checkState(of: self, after: input)
        for effect in effects {
            if let left = crashCountdown {
                guard left > 0 else { return world.crash(self, losing: true) }
                crashCountdown = left - 1
            }
            perform(effect)
            guard replica != nil else { return }
        }
    }

    private func perform(_ effect: Effect) {
        world.observe(effect, of: self)
        switch effect {
        case .persist(let record, let synced): write(.record(record), synced: synced)
        case .sign, .send, .broadcast:
            let mayLeave = durable >= ticket || world.options.hostMutations.contains(.sendBeforeSync)
            if mayLeave, outgoing.isEmpty { leave(effect) } else { outgoing.append((ticket, effect)) }
        case .requestBatch(let view, let sequence): requestBatch(view, sequence)
        case .acquire(let proposal): acquire(proposal)
        case .forget(let sequence):
            wanted.removeAll { $0.sequence <= sequence }
            disk?.forget(upTo: sequence)
        case .execute, .executePrepared: enqueue(effect)
        case .certified(let certificate):
            certificates[certificate.height] = certificate
            write(.certificate(certificate), synced: false)
            world.checker.checkCertified(certificate, by: self)
        case .catchUp(_, let peer): send(.blockRequest(from: chain.height.advanced(by: 1)), to: peer)
        case .setTimer(let timer, let deadline): set(timer, deadline)
        case .cancelTimer(let timer): timers[timer] = nil
        case .handOver(let epoch, let peer) where disk != nil:
            if let certificate = handover(from: epoch) { send(.consensus(.certificate(certificate)), to: peer) }
        case .handOver(let epoch, let peer):
            let last = chain.blocks.last { $0.summary.epoch == epoch && $0.summary.endsEpoch }
            if let last, let certificate = certificates[last.height] {
                send(.consensus(.certificate(certificate)), to: peer)
            }
        case .epochEnded: enterNextEpoch()
        case .evidence(let entry):
            evidence.append(entry)
            world.checker.checkEvidence(entry)
        case .diverged(let divergence):
            hasDiverged = true
            world.checker.onDiverged(self)
            if disk != nil { stop("diverged at height \(divergence.height.number)") }
        case .silenced:
            if let key = members.member(configuration.id)?.key { disown(key) }
            world.checker.onSilenced(self)
        case .answered(let count): world.checker.onAnswered(self, count)
        case .view(_, _, let isActive):
            pool.forgetProposals()
            if isActive { viewsEntered += 1 }
        case .complaint(let turn, let owner, let isDemanded):
            complaints += 1
            world.note(
                "\(id.index) complains of \(owner.index), turn \(turn.number) \(isDemanded ? "with a quorum" : "")"
            )
            if isDemanded { demands += 1 }
        case .rejected: rejections += 1
        }
    }

    /// It votes no more under this key and those before it, in this life and the next ones.
    private func disown(_ key: ReplicaID) {
        if disk != nil { silencedKey = max(key, silencedKey ?? key) }
        write(.disowned(key), synced: true)
    }

    private func write(_ entry: Store.Entry, synced: Bool) {
        if disk == nil { store.append(entry) } else { journal(entry, synced: synced) }
        guard synced, isUp else { return }
        ticket = disk?.written ?? store.written
        world.scheduleSync(of: self, life: life, position: ticket)
    }

    func onSynced(life: Int, position: Int) {
        guard life == self.life, isUp else { return }
        if let disk { disk.completeSync(upTo: position) } else { store.sync(upTo: position) }
        while let first = outgoing.first, first.ticket <= durable {
            outgoing.removeFirst()
            leave(first.effect)
        }
    }

    /// Signed when it leaves, and own messages come back as inputs.
    private func leave(_ effect: Effect) {
        switch effect {
        case .sign(let draft):
            guard let key = members.member(configuration.id)?.key else { return }
            let message = draft.signed(chain: configuration.chain) { world.signatures.signature(of: $0, by: key) }
            world.checker.onSend(message, by: self)
            world.remember(message)
            broadcast(message)
            world.scheduleLoopback(message, to: self, life: life)
        case .send(let message, let peer):
            world.checker.onSend(message, by: self)
            send(.consensus(message), to: peer)
        case .broadcast(let message):
            world.checker.onSend(message, by: self)
            broadcast(message)
        default: break
        }
    }

    private func broadcast(_ message: Message) {
        for member in members.list where member.host != id {
            world.send(.consensus(message), from: id, to: member.host)
        }
    }

    private func send(_ packet: Packet, to peer: ReplicaID) {
        guard let member = members.member(peer) else { return }
        world.send(packet, from: id, to: member.host)
    }

    // MARK: Timers

    private func set(_ timer: Timer, _ deadline: UInt64) {
        let deadline = timer == .heartbeat ? pace.map { world.moment(of: self).monotonic + $0 } ?? deadline : deadline
        timers[timer] = deadline
        world.scheduleTimer(timer, of: self, life: life, at: deadline)
    }

    func onTimer(_ timer: Timer, life: Int, deadline: UInt64) {
        guard life == self.life, timers[timer] == deadline else { return }
        timers[timer] = nil
        step(.timer(timer))
        if timer == .repetition { lookAtPool() }
    }

    // MARK: Bodies

    private func acquire(_ proposal: Proposal) {
        wanted.append(proposal)
        pool.propose(proposal.references, at: proposal.sequence)
        world.scheduleAcquisition(of: self, life: life, after: world.isManual ? 0 : 1)
    }

    /// Answers what is complete, asks peers for the rest, and comes back while there is a rest.
    func onAcquisition(life: Int) {
        guard life == self.life, isUp else { return }
        let complete = wanted.filter { $0.references.allSatisfy(bodies.contains) }
        wanted.removeAll { complete.contains($0) }
        let missing = wanted.flatMap(\.references).filter { !bodies.contains($0) }
        if !missing.isEmpty {
            world.broadcast(.fetch(missing), from: id)
            if !world.isManual { world.scheduleAcquisition(of: self, life: life, after: 60) }
        }
        for proposal in complete {
            if disk == nil { step(.acquired(proposal.sequence, proposal.digest)) } else { judge(proposal) }
        }
    }
}
