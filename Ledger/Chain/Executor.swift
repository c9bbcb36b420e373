internal import ContractKit
internal import Contracts
internal import Governance
package import Primitives
internal import Storage
internal import Synchronization

/// Executes what consensus ordered, one block after the other, each in one atomic batch.
///
/// The same batch on the same chain gives the same header bytes on every machine. The batch is not synced: the next
/// synced journal write carries it, and until then the block can be executed again from the journal (rule 17).
/// Execution has a thread of its own; the lock only makes sure of it.
package final class Executor: Sendable {
    private let store: ChainStore
    private let state: Mutex<ExecutionState>

    /// Memory for what is read again and again.
    package struct Caches: Sendable {
        package var rowByteCount = 32 << 20
        package var nodeByteCount = 160 << 20

        package init() {}
    }

    /// - Parameter clock: something that ascends, for `costs`.
    package init(
        _ store: ChainStore,
        caches: Caches = Caches(),
        clock: (@Sendable () -> UInt64)? = nil
    ) throws(LedgerFault) {
        self.store = store
        state = Mutex(try ExecutionState(store, caches, clock))
    }

    /// Nil without a clock.
    package var costs: ExecutionCosts? { state.withLock { $0.costs } }

    /// Executes the next block and writes it.
    ///
    /// - Parameter expected: the digest of the header that must come out, where it is known: of a block from a peer.
    /// - Throws: `divergent`, with nothing written, where another header comes out than the expected one, or than the
    ///   one in a certificate for the height (rules 19 and 27). After `storage` the node has to stop.
    package func execute(
        _ batch: OrderedBatch,
        expecting expected: Digest? = nil
    ) throws(LedgerFault) -> ExecutedBlock {
        try state.withLock { state throws(LedgerFault) in
            do throws(LedgerFault) {
                return try state.execute(batch, expecting: expected)
            } catch {
                // Nothing was written. What was computed on the way must not reach the next attempt.
                try state.reset()
                throw error
            }
        }
    }
}

/// What execution carries from block to block; all of it follows from what is on disk.
struct ExecutionState {
    private let store: ChainStore
    private let caches: Executor.Caches
    private var tree: StateTree
    private var world: WorldState
    private var runner: TransactionRunner
    private(set) var costs: ExecutionCosts?

    init(
        _ store: ChainStore,
        _ caches: Executor.Caches,
        _ clock: (@Sendable () -> UInt64)?
    ) throws(LedgerFault) {
        costs = clock.map { ExecutionCosts(clock: $0) }
        self.store = store
        self.caches = caches
        tree = try ExecutionState.tree(of: store, caches)
        world = WorldState(store.database, cachedByteCount: caches.rowByteCount)
        runner = TransactionRunner(chain: store.chain.id, parameters: store.chain.genesis.parameters)
    }

    private static func tree(of store: ChainStore, _ caches: Executor.Caches) throws(LedgerFault) -> StateTree {
        try onStorage { () throws(StorageError) in
            try StateTree(store.database, at: store.lastExecuted, cachedByteCount: caches.nodeByteCount)
        }
    }

    mutating func reset() throws(LedgerFault) {
        tree = try ExecutionState.tree(of: store, caches)
        world = WorldState(store.database, cachedByteCount: caches.rowByteCount)
        runner.forget()
    }

    mutating func execute(
        _ batch: OrderedBatch,
        expecting expected: Digest?
    ) throws(LedgerFault) -> ExecutedBlock {
        let parent = store.lastHeader
        guard batch.height == parent.height.advanced(by: 1) else {
            throw .outOfOrder(expected: parent.height.advanced(by: 1), found: batch.height)
        }
        costs?.begin()
        var outcome = BlockOutcome(height: batch.height, time: ExecutionState.time(of: batch, after: parent))
        runner.applyDeadlines(world, &outcome)
        try runner.run(try fresh(batch, &outcome), world, &outcome)
        let next = runner.cross(world, &outcome)
        if let failure = world.failure { throw .storage(failure) }
        return try write(batch, parent: parent, outcome, next, expecting: expected)
    }

    /// Rule 7.
    private static func time(of batch: OrderedBatch, after parent: Header) -> UInt64 {
        max(batch.time, parent.time == .max ? .max : parent.time + 1)
    }

    /// The transactions that have neither expired nor been executed, in this block or before. The others leave no
    /// trace (rule 6): a receipt of theirs would contradict the first one.
    private func fresh(
        _ batch: OrderedBatch,
        _ outcome: inout BlockOutcome
    ) throws(LedgerFault) -> [SignedTransaction] {
        var seen: Set<Digest> = []
        var fresh: [SignedTransaction] = []
        for (position, transaction) in batch.transactions.enumerated() {
            if transaction.validUntil >= batch.height, seen.insert(transaction.id).inserted,
                try store.location(of: transaction.id) == nil
            {
                fresh.append(transaction)
            } else {
                outcome.dropped.append(position)
            }
        }
        return fresh
    }

    // MARK: Writing

    private mutating func write(
        _ batch: OrderedBatch,
        parent: Header,
        _ outcome: BlockOutcome,
        _ next: ValidatorSet?,
        expecting expected: Digest?
    ) throws(LedgerFault) -> ExecutedBlock {
        let changes = world.changes()
        if let failure = world.failure { throw .storage(failure) }
        costs?.end(.contracts)
        var writes = store.database.makeBatch()
        try BlockWriter.stage(changes, in: &tree, at: batch.height, into: &writes)
        costs?.end(.state)
        let receipts = outcome.sealedReceipts()
        let encodedReceipts = receipts.map(\.encoded)
        let header = header(of: batch, parent, outcome, next, receipts: encodedReceipts)
        let block = outcome.block(header, receipts: receipts, changes: changes)
        try check(block, changes, expected)
        let undo = UndoRecord(height: batch.height, changes: changes)
        let (bodies, newBodies) = ExecutionState.bodies(of: batch, outcome)
        BlockWriter.stage(
            block,
            record: BlockRecord(header: header, bodies: bodies, dropped: newBodies == nil ? outcome.dropped : []),
            newBodies: newBodies,
            receipts: encodedReceipts,
            undo: undo,
            into: &writes
        )
        if let next {
            let record = EpochRecord(number: header.epoch + 1, start: header.height, validators: next)
            writes.put(.validators, StorageKey.height(record.number), record.encoded)
        }
        costs?.end(.block)
        do throws(StorageError) { try store.database.write(writes) } catch { throw .storage(error) }
        costs?.end(.writing)
        world.commit(changes)
        store.advance(to: block, undo: undo)
        return block
    }

    /// Where the block's transactions are, and those that have to be written with it.
    private static func bodies(of batch: OrderedBatch, _ outcome: BlockOutcome) -> (Digest?, [[UInt8]]?) {
        switch batch.bodies {
        case .none: (nil, nil)
        case .stored(let digest): (digest, nil)
        case .new(let digest): (digest, outcome.transactions.map(\.bytes))
        }
    }

    /// A certificate can be known before the block: then the block is kept only if it is the certified one.
    private func check(
        _ block: ExecutedBlock,
        _ changes: [StateChange],
        _ expected: Digest?
    ) throws(LedgerFault) {
        var certified = expected
        if certified == nil, block.header.height <= store.lastCertified {
            certified = try store.certificate(at: block.header.height)?.headerDigest
        }
        guard let certified, certified != block.headerDigest else { return }
        let leaves = changes.filter { StateLayout.isLeaf($0.key) }.map { StateWrite(key: $0.key, value: $0.after) }
        throw .divergent(own: BlockChanges(header: block.header, rows: leaves), expected: certified)
    }

    private func header(
        of batch: OrderedBatch,
        _ parent: Header,
        _ outcome: BlockOutcome,
        _ next: ValidatorSet?,
        receipts: [[UInt8]]
    ) -> Header {
        Header(
            chain: parent.chain,
            epoch: parent.endsEpoch ? parent.epoch + 1 : parent.epoch,
            height: batch.height,
            parent: store.lastHeaderDigest,
            // Rule 3: a null batch copies its parent's, 0 at the start of an epoch.
            originView: batch.originView ?? (parent.endsEpoch ? 0 : parent.originView),
            proposer: batch.proposer,
            time: outcome.time,
            transactionsRoot: BlockTree.root(leaves: outcome.transactions.map(\.reference)),
            receiptsRoot: BlockTree.root(leaves: receipts.map { BlockTree.leaf($0) }),
            stateRoot: tree.root,
            validatorsDigest: parent.nextValidatorsDigest,
            // Others than this block's only at the boundary (rule 26).
            nextValidatorsDigest: next?.digest ?? parent.nextValidatorsDigest
        )
    }
}
