internal import Consensus
internal import FoundationEssentials
internal import Ledger
internal import LedgerCrypto
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PeerNetwork
internal import Primitives
internal import ServiceLifecycle
internal import Storage
internal import Synchronization

/// A running validator or observer: the parts, put together in one place, and the door that the HTTP edge uses.
package final class Node: Service, Sendable {
    let chain: Chain
    let engine: Engine
    let parts: Engine.Parts
    let network: PeerNetwork
    let receiver: LateBound<FrameReceiver>
    let linked: LateBound<Engine>
    let logger: Logger
    /// Nil for an observer.
    let ownIndex: Int?
    let follower: Follower
    let pruning: Pruning
    let threads: NodeThreads
    let validators: ValidatorSet
    /// Transactions that the node of the epoch before had admitted.
    let carried: [[UInt8]]

    init(
        index: Int?,
        follower: Follower,
        pruning: Pruning,
        chain: Chain,
        validators: ValidatorSet,
        carried: [[UInt8]],
        engine: Engine,
        parts: Engine.Parts,
        network: PeerNetwork,
        receiver: LateBound<FrameReceiver>,
        linked: LateBound<Engine>,
        threads: NodeThreads,
        logger: Logger
    ) {
        self.chain = chain
        self.validators = validators
        self.carried = carried
        self.engine = engine
        self.parts = parts
        self.network = network
        self.receiver = receiver
        self.linked = linked
        self.threads = threads
        self.logger = logger
        self.ownIndex = index
        self.follower = follower
        self.pruning = pruning
    }

    /// Runs until the surrounding service group shuts down, the epoch ends, or a fault makes going on unsafe.
    ///
    /// - Throws: `EpochEnded` where a node for the next epoch is to be opened from the same home; `NodeFault`.
    package func run() async throws {
        do {
            // The engine first: what peers say at once is an input of a replica that has started.
            await engine.start()
            try await network.start()
            if !carried.isEmpty { _ = await submit(carried) }
        } catch {
            await stop()
            throw error
        }
        logger.info(
            "running",
            metadata: [
                "validator": "\(ownIndex.map { "\($0)" } ?? "none")", "chain": "\(chain.id.hex)",
                "height": "\(parts.execution.lastHeight.number)",
            ]
        )
        let beside = [Task { await follower.run(engine) }, Task { await pruning.run() }]
        let end = await cancelWhenGracefulShutdown { await self.parts.end.wait() }
        for task in beside { task.cancel() }
        await stop()
        for task in beside { await task.value }
        await follower.join.stop()
        switch end {
        case .fault(let reason)?: throw NodeFault(description: reason)
        case .epochEnded(let waiting, let hasVoted)?:
            throw EpochEnded(store: parts.store, waiting: waiting, hasVoted: hasVoted)
        case .snapshotTaken?: throw SnapshotTaken(parts.store.database)
        case nil: return
        }
    }

    /// The engine first, so that nothing new is promised; then the writers. What they have not begun to write may stay
    /// unwritten: nothing that left relied on it.
    private func stop() async {
        await engine.stop()
        parts.hub.stop()
        await network.shutdown()
        await threads.stop()
        // They close the circle between network and engine, which would outlive the node.
        receiver.value = nil
        linked.value = nil
        try? parts.store.database.flush()
        logger.info("stopped", metadata: ["height": "\(parts.execution.lastHeight.number)"])
    }
}

/// The validators change: the next epoch has a node of its own, opened from the same home.
package struct EpochEnded: Error {
    let store: ChainStore
    /// What was admitted and is not ordered yet, for the next node.
    let waiting: [[UInt8]]
    /// The next node need not ask what others have seen of its votes: they were this one's (rule 20).
    let hasVoted: Bool
}

/// A snapshot is to take the place of the node's database: a node is to be opened anew from the same home.
package struct SnapshotTaken: Error {
    private final class Reference: Sendable {
        private let database: Mutex<WeakDatabase>
        init(_ database: Database) { self.database = Mutex(WeakDatabase(value: database)) }
        var isGone: Bool { database.withLock { $0.value == nil } }
    }

    private struct WeakDatabase {
        weak var value: Database?
    }

    private let reference: Reference

    init(_ database: Database) { reference = Reference(database) }

    /// Waits until nobody holds the old database any more, so that it is closed.
    ///
    /// - Throws: `NodeFault` where somebody goes on holding it: then the process has to be started again, which does it.
    package func isClosed() async throws {
        for _ in 0..<600 {
            if reference.isGone { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NodeFault(description: "a snapshot was taken and is put in place at the next start: start the node again")
    }
}

/// Why a running node had to stop by itself: going on would have risked what it keeps.
package struct NodeFault: Error, CustomStringConvertible {
    package let description: String
}

/// The threads of a validator (ARCHITECTURE.md).
struct NodeThreads: Sendable {
    /// One for the life of the process: requests that still ask a stopped engine must get its answer, and the nodes of
    /// successive epochs follow one another on it.
    static let engine: MultiThreadedEventLoopGroup = {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        group.next().nameThread("engine")
        return group
    }()
    let journal = NIOThreadPool(numberOfThreads: 1)
    let execution = NIOThreadPool(numberOfThreads: 1)
    let crypto = NIOThreadPool(numberOfThreads: max(1, System.coreCount))
    let reading = NIOThreadPool(numberOfThreads: 2)

    init() {
        for (pool, name) in [(journal, "journal"), (execution, "execution"), (crypto, "crypto"), (reading, "reading")] {
            pool._start(threadNamePrefix: name + "-")
        }
    }

    func stop() async {
        for pool in [crypto, execution, journal, reading] { try? await pool.shutdownGracefully() }
    }
}
