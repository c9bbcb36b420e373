internal import Consensus
internal import ContractKit
internal import FoundationEssentials
internal import Ledger
internal import NIOPosix
internal import Primitives
internal import Storage
internal import Synchronization

/// Executes blocks on a thread of its own, in the order in which they were ordered, and keeps what readers want of them.
final class ExecutionService: Sendable {
    /// A batch to execute, with its transactions where they are at hand.
    struct Work: Sendable {
        let epoch: UInt64
        let height: Height
        let batch: Batch
        /// Nil: they are in the store, written before the vote on them.
        let transactions: [SignedTransaction]?
    }

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

    private let chain: Chain
    private let store: ChainStore
    private let accounts: AccountDirectory
    private let governanceChanged: @Sendable () -> Void
    private let executor: Executor
    private let thread: NIOThreadPool
    private let speculationPath: String
    private let recent: Mutex<Recent>

    init(
        chain: Chain,
        store: ChainStore,
        accounts: AccountDirectory,
        thread: NIOThreadPool,
        speculationPath: String,
        governanceChanged: @escaping @Sendable () -> Void
    ) throws {
        self.chain = chain
        self.store = store
        self.accounts = accounts
        self.executor = try Executor(store)
        self.thread = thread
        self.speculationPath = speculationPath
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
        guard let first = work.first, first.height > store.lastExecuted else {
            return expected == nil ? .alreadyThere : .discarded
        }
        do {
            let batches = try work.map { try orderedBatch($0) }
            if let expected, try speculate(batches) != expected { return .discarded }
            return .executed(
                try batches.map { summary(of: try executor.execute($0), ids: $0.transactions.map(\.id)) }
            )
        } catch LedgerFault.divergent(let own, let expected) {
            return .divergent(own, expected: expected)
        } catch { return .failed("\(error)") }
    }

    private func orderedBatch(_ work: Work) throws -> OrderedBatch {
        guard case .proposal(let proposal) = work.batch else { return OrderedBatch(nullAt: work.height) }
        return OrderedBatch(
            height: work.height,
            originView: proposal.originView.number,
            proposer: UInt64(proposal.proposer.index),
            time: proposal.time,
            transactions: try work.transactions ?? stored(proposal),
            bodies: proposal.references.isEmpty ? .none : .stored(proposal.digest)
        )
    }

    private func stored(_ proposal: Proposal) throws -> [SignedTransaction] {
        let height = proposal.sequence.height
        guard let bodies = try store.bodies(height: height, proposal: proposal.digest) else {
            guard proposal.references.isEmpty else {
                throw ConfigurationError("the bodies of batch \(height.number) are not in the store")
            }
            return []
        }
        let limits = chain.genesis.parameters.transactionLimits
        return try bodies.map { bytes in try SignedTransaction(decoding: bytes, limits: limits) }
    }

    /// The header that the batches lead to, found on a copy: prepared batches are not committed, so nothing of them may
    /// reach the chain before the header is known to be the certified one. It happens after a power failure of all.
    private func speculate(_ batches: [OrderedBatch]) throws -> Digest? {
        try? FileManager.default.removeItem(atPath: speculationPath)
        try store.database.checkpoint(at: speculationPath)
        defer { try? FileManager.default.removeItem(atPath: speculationPath) }
        let copy = try Executor(try ChainStore(path: speculationPath, chain: chain))
        var last: Digest?
        for batch in batches {
            do throws(LedgerFault) {
                last = try copy.execute(batch).headerDigest
            } catch .divergent {
                return nil
            }
        }
        return last
    }

    // MARK: - Catching up

    /// Executes certified blocks from a peer. A header that comes out otherwise is a divergence of this node.
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
        var installed: [(ExecutedSummary, Ledger.Certificate?)] = []
        do {
            for block in blocks where block.header.height > store.lastExecuted {
                let executed = try install(block)
                let ids = executed.transactions.map(\.id)
                installed.append((summary(of: executed, ids: ids), block.certificate))
            }
            return InstallOutcome(blocks: installed, fault: nil)
        } catch let lie as PeerLie {
            return InstallOutcome(blocks: installed, fault: .peer(lie.reason))
        } catch LedgerFault.divergent(let own, let expected) {
            return InstallOutcome(blocks: installed, fault: .divergence(own, expected: expected))
        } catch { return InstallOutcome(blocks: installed, fault: .own("\(error)")) }
    }

    private func install(_ block: SyncBlock) throws -> ExecutedBlock {
        guard block.header.height == store.lastExecuted.advanced(by: 1) else {
            throw PeerLie(reason: "block \(block.header.height.number) does not follow")
        }
        guard Block(header: block.header, transactions: block.bodies).isConsistent else {
            throw PeerLie(reason: "block \(block.header.height.number) has other transactions than its header says")
        }
        let limits = chain.genesis.parameters.transactionLimits
        let transactions = try block.bodies.map { bytes in try SignedTransaction(decoding: bytes, limits: limits) }
        // Nothing is written where the header comes out otherwise.
        return try executor.execute(
            OrderedBatch(of: block.header, transactions: transactions),
            expecting: block.header.digest
        )
    }

    // MARK: - Readers

    /// - Parameter ids: of everything that was ordered, what execution dropped because it had been executed before too.
    private func summary(of block: ExecutedBlock, ids: [Digest]) -> ExecutedSummary {
        let changesGovernance = block.events.contains { $0.event.contract.matches("governance") }
        if changesGovernance || !block.changedAccounts.isEmpty { accounts.forget() }
        if changesGovernance { governanceChanged() }
        let published = PublishedBlock(block)
        recent.withLock { $0.blocks[block.header.height] = published }
        return ExecutedSummary(summary: block.header.summary(boundary: block.boundary), ids: ids)
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
    enum Fault: Sendable {
        case peer(String)
        case divergence(BlockChanges, expected: Digest)
        case own(String)
    }

    let blocks: [(ExecutedSummary, Ledger.Certificate?)]
    /// Why it went no further.
    let fault: Fault?

    var isPeersFault: Bool { if case .peer = fault { true } else { false } }
}

/// A peer's block does not hold what its header says.
private struct PeerLie: Error {
    let reason: String
}
