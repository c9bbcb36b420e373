internal import Consensus
internal import DequeModule
internal import FoundationEssentials
internal import Ledger
internal import LedgerCrypto
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Primitives

/// The only driver of the replica in production: gives it inputs one by one and does what its effects ask, in their order.
///
/// It lives on an event loop of its own, and there is no `await` between reading and writing its state: a step is never
/// interleaved with another one. It never waits for disk; what is slow happens on other threads and returns as an input.
actor Engine {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    let own: ReplicaID
    let chain: Chain
    let key: PrivateKey
    let parts: Parts
    /// What this node adds to the wall clock, in milliseconds; other than zero only in tests.
    let clockOffset: Int64
    let logger: Logger

    var replica: Replica
    var outbox = Outbox()
    var acquisitions: Acquisitions
    var pool: Mempool
    var reports: EquivocationReports
    var batchRequest: BatchRequest?
    /// When the last batch was sealed here.
    var lastSealed = NIODeadline.uptimeNanoseconds(0)
    /// What the last sealed batch holds, until the replica's proposal gives it a digest.
    var sealed: SealedBatch?
    var timers: [Consensus.Timer: Scheduled<Void>] = [:]
    var sealTimer: (due: NIODeadline, timer: Scheduled<Void>)?
    var watch: InclusionWatch
    /// Whether the replica was told that the present turn's owner leaves something out.
    var isOverdue = false
    var counters = EngineCounters()
    var isStopped = false

    private var inbox: Deque<Input> = []
    private var isStepping = false

    /// What the engine works with; each part has its own thread or lock.
    struct Parts: Sendable {
        let journal: JournalWriter
        let execution: ExecutionService
        let peers: Peers
        let hub: EventHub
        let gauge: PoolGauge
        let catchUp: CatchUp
        let inquiry: DivergenceInquiry
        let store: ChainStore
        let accounts: AccountDirectory
        let verifier: TransactionVerifier
        let refusals: RefusalMemory
        let end: EndSignal
        /// Threads that may wait for disk.
        let reading: NIOThreadPool
    }

    init(
        loop: any EventLoop,
        replica: Replica,
        chain: Chain,
        key: PrivateKey,
        parts: Parts,
        pool: Mempool,
        clockOffset: Int64,
        reports: EquivocationReports,
        logger: Logger
    ) {
        self.loop = loop
        self.own = replica.configuration.id
        self.replica = replica
        self.chain = chain
        self.key = key
        self.parts = parts
        self.pool = pool
        self.clockOffset = clockOffset
        self.watch = InclusionWatch(
            Engine.watchLimits(pool: pool, parameters: chain.genesis.parameters),
            turnLength: chain.genesis.parameters.turn
        )
        self.reports = reports
        self.acquisitions = Acquisitions(own: replica.configuration.id, replicas: replica.configuration.replicas)
        self.logger = logger
    }

    /// Runs on the engine's loop, from any thread: the door for callbacks of other threads.
    nonisolated func enqueue(_ work: @escaping @Sendable (isolated Engine) -> Void) {
        loop.execute { self.assumeIsolated(work) }
    }

    /// Gives the replica an input, and all inputs that follow from it, such as own votes that come back.
    func step(_ input: Input) {
        inbox.append(input)
        drain()
    }

    private func drain() {
        guard !isStepping else { return }
        isStepping = true
        defer { isStepping = false }
        var effects: [Effect] = []
        while !isStopped, let next = inbox.popFirst() {
            effects.removeAll(keepingCapacity: true)
            replica.step(next, now: .present(offset: clockOffset), into: &effects)
            for effect in effects { perform(effect) }
            release()
        }
    }

    /// Sends what has become free to leave. Own signed messages come back as inputs.
    func release() {
        while let entry = outbox.next() {
            switch entry {
            case .sign(let draft):
                let message = draft.signed(chain: chain.id) { statement in
                    counters.signatures += 1
                    return key.sign(statement.encoded)
                }
                parts.peers.broadcast(message)
                inbox.append(.message(message, from: own))
            case .send(let message, let peer): parts.peers.send(message, to: peer)
            case .broadcast(let message): parts.peers.broadcast(message)
            }
        }
    }

    /// The journal has reached this ticket.
    func journalReached(_ ticket: UInt64) {
        guard !isStopped else { return }
        outbox.reach(ticket)
        release()
        drain()
    }

    /// Stops stepping. What is in the journal's queue is still written.
    func stop() {
        isStopped = true
        parts.gauge.close()
        for timer in timers.values { timer.cancel() }
        timers = [:]
        cancelSealing()
    }
}

extension Moment {
    /// Both clocks now, the wall clock wrong by an offset in milliseconds.
    static func present(offset: Int64) -> Moment {
        Moment(
            monotonic: NIODeadline.now().uptimeNanoseconds / 1_000_000,
            wall: UInt64(max(0, Date().timeIntervalSince1970 * 1000 + Double(offset)))
        )
    }
}

/// A position at which the replica waits for something to propose.
struct BatchRequest {
    let view: View
    let sequence: Sequence
}

/// Transactions that were taken from the pool for a sequence.
struct SealedBatch {
    let sequence: Sequence
    let transactions: [SignedTransaction]
}

/// Figures of the engine for `/metrics`.
struct EngineCounters {
    var rejections: [Rejection: UInt64] = [:]
    var proposedBatches: UInt64 = 0
    var proposedTransactions: UInt64 = 0
    var executedBlocks: UInt64 = 0
    var certifiedBlocks: UInt64 = 0
    var viewChanges: UInt64 = 0
    var signatures: UInt64 = 0
    var evidence: UInt64 = 0
    /// Turns that were complained of, and views demanded because a quorum complained (rule 25).
    var complaints: UInt64 = 0
    var demands: UInt64 = 0
    var retellings: UInt64 = 0
    var lateFetches: UInt64 = 0
}
