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

/// A running validator: the parts, put together in one place, and the door that the HTTP edge uses.
package final class Node: Service, Sendable {
    let chain: Chain
    let engine: Engine
    let parts: Engine.Parts
    let network: PeerNetwork
    let receiver: LateBound<FrameReceiver>
    let logger: Logger
    let ownIndex: Int
    let threads: NodeThreads

    init(
        chain: Chain,
        engine: Engine,
        parts: Engine.Parts,
        network: PeerNetwork,
        receiver: LateBound<FrameReceiver>,
        threads: NodeThreads,
        logger: Logger
    ) {
        self.chain = chain
        self.engine = engine
        self.parts = parts
        self.network = network
        self.receiver = receiver
        self.threads = threads
        self.logger = logger
        self.ownIndex = engine.own.index
    }

    /// Runs until the surrounding service group shuts down, or until a fault makes going on unsafe.
    package func run() async throws {
        do {
            // The engine first: what peers say at once is an input of a replica that has started.
            await engine.start()
            try await network.start()
        } catch {
            await stop()
            throw error
        }
        logger.info(
            "running",
            metadata: [
                "validator": "\(ownIndex)", "chain": "\(chain.id.hex)",
                "height": "\(parts.execution.lastHeight.number)",
            ]
        )
        let fault = await cancelWhenGracefulShutdown { await self.parts.fault.wait() }
        await stop()
        if let fault { throw NodeFault(description: fault) }
    }

    /// The engine first, so that nothing new is promised; then the writers. What they have not begun to write may stay
    /// unwritten: nothing that left relied on it.
    private func stop() async {
        await engine.stop()
        parts.hub.stop()
        await network.shutdown()
        await threads.stop()
        try? parts.store.database.flush()
        logger.info("stopped", metadata: ["height": "\(parts.execution.lastHeight.number)"])
    }
}

/// Why a running node had to stop by itself: going on would have risked what it keeps.
package struct NodeFault: Error, CustomStringConvertible {
    package let description: String
}

/// The threads of a validator (ARCHITECTURE.md).
struct NodeThreads: Sendable {
    let engine = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let journal = NIOThreadPool(numberOfThreads: 1)
    let execution = NIOThreadPool(numberOfThreads: 1)
    let crypto = NIOThreadPool(numberOfThreads: max(1, System.coreCount))
    let reading = NIOThreadPool(numberOfThreads: 2)

    init() {
        for pool in [journal, execution, crypto, reading] { pool.start() }
    }

    func stop() async {
        for pool in [crypto, execution, journal, reading] { try? await pool.shutdownGracefully() }
        try? await engine.shutdownGracefully()
    }
}
