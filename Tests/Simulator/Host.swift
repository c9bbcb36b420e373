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
    private var executions: [Effect] = []
    private var isExecuting = false
    private var polledAt = Height.genesis
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
        chain = store.chain
        bodies = store.bodies
        certificates = store.certificates
        outgoing = []
        ticket = store.durable
        timers = [:]
        wanted = []
        executions = []
        isExecuting = false
        pool.forgetProposals()
        pool.wish = nil
        // In their first life all would only tell each other that they know nothing.
        configuration.awaitsAnswers = world.options.asksAtStart && !isByzantine && life > 1
        configuration.question = Tokens.mix(UInt64(life), UInt64(id.index), 20)
        if world.options.candidates > 0 { world.schedulePoll(of: self, life: life) }
        startReplica(certificate: store.certificate, records: store.journal)
    }

    /// A replica for the epoch above the certified height (rule 26).
    private func startReplica(certificate: Certificate?, records: [JournalRecord]) {
        let succession = chain.succession(after: certificate?.height ?? .genesis)
        members = succession.members
        let index = members.index(of: id)
        configuration.epoch = succession.epoch
        configuration.start = succession.start
        configuration.replicas = members.count
        configuration.id = index ?? ReplicaID(members.count)
        let key = index.flatMap { members.member($0)?.key }
        latestKey = max(key ?? id, latestKey ?? id)
        lastKeyUsed = max(key ?? id, lastKeyUsed ?? id)
        if let key, let last = lastKeyAtRestore, key > last { hasOtherJournal = false }
        configuration.mayVote = key.map(isTrusted) ?? false
        var recovery = Recovery()
        let below = Int(clamping: certificate?.height.number ?? 0) - configuration.summaries
        recovery.blocks = chain.blocks.dropFirst(max(0, below)).map(\.summary)
        recovery.certificate = certificate
        recovery.records = records
        replica = Replica(configuration, recovery: recovery)
        watch = InclusionWatch(watchLimits, turnLength: configuration.turn)
        isOverdue = false
        position = nil
        world.checker.onStart(self)
        step(.start)
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
        startReplica(certificate: replica?.certificate, records: [])
    }

    /// Asks somebody for blocks, if nothing was certified since it was asked last: so observers follow, and validators
    /// that were removed without noticing. From the certified height on, not the executed one: of the epoch's last block
    /// it may have everything but the proof.
    func onPoll(life: Int) {
        guard life == self.life, isUp else { return }
        let certified = replica?.certified ?? .genesis
        if certified == polledAt, let peer = world.random.pick(world.hosts.filter { $0.id != id }) {
            world.send(.blockRequest(from: certified.advanced(by: 1)), from: id, to: peer.id)
        }
        polledAt = certified
        world.schedulePoll(of: self, life: life)
    }

    func crash(losing: Bool) {
        guard replica != nil else { return }
        replica = nil
        crashCountdown = nil
        life += 1
        world.checker.onDown(self)
        store.crash(losing: losing, mutations: world.options.hostMutations, random: &world.random)
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
            let mayLeave = store.durable >= ticket || world.options.hostMutations.contains(.sendBeforeSync)
            if mayLeave, outgoing.isEmpty { leave(effect) } else { outgoing.append((ticket, effect)) }
        case .requestBatch(let view, let sequence): requestBatch(view, sequence)
        case .acquire(let proposal): acquire(proposal)
        case .forget(let sequence): wanted.removeAll { $0.sequence <= sequence }
        case .execute, .executePrepared: enqueue(effect)
        case .certified(let certificate):
            certificates[certificate.height] = certificate
            write(.certificate(certificate), synced: false)
            world.checker.checkCertified(certificate, by: self)
        case .catchUp(_, let peer): send(.blockRequest(from: chain.height.advanced(by: 1)), to: peer)
        case .setTimer(let timer, let deadline): set(timer, deadline)
        case .cancelTimer(let timer): timers[timer] = nil
        case .handOver(let epoch, let peer):
            let last = chain.blocks.last { $0.summary.epoch == epoch && $0.summary.endsEpoch }
            if let last, let certificate = certificates[last.height] {
                send(.consensus(.certificate(certificate)), to: peer)
            }
        case .epochEnded: enterNextEpoch()
        case .evidence(let entry):
            evidence.append(entry)
            world.checker.checkEvidence(entry)
        case .diverged:
            hasDiverged = true
            world.checker.onDiverged(self)
        case .silenced:
            if let key = members.member(configuration.id)?.key { write(.disowned(key), synced: true) }
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

    private func write(_ entry: Store.Entry, synced: Bool) {
        store.append(entry)
        guard synced else { return }
        ticket = store.written
        world.scheduleSync(of: self, life: life, position: ticket)
    }

    func onSynced(life: Int, position: Int) {
        guard life == self.life, isUp else { return }
        store.sync(upTo: position)
        while let first = outgoing.first, first.ticket <= store.durable {
            outgoing.removeFirst()
            leave(first.effect)
        }
    }

    /// Signed when it leaves, and own messages come back as inputs.
    private func leave(_ effect: Effect) {
        switch effect {
        case .sign(let draft):
            guard let key = members.member(configuration.id)?.key else { return }
            let message = draft.signed(chain: configuration.chain) { Tokens.signature(of: $0, by: key) }
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
        for proposal in complete { step(.acquired(proposal.sequence, proposal.digest)) }
    }

    // MARK: Execution

    private func enqueue(_ effect: Effect) {
        executions.append(effect)
        guard !isExecuting else { return }
        isExecuting = true
        world.scheduleExecution(of: self, life: life)
    }

    func onExecution(life: Int) {
        guard life == self.life, isUp else { return }
        guard let effect = executions.first else {
            isExecuting = false
            return
        }
        if case .execute(let execution) = effect, let missing = missingBodies(of: execution), !missing.isEmpty {
            world.broadcast(.fetch(missing), from: id)
            world.scheduleExecution(of: self, life: life, after: 60)
            return
        }
        executions.removeFirst()
        switch effect {
        case .execute(let execution): execute(execution)
        case .executePrepared(let list, let header): executePrepared(list, header)
        default: break
        }
        guard isUp, life == self.life else { return }
        world.scheduleExecution(of: self, life: life)
    }

    private func missingBodies(of execution: Execution) -> [Digest]? {
        guard case .proposal(let proposal) = execution.batch else { return nil }
        return proposal.references.filter { !bodies.contains($0) }
    }

    private func execute(_ execution: Execution) {
        guard execution.sequence.height == chain.height.advanced(by: 1) else { return }
        keep(make(execution))
    }

    private func make(_ execution: Execution) -> Block {
        let block = chain.make(execution, mutations: world.options.hostMutations, stamp: replica?.view ?? .first)
        return miscomputes ? block.withOtherState() : block
    }

    private func keep(_ block: Block) {
        took(block)
        chain.append(block)
        store.append(.block(block))
        world.checker.checkExecuted(block, by: self)
        if !isByzantine { world.onExecuted(block) }
        world.note("\(id.index) executes \(block.trace)")
        step(.executed(block.summary))
    }

    /// All or nothing, on a copy.
    private func executePrepared(_ list: [Execution], _ header: Digest) {
        guard let last = list.last else { return }
        var copy = chain
        var blocks: [Block] = []
        for execution in list {
            guard execution.sequence.height == copy.height.advanced(by: 1) else { break }
            let block = copy.make(execution, mutations: world.options.hostMutations, stamp: replica?.view ?? .first)
            copy.append(block)
            blocks.append(block)
        }
        guard blocks.count == list.count, blocks.last?.summary.header == header else {
            return step(.discarded(last.sequence.height))
        }
        world.speculations += 1
        for block in blocks { if isUp { keep(block) } }
    }
}
