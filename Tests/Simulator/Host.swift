package import Consensus
import Primitives

/// A simulated host: everything that a replica asks of its runtime, over virtual time and the journal shim.
package final class Host {
    package let id: ReplicaID
    package internal(set) var configuration: Configuration
    unowned let world: World
    let isByzantine: Bool

    /// Nil while the host is down.
    package internal(set) var replica: Replica?
    package internal(set) var store = Store()
    /// What the running host sees, durable or not.
    package internal(set) var chain = Chain()
    var certificates: [Height: Certificate] = [:]
    var bodies: Set<Digest> = []
    /// Rises with each start: events of an earlier life are void.
    package private(set) var life = 0

    /// Effects that leave once the store is durable up to their ticket.
    private var outgoing: [(ticket: Int, effect: Effect)] = []
    private var ticket = 0
    private var timers: [Timer: UInt64] = [:]
    private var wanted: [Proposal] = []
    private var executions: [Effect] = []
    private var isExecuting = false
    /// Crash after so many more effects; nil for never.
    var crashCountdown: Int?

    /// What a script submitted.
    package internal(set) var pool = Pool()
    /// Wiped, or restored from an image: it is right to be silent (rule 20).
    var hasOtherJournal = false
    /// Its executor comes to other results from now on.
    var miscomputes = false
    var hasDiverged = false
    /// How long a sync takes where nothing is left to chance.
    var syncTime: UInt64 = 0

    package internal(set) var evidence: [Evidence] = []
    package internal(set) var rejections = 0
    package internal(set) var viewsEntered = 0

    init(id: ReplicaID, configuration: Configuration, world: World, isByzantine: Bool) {
        self.id = id
        self.configuration = configuration
        self.world = world
        self.isByzantine = isByzantine
    }

    /// Null batches on the own chain.
    package var nullBatches: Int { chain.blocks.count { $0.summary.proposer == nil } }

    package var isUp: Bool { replica != nil }

    // MARK: Life

    func start() {
        guard replica == nil else { return }
        life += 1
        chain = store.chain
        bodies = store.bodies
        certificates = [:]
        if let certificate = store.certificate { certificates[certificate.height] = certificate }
        outgoing = []
        ticket = store.durable
        timers = [:]
        wanted = []
        executions = []
        isExecuting = false
        pool.proposed = []
        pool.wish = nil
        replica = Replica(configuration, recovery: store.recovery(configuration))
        step(.start)
    }

    func crash(losing: Bool) {
        guard replica != nil else { return }
        replica = nil
        crashCountdown = nil
        life += 1
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
        case .catchUp(_, let peer): world.send(.blockRequest(from: chain.height.advanced(by: 1)), from: id, to: peer)
        case .setTimer(let timer, let deadline): set(timer, deadline)
        case .cancelTimer(let timer): timers[timer] = nil
        case .evidence(let entry):
            evidence.append(entry)
            world.checker.checkEvidence(entry)
        case .diverged:
            hasDiverged = true
            world.checker.onDiverged(self)
        case .silenced: world.checker.onSilenced(self)
        case .view(_, _, let isActive):
            pool.proposed = []
            if isActive { viewsEntered += 1 }
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
            let message = draft.signed(chain: configuration.chain) { Tokens.signature(of: $0, by: id) }
            world.checker.onSend(message, by: self)
            world.remember(message)
            world.broadcast(.consensus(message), from: id)
            world.scheduleLoopback(message, to: self, life: life)
        case .send(let message, let peer):
            world.checker.onSend(message, by: self)
            world.send(.consensus(message), from: id, to: peer)
        case .broadcast(let message):
            world.checker.onSend(message, by: self)
            world.broadcast(.consensus(message), from: id)
        default: break
        }
    }

    func onLoopback(_ message: Message, life: Int) {
        guard life == self.life else { return }
        step(.message(message, from: id))
    }

    // MARK: Timers

    private func set(_ timer: Timer, _ deadline: UInt64) {
        timers[timer] = deadline
        world.scheduleTimer(timer, of: self, life: life, at: deadline)
    }

    func onTimer(_ timer: Timer, life: Int, deadline: UInt64) {
        guard life == self.life, timers[timer] == deadline else { return }
        timers[timer] = nil
        step(.timer(timer))
    }

    // MARK: Batches and bodies

    private func requestBatch(_ view: View, _ sequence: Sequence) {
        pool.wish = (view, sequence)
        world.scheduleBatch(of: self, life: life, view: view, sequence: sequence)
    }

    func onBatch(_ references: [Digest], view: View, sequence: Sequence, life: Int) {
        guard life == self.life, isUp else { return }
        hold(references)
        step(.batch(view, sequence, references))
    }

    func hold(_ references: [Digest]) {
        for reference in references where bodies.insert(reference).inserted { store.append(.body(reference)) }
    }

    private func acquire(_ proposal: Proposal) {
        wanted.append(proposal)
        pool.proposed.formUnion(proposal.references)
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
        chain.append(block)
        store.append(.block(block))
        world.checker.checkExecuted(block, by: self)
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

    // MARK: Peers

    func receive(_ packet: Packet, from peer: ReplicaID) {
        guard isUp else { return }
        switch packet {
        case .consensus(let message):
            let checks = message.checks(from: peer, chain: configuration.chain, replicas: configuration.replicas)
            guard checks.allSatisfy(Tokens.isValid) else { return }
            step(.message(message, from: peer))
        case .fetch(let references):
            let held = references.filter(bodies.contains)
            if !held.isEmpty { world.send(.bodies(held), from: id, to: peer) }
        case .bodies(let references):
            hold(references)
            onAcquisition(life: life)
        case .blockRequest(let height): serveBlocks(from: height, to: peer)
        case .blocks(let blocks): install(blocks, from: peer)
        }
    }

    /// Certified blocks from a height on, the last with its own certificate.
    private func serveBlocks(from height: Height, to peer: ReplicaID) {
        let certified = replica?.certified ?? .genesis
        var blocks: [CertifiedBlock] = []
        var next = height
        while next <= certified, blocks.count < 8 || blocks.last?.certificate == nil, let block = chain.block(at: next)
        {
            blocks.append(CertifiedBlock(block: block, certificate: certificates[next]))
            next = next.advanced(by: 1)
        }
        if !blocks.isEmpty { world.send(.blocks(blocks), from: id, to: peer) }
    }

    /// Rule 29: believed only as far as a certificate reaches, parent by parent.
    private func install(_ blocks: [CertifiedBlock], from peer: ReplicaID) {
        guard
            let proven = blocks.lastIndex(where: { entry in entry.certificate.map(isProof(of: entry.block)) ?? false })
        else { return }
        let list = blocks.prefix(through: proven)
        for (lower, upper) in zip(list, list.dropFirst()) where upper.block.parent != lower.block.summary.header {
            return
        }
        let before = chain.height
        for entry in list {
            guard isUp else { return }
            if entry.block.height == chain.height.advanced(by: 1) {
                guard entry.block.parent == chain.blocks.last?.summary.header ?? .zero else { return }
                chain.append(entry.block)
                if case .proposal(let proposal) = entry.block.batch { hold(proposal.references) }
                store.append(.block(entry.block))
                world.checker.checkExecuted(entry.block, by: self)
                world.installs += 1
            } else if entry.block.height > chain.height {
                return
            }
            let isProven = entry.certificate.map(isProof(of: entry.block)) ?? false
            step(.installed(entry.block.summary, isProven ? entry.certificate : nil))
        }
        // Who had these may have more; whoever brought nothing new is not asked again.
        guard chain.height > before, isUp else { return }
        world.send(.blockRequest(from: chain.height.advanced(by: 1)), from: id, to: peer)
    }

    private func isProof(of block: Block) -> (Certificate) -> Bool {
        { certificate in
            let quorum = self.world.checker.trueQuorum
            return certificate.height == block.height && certificate.header == block.summary.header
                && Set(certificate.signatures.map(\.signer)).count >= min(quorum.size, certificate.signatures.count)
                && certificate.checks(chain: self.configuration.chain).allSatisfy(Tokens.isValid)
        }
    }
}
