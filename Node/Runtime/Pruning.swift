internal import Ledger
internal import Logging
internal import NIOPosix
internal import Primitives
internal import Synchronization

/// Forgets blocks beyond the retention while the node runs, a small write at a time, on threads that may wait for disk.
///
/// Between two writes it rests for a multiple of what the last one took, so that the journal and the blocks, which go into
/// the same log, hardly ever wait for it, however much there is to forget.
final class Pruning: Sendable {
    struct Figures: Sendable {
        var keys: UInt64 = 0
        var bytes: UInt64 = 0
    }

    /// How much longer than a write the rest after it is.
    private static let rest = 3
    /// Heights between two removals of files.
    private static let heightsToRelease: UInt64 = 256

    private let store: ChainStore
    /// Blocks that are kept; 0: all.
    private let retention: UInt64
    private let hub: EventHub
    private let threads: NIOThreadPool
    private let logger: Logger
    private let pruner: Mutex<ChainPruner>
    private let counted = Mutex(Figures())

    init(store: ChainStore, retention: UInt64, hub: EventHub, threads: NIOThreadPool, logger: Logger) {
        self.store = store
        self.retention = retention
        self.hub = hub
        self.threads = threads
        self.logger = logger
        pruner = Mutex(ChainPruner(store))
    }

    var figures: Figures { counted.withLock { $0 } }

    /// Prunes for as long as the node lives.
    func run() async {
        guard retention > 0 else { return }
        var released = store.lowest
        do {
            while !Task.isCancelled, !hub.isStopping {
                let certified = hub.certified
                while let pause = try await step() {
                    try await Task.sleep(for: pause)
                    guard store.lowest.number - released.number >= Self.heightsToRelease else { continue }
                    released = store.lowest
                    try await onThread { pruner throws(LedgerFault) in try pruner.releaseFiles() }
                }
                await hub.wait(above: certified)
            }
        } catch let fault as LedgerFault {
            // What cannot be deleted is kept; what cannot be written stops the node by its journal.
            logger.error("pruning stops until the next start", metadata: ["why": "\(fault)"])
        } catch {}
    }

    /// - Returns: how long to rest; nil where there is nothing to do.
    private func step() async throws -> Duration? {
        try await onThread { pruner throws(LedgerFault) in
            let start = ContinuousClock.now
            guard let step = try pruner.step(below: self.store.prunable(keeping: self.retention)) else { return nil }
            self.counted.withLock { counted in
                counted.keys += UInt64(step.keyCount)
                counted.bytes += step.byteCount
            }
            return (ContinuousClock.now - start) * Self.rest
        }
    }

    private func onThread<Result: Sendable>(
        _ body: @escaping @Sendable (inout ChainPruner) throws(LedgerFault) -> Result
    ) async throws -> Result {
        try await threads.runIfActive { try self.pruner.withLock { pruner throws(LedgerFault) in try body(&pruner) } }
    }
}
