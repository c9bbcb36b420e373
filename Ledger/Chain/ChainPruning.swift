package import Primitives
package import Storage

/// What one step of pruning did.
package struct PruningStep: Hashable, Sendable {
    /// Everything below this height is gone.
    package let below: Height
    /// Whether the height asked for is reached.
    package let isComplete: Bool
    /// Rows and nodes that were deleted. Their bytes come free as RocksDB compacts.
    package let deletedCount: Int
}

extension ChainStore {
    /// Forgets what is older than a height: transactions, receipts, events, the index of ids, and the versions of the
    /// state that only older heights need. Headers and certificates stay, so that whatever is kept can still be
    /// proven, and the chain can be followed from the genesis.
    ///
    /// A bounded number of blocks per call, each call one unsynced batch, so that it can run beside everything else
    /// and be broken off anywhere. The ids of the last V certified blocks must not replay, so they stay.
    package func prune(below target: Height, blockLimit: UInt64 = 64) throws(LedgerFault) -> PruningStep {
        let first = try onStorage { () throws(StorageError) in try pruned() }
        let limit = min(target, lastCertified.reduced(by: chain.genesis.parameters.validity))
        let last = min(limit, first.advanced(by: blockLimit))
        guard first < last else { return PruningStep(below: first, isComplete: true, deletedCount: 0) }
        var batch = database.makeBatch()
        var deletedCount = 0
        for number in max(first.number, 1)..<max(last.number, 1) {
            deletedCount += try pruneTransactions(at: Height(number), in: &batch)
        }
        // A node that block h replaced is needed by heights below h only.
        for number in (first.number + 1)..<(last.number + 1) {
            deletedCount += try pruneTree(replacedAt: Height(number), in: &batch)
        }
        let (from, to) = (StorageKey.height(first.number), StorageKey.height(last.number))
        for family in [ColumnFamily.bodies, .receipts, .events] { batch.deleteRange(family, from: from, to: to) }
        // To look back to a height, the changes of the blocks above it are needed.
        let (undoFrom, undoTo) = (StorageKey.height(first.number), StorageKey.height(last.number + 1))
        batch.deleteRange(.undo, from: undoFrom, to: undoTo)
        batch.deleteRange(.stale, from: undoFrom, to: undoTo)
        batch.put(.meta, MetaKey.pruned.bytes, to)
        do throws(StorageError) { try database.write(batch) } catch { throw .storage(error) }
        return PruningStep(below: last, isComplete: last == limit, deletedCount: deletedCount)
    }

    /// The lowest height of which everything is kept.
    package func pruned() throws(StorageError) -> Height {
        guard let bytes = try database.get(.meta, MetaKey.pruned.bytes) else { return .genesis }
        guard let number = StorageKey.height(of: bytes) else { throw .corruption("pruned is no height") }
        return Height(number)
    }

    private func pruneTransactions(at height: Height, in batch: inout WriteBatch) throws(LedgerFault) -> Int {
        let receipts = try receipts(at: height)
        for receipt in receipts where receipt.transaction != .zero {
            batch.delete(.transactions, receipt.transaction.bytes)
        }
        return receipts.count
    }

    private func pruneTree(replacedAt height: Height, in batch: inout WriteBatch) throws(LedgerFault) -> Int {
        do throws(StorageError) {
            guard let list = try database.get(.stale, StorageKey.height(height.number)) else { return 0 }
            let keys = try ChainStore.decode(list) { (bytes) throws(CBORError) in
                var decoder = CBORDecoder(bytes)
                var keys: [[UInt8]] = []
                for _ in 0..<(try decoder.array(atMost: .max)) { keys.append(try decoder.byteString(atMost: 80)) }
                try decoder.finish()
                return keys
            }
            for key in keys { batch.delete(.tree, key) }
            return keys.count
        } catch {
            throw .storage(error)
        }
    }
}
