internal import Consensus
internal import ContractKit
internal import Ledger
internal import NIOPosix
internal import Primitives
internal import Synchronization

/// Executes blocks on a thread of its own, in the order in which they were ordered, and keeps what readers want of them.
final class ExecutionService: Sendable {
    typealias Work = BlockExecution.Work

    enum Outcome: Sendable {
        case executed([ExecutedSummary])
        /// The batches do not make the certified header; nothing was kept (rule 19).
        case discarded
        /// The chain has this height already.
        case alreadyThere
        /// A certificate names another header than the one that comes out; nothing was kept (rule 27).
        case divergent(BlockChanges, expected: Digest)
        case failed(String)
    }

    private struct Recent {
        /// Executed and not yet certified, by height.
        var blocks: [Height: PublishedBlock] = [:]
        var published: Height
    }

    private let store: ChainStore
    private let accounts: AccountDirectory
    private let governanceChanged: @Sendable () -> Void
    private let execution: BlockExecution
    private let thread: NIOThreadPool
    private let recent: Mutex<Recent>

    init(
        store: ChainStore,
        accounts: AccountDirectory,
        thread: NIOThreadPool,
        speculationPath: String,
        governanceChanged: @escaping @Sendable () -> Void
    ) throws {
        self.store = store
        self.accounts = accounts
        self.execution = try BlockExecution(store, speculationPath: speculationPath)
        self.thread = thread
        self.governanceChanged = governanceChanged
        recent = Mutex(Recent(published: store.lastCertified))
    }

    var lastHeight: Height { store.lastExecuted }

    // MARK: - Executing

    /// - Parameter expected: keep the blocks only if the last one has this header (rule 19).
    func execute(_ work: [Work], expected: Digest?, then done: @escaping @Sendable (Outcome) -> Void) {
        thread.submit { [self] state in
            guard case .active = state else { return }
            done(outcome(of: work, expected: expected))
        }
    }

    private func outcome(of work: [Work], expected: Digest?) -> Outcome {
        switch execution.execute(work, expected: expected) {
        case .executed(let made): .executed(made.map(summary))
        case .discarded: .discarded
        case .alreadyThere: .alreadyThere
        case .divergent(let own, let expected): .divergent(own, expected: expected)
        case .failed(let reason): .failed(reason)
        }
    }

    // MARK: - Catching up

    /// Executes certified blocks from a peer.
    func install(_ blocks: [SyncBlock], then done: @escaping @Sendable (InstallOutcome) -> Void) {
        thread.submit { [self] state in
            guard case .active = state else { return }
            done(outcome(of: blocks))
        }
    }

    /// The same; nil where the node is stopping.
    func install(_ blocks: [SyncBlock]) async -> InstallOutcome? {
        try? await thread.runIfActive { self.outcome(of: blocks) }
    }

    private func outcome(of blocks: [SyncBlock]) -> InstallOutcome {
        let outcome = execution.install(blocks)
        return InstallOutcome(blocks: outcome.made.map { (summary(of: $0), $0.certificate) }, fault: outcome.fault)
    }

    // MARK: - Readers

    private func summary(of made: BlockExecution.Made) -> ExecutedSummary {
        let block = made.block
        let changesGovernance = block.events.contains { $0.event.contract.matches("governance") }
        if changesGovernance || !block.changedAccounts.isEmpty { accounts.forget() }
        if changesGovernance { governanceChanged() }
        let published = PublishedBlock(block)
        recent.withLock { $0.blocks[block.header.height] = published }
        return ExecutedSummary(summary: made.summary, ids: made.ids)
    }

    /// Tells readers of every block up to a certified height.
    func publish(upTo height: Height, to hub: EventHub) {
        let blocks = recent.withLock { recent -> [PublishedBlock] in
            var blocks: [PublishedBlock] = []
            while recent.published < height {
                recent.published = recent.published.advanced(by: 1)
                // What was executed before a restart is in the store alone.
                let block = recent.blocks.removeValue(forKey: recent.published)
                if let block = block ?? (try? store.published(at: recent.published)) { blocks.append(block) }
            }
            return blocks
        }
        for block in blocks { hub.publish(block) }
    }
}

/// What the engine learns of an executed block.
struct ExecutedSummary: Sendable {
    let summary: BlockSummary
    let ids: [Digest]
}

/// How far catching up came.
struct InstallOutcome: Sendable {
    let blocks: [(ExecutedSummary, Ledger.Certificate?)]
    /// Why it went no further.
    let fault: BlockExecution.Fault?

    var isPeersFault: Bool { if case .peer = fault { true } else { false } }
}
