package import Primitives
internal import Storage

extension ChainStore {
    /// The lowest height that a retention of so many blocks keeps.
    ///
    /// Whatever the retention, the last V blocks stay, because their ids must not replay, and so does what joining nodes take:
    /// the state from the last but one multiple of S on, and the V blocks up to there.
    package func prunable(keeping retention: UInt64) -> Height {
        let newest = min(lastCertified, lastExecuted)
        let parameters = chain.genesis.parameters
        let interval = parameters.snapshotInterval
        let snapshot = Height(newest.number / interval * interval).reduced(by: interval)
        let whole = snapshot.advanced(by: 1).reduced(by: parameters.validity)
        return min(newest.reduced(by: max(retention, parameters.validity)), whole)
    }
}

/// Forgets what is older than a height: transactions, receipts, events, the index of ids, and the versions of the state
/// that only older heights need. Headers and certificates stay, so that whatever is kept can still be proven, and the chain
/// can be followed from the genesis.
///
/// One bounded, unsynced write per step, so that it can run beside everything else and be broken off anywhere: a height
/// counts as pruned before anything of it is deleted, and what a crash left of it is found and deleted at the next start.
package struct ChainPruner {
    /// What one step did.
    package struct Step: Hashable, Sendable {
        /// Everything below this height is gone, or going.
        package let below: Height
        /// Keys that were deleted.
        package let keyCount: Int
        /// About how many bytes they and their values had. They come free as RocksDB compacts.
        package let byteCount: UInt64
    }

    private let store: ChainStore
    private let keyLimit: Int
    private var next: Height?
    private var remains: HeightRemains?
    /// Below this height, files that held nothing else have been removed.
    private var released = Height.genesis

    /// - Parameter keyLimit: how many keys one step deletes at most, but for the few that a height ends with.
    package init(_ store: ChainStore, keyLimit: Int = 1000) {
        self.store = store
        self.keyLimit = keyLimit
    }

    /// Goes on towards a height, as far as it may be pruned; nil where nothing is left to do.
    package mutating func step(below target: Height) throws(LedgerFault) -> Step? {
        if remains == nil { remains = try nextRemains(below: min(target, store.prunable(keeping: 0))) }
        guard var remains else { return nil }
        // Readers first: what they find missing from now on, they know to be pruned.
        store.raiseLowest(to: remains.height.advanced(by: 1))
        var batch = store.database.makeBatch()
        batch.put(.meta, MetaKey.pruned.bytes, StorageKey.height(store.lowest.number))
        let byteCount = remains.delete(keyLimit, in: &batch)
        let keyCount = batch.count - 1
        do throws(StorageError) { try store.database.write(batch) } catch { throw .storage(error) }
        self.remains = remains.isEmpty ? nil : remains
        if remains.isEmpty { next = remains.height.advanced(by: 1) }
        return Step(below: store.lowest, keyCount: keyCount, byteCount: byteCount)
    }

    private mutating func nextRemains(below target: Height) throws(LedgerFault) -> HeightRemains? {
        if next == nil { next = try onStorage { () throws(StorageError) in try lowestRemains() } }
        guard let height = next else { return nil }
        return height < target ? try HeightRemains(of: height, in: store) : nil
    }

    /// The lowest height of which there is anything: below the lowest that is kept where a crash broke pruning off.
    private func lowestRemains() throws(StorageError) -> Height {
        var lowest = store.lowest
        for family in HeightRemains.families {
            let first = try store.database.scan(family.name, from: [], limit: 1).first
            guard let first, let number = StorageKey.height(of: first.key) else { continue }
            lowest = min(lowest, Height(number).reduced(by: family.distance))
        }
        return lowest
    }

    /// Removes files that hold only what has been deleted, at once and without a compaction. What stands in others comes free
    /// as RocksDB compacts.
    package mutating func releaseFiles() throws(LedgerFault) {
        // The height whose deletion is not complete may need its rows once more after a crash.
        guard let below = next, below > released else { return }
        released = below
        try onStorage { () throws(StorageError) in
            // Files vanish at once; that the heights are pruned must not vanish in a power failure after them.
            var batch = store.database.makeBatch()
            batch.put(.meta, MetaKey.pruned.bytes, StorageKey.height(store.lowest.number))
            try store.database.write(batch, synced: true)
            for family in HeightRemains.families {
                let end = StorageKey.height(below.number - 1 + family.distance)
                try store.database.deleteFiles(family.name, through: end + [UInt8](repeating: 0xFF, count: 33))
            }
        }
    }
}

/// What is to be deleted of one height: most of it first, and at the end what lists it.
private struct HeightRemains {
    /// The families whose keys begin with a height. `distance`: with a height go the rows of so many above it, because they
    /// say how the state was before.
    static let families: [(name: ColumnFamily, distance: UInt64)] = [
        (.bodies, 0), (.receipts, 0), (.events, 0), (.undo, 1), (.stale, 1),
    ]

    let height: Height
    private var listed: [(family: ColumnFamily, key: [UInt8])] = []
    private var lists: [(family: ColumnFamily, key: [UInt8])] = []
    private var deleted = 0
    private var listsByteCount: UInt64 = 0
    private var nodeByteCount: UInt64 = 0
    private(set) var isEmpty = false

    init(of height: Height, in store: ChainStore) throws(LedgerFault) {
        self.height = height
        for receipt in try store.storedReceipts(at: height) where receipt.transaction != .zero {
            listed.append((.transactions, receipt.transaction.bytes))
        }
        do throws(StorageError) {
            for family in HeightRemains.families { try list(family.name, family.distance, in: store.database) }
            // A node that block h replaced is needed by heights below h only.
            let replaced = try HeightRemains.replaced(at: height.advanced(by: 1), in: store.database)
            nodeByteCount = try HeightRemains.averageByteCount(of: replaced, in: store.database)
            for key in replaced { listed.append((.tree, key)) }
        } catch {
            throw .storage(error)
        }
    }

    private mutating func list(
        _ family: ColumnFamily,
        _ distance: UInt64,
        in database: Database
    ) throws(StorageError) {
        // The genesis has rows of its own.
        let first = height == .genesis ? 0 : height.number + distance
        let end = StorageKey.height(height.number + distance + 1)
        var cursor = database.cursor(family, from: StorageKey.height(first), to: end)
        while cursor.isValid {
            lists.append((family, cursor.key))
            listsByteCount += UInt64(cursor.key.count + cursor.valueByteCount)
            cursor.next()
        }
        try cursor.check()
    }

    private static func replaced(at height: Height, in database: Database) throws(StorageError) -> [[UInt8]] {
        guard let list = try database.get(.stale, StorageKey.height(height.number)) else { return [] }
        // Ascending keys cost RocksDB a third.
        return try StaleNodes.decode(list).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// By a sample: to read every node would cost more than to delete it.
    private static func averageByteCount(of nodes: [[UInt8]], in database: Database) throws(StorageError) -> UInt64 {
        guard !nodes.isEmpty else { return 0 }
        let sample = stride(from: 0, to: nodes.count, by: max(1, nodes.count / 64)).map { nodes[$0] }
        var byteCount: UInt64 = 0
        for key in sample { byteCount += UInt64(key.count + (try database.get(.tree, key)?.count ?? 0)) }
        return byteCount / UInt64(sample.count)
    }

    /// - Returns: about how many bytes the deleted keys and values had.
    mutating func delete(_ limit: Int, in batch: inout WriteBatch) -> UInt64 {
        var byteCount: UInt64 = 0
        let end = min(listed.count, deleted + limit)
        for (family, key) in listed[deleted..<end] {
            batch.delete(family, key)
            byteCount += family == .tree ? nodeByteCount : UInt64(key.count + TransactionLocation.byteCount)
        }
        deleted = end
        guard deleted == listed.count else { return byteCount }
        for (family, key) in lists { batch.delete(family, key) }
        isEmpty = true
        return byteCount + listsByteCount
    }
}

/// The keys of the tree nodes that a block replaced: `stale`.
enum StaleNodes {
    /// `[key, …]`
    static func decode(_ list: [UInt8]) throws(StorageError) -> [[UInt8]] {
        try ChainStore.decode(list) { (bytes) throws(CBORError) in
            var decoder = CBORDecoder(bytes)
            var keys: [[UInt8]] = []
            for _ in 0..<(try decoder.array(atMost: .max)) { keys.append(try decoder.byteString(atMost: 80)) }
            try decoder.finish()
            return keys
        }
    }
}
