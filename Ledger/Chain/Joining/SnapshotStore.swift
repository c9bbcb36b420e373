internal import ContractKit
internal import Contracts
package import Primitives
package import Storage

/// A database into which a snapshot is taken, beside the one of a node that goes on meanwhile.
///
/// Every part that is taken is proven and goes in as one batch together with what is missing after it, so a crash at any
/// moment leaves a state from which taking goes on. It becomes the database of a chain with the last batch, and not before.
package struct SnapshotStore: Sendable {
    package let chain: Chain
    package let database: Database
    private var target: SnapshotOffer?
    private var trail: EpochTrail?
    /// With the hash of the state's places.
    private var missing: [SnapshotTask: Digest] = [:]

    private let reach: SnapshotScope.Reach?

    private var scope: SnapshotScope? { target.map { scope(of: $0) } }

    private func scope(of offer: SnapshotOffer) -> SnapshotScope {
        SnapshotScope(height: offer.header.height, chain.genesis.parameters, reach: reach)
    }

    /// What was taken, since it was opened.
    package struct Figures: Sendable {
        package fileprivate(set) var parts: UInt64 = 0
        package fileprivate(set) var rows: UInt64 = 0
        package fileprivate(set) var blocks: UInt64 = 0
    }

    package private(set) var figures = Figures()

    /// Opens the directory's database, or makes it.
    ///
    /// - Parameter reach: nil for what a snapshot needs.
    package init(path: String, chain: Chain, reach: SnapshotScope.Reach? = nil) throws(LedgerFault) {
        self.chain = chain
        self.reach = reach
        // Beside it runs a node with a database of its own.
        var options = DatabaseOptions()
        options.blockCacheByteCount = 32 << 20
        options.writeBufferByteCount = 64 << 20
        database = try onStorage { () throws(StorageError) in
            try Database(path: path, chain: chain.id, options: options)
        }
    }

    /// The height whose snapshot is being taken.
    package var height: Height? { target?.header.height }

    /// Whether the database is that of a chain: a snapshot was taken into it as a whole.
    package var isComplete: Bool {
        get throws(LedgerFault) {
            try onStorage { () throws(StorageError) in try database.get(.meta, MetaKey.executed.bytes) != nil }
        }
    }

    /// The height and the header's digest of the snapshot that is being taken into the database; nil where none is.
    package var recorded: (height: Height, header: Digest)? {
        get throws(LedgerFault) {
            try onStorage { () throws(StorageError) in
                guard let bytes = try database.get(.meta, MetaKey.joining.bytes) else { return nil }
                guard let number = StorageKey.height(of: bytes), let header = Digest(bytes.dropFirst(8)) else {
                    throw .corruption("which snapshot is being taken")
                }
                return (height: Height(number), header: header)
            }
        }
    }

    /// Whether what was taken into the database is of this snapshot, with blocks as far down as they are wanted now.
    package func isTaking(_ offer: SnapshotOffer) throws(LedgerFault) -> Bool {
        guard let recorded = try recorded, recorded.header == offer.header.digest else { return false }
        for (name, height) in ends(of: scope(of: offer)) {
            let known = try onStorage { () throws(StorageError) in try database.get(.meta, name.bytes) }
            guard known == StorageKey.height(height.number) else { return false }
        }
        return true
    }

    /// What a chain will say of how far down it has blocks.
    private func ends(of scope: SnapshotScope) -> [(name: MetaKey, height: Height)] {
        [(.pruned, scope.firstBlock), (.headers, scope.firstHeader)]
    }

    /// What is still missing, the blocks behind the state.
    package var tasks: [SnapshotTask] {
        missing.keys.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// Begins to take a snapshot, or goes on with it where the database holds a part of it already.
    ///
    /// - Parameters:
    ///   - offer: proven by the trail; the one that is recorded, if one is.
    ///   - trail: from the genesis.
    package mutating func begin(_ offer: SnapshotOffer, _ trail: EpochTrail) throws(LedgerFault) {
        self.trail = trail
        target = offer
        guard try recorded != nil else { return try start(offer) }
        guard try isTaking(offer) else {
            throw .storage(.refused("another snapshot is being taken into this database"))
        }
        do throws(StorageError) {
            let prefix = SnapshotTask.keyPrefix
            let end = StorageKey.end(ofPrefix: prefix)
            for row in try database.scan(.meta, from: prefix, to: end, limit: .max) {
                guard let task = SnapshotTask(key: row.key), let digest = Digest(row.value) else {
                    throw .corruption("what is missing of a snapshot")
                }
                missing[task] = digest
            }
        } catch { throw .storage(error) }
    }

    private mutating func start(_ offer: SnapshotOffer) throws(LedgerFault) {
        let root = offer.header.stateRoot
        if root != StateHash.empty { missing[.state(.root, from: 0)] = root }
        let scope = scope(of: offer)
        for task in scope.blockTasks { missing[task] = .zero }
        var batch = database.makeBatch()
        for (name, height) in ends(of: scope) { batch.put(.meta, name.bytes, StorageKey.height(height.number)) }
        let name = StorageKey.height(offer.header.height.number) + offer.header.digest.bytes
        batch.put(.meta, MetaKey.joining.bytes, name)
        for (task, digest) in missing { batch.put(.meta, task.key, digest.bytes) }
        do throws(StorageError) { try database.write(batch) } catch { throw .storage(error) }
    }

    // MARK: Taking

    /// Takes what an answer to a task holds, and the task is done.
    ///
    /// - Returns: what is missing instead; nil where the task was done before.
    /// - Throws: `UnprovenError` for a part that is not what was asked for; a `LedgerFault` of this machine.
    package mutating func take(_ part: StatePart, for task: SnapshotTask) throws -> [SnapshotTask]? {
        guard case .state(let path, let first) = task, let target, let hash = missing[task] else { return nil }
        let version = target.header.height.number
        var checked = try CheckedPart(part, at: path, hash: hash, version: version)
        var batch = database.makeBatch()
        checked.nodes.write(at: version, into: &batch)
        for row in checked.rows {
            batch.put(.state, row.key, row.value)
            for index in try indexRows(of: row) { batch.put(.state, index.key, index.value) }
        }
        if checked.top.kind == .leaf, let parent = path.parent {
            try setLeaf(at: path, below: parent, version: version, &batch)
        }
        let next = checked.following(path, from: first, hash: hash)
        try write(batch, task, next)
        figures.parts += 1
        figures.rows += UInt64(checked.rows.count)
        return next.map(\.task)
    }

    /// The indexes of the contracts are no leaves; each of their rows follows from one leaf.
    private func indexRows(of row: StateEntry) throws(LedgerFault) -> [StateEntry] {
        do throws(ContractError) { return try ContractRegistry.indexRows(of: row) } catch {
            throw .storage(.corruption("the certified row \(Hex.encode(row.key)) cannot be read: \(error.message)"))
        }
    }

    /// Where all neighbours are there, a node's hash does not say which of its children are leaves: whoever sent it may
    /// have said otherwise.
    private func setLeaf(
        at path: StatePath,
        below parent: StatePath,
        version: UInt64,
        _ batch: inout WriteBatch
    ) throws(LedgerFault) {
        guard let nibble = path.nibbles.last.map({ Int($0) }) else { return }
        let place = parent.treePath
        let node = try onStorage { () throws(StorageError) in
            try TreeReader(database: database, snapshot: nil).inner(at: place, version: version)
        }
        node.set(nibble, to: TreeChild(kind: .leaf, hash: node[nibble].hash, version: version))
        var encoder = CBOREncoder()
        node.encode(into: &encoder)
        batch.put(.tree, place.key(version: version), encoder.bytes)
    }

    /// The same for blocks.
    package mutating func take(_ blocks: [HistoricBlock], for task: SnapshotTask) throws -> [SnapshotTask]? {
        guard case .blocks(let first, let isWhole) = task, let scope, let trail, missing[task] != nil else {
            return nil
        }
        let limits = chain.genesis.parameters.transactionLimits
        let checked = try CheckedHistory(blocks, from: first, isWhole: isWhole, trail, limits)
        let end = scope.end(ofBlocksFrom: first, isWhole: isWhole)
        let last = min(end, checked.last)
        var batch = database.makeBatch()
        checked.stage(upTo: last, into: &batch)
        let next = last < end ? [SnapshotTask.blocks(from: last.advanced(by: 1), isWhole: isWhole)] : []
        try write(batch, task, next.map { ($0, .zero) })
        figures.parts += 1
        figures.blocks += last.number - first.number + 1
        return next
    }

    /// What was taken, and what is missing after it, together.
    private mutating func write(
        _ batch: consuming WriteBatch,
        _ task: SnapshotTask,
        _ next: [(task: SnapshotTask, hash: Digest)]
    ) throws(LedgerFault) {
        batch.delete(.meta, task.key)
        for (task, hash) in next { batch.put(.meta, task.key, hash.bytes) }
        do throws(StorageError) { try database.write(batch) } catch { throw .storage(error) }
        missing[task] = nil
        for (task, hash) in next { missing[task] = hash }
    }

    // MARK: The end

    /// Makes the database one of a chain, once nothing is missing.
    ///
    /// - Throws: `corruption` where the parts, each of them proven, do not make a whole: this machine's disk did it.
    package func finish() throws(LedgerFault) {
        guard missing.isEmpty, let target, let trail, let scope else {
            throw .storage(.corruption("the snapshot is not complete"))
        }
        do throws(StorageError) {
            try check(target.header, scope)
            var batch = database.makeBatch()
            if target.header.stateRoot == StateHash.empty {
                batch.put(.tree, StorageKey.height(scope.height.number), [0xF6])
            }
            stage(trail, below: scope.firstHeader, into: &batch)
            let height = StorageKey.height(scope.height.number)
            batch.put(.certificates, height, target.certificate.encoded)
            batch.put(.meta, MetaKey.genesis.bytes, chain.bytes)
            for key in [MetaKey.executed, .certified, .joined] { batch.put(.meta, key.bytes, height) }
            batch.delete(.meta, MetaKey.joining.bytes)
            try database.write(batch, synced: true)
            try database.flush()
        } catch { throw .storage(error) }
    }

    private func check(_ header: Header, _ scope: SnapshotScope) throws(StorageError) {
        guard try TreeReader(database: database, snapshot: nil).top(at: scope.height).top.hash == header.stateRoot
        else { throw .corruption("the state tree does not have the certified root") }
        var child = header
        guard try record(at: scope.height)?.digest == header.digest else {
            throw .corruption("block \(scope.height.number) is not the certified one")
        }
        for number in (scope.firstHeader.number..<scope.height.number).reversed() {
            guard let parent = try record(at: Height(number)), parent.digest == child.parent else {
                throw .corruption("block \(number) is not the parent of the next")
            }
            child = parent
        }
    }

    private func record(at height: Height) throws(StorageError) -> Header? {
        guard let bytes = try database.get(.blocks, StorageKey.height(height.number)) else { return nil }
        return try ChainStore.decode(bytes) { (bytes) throws(CBORError) in try BlockRecord(decoding: bytes).header }
    }

    /// How each epoch handed over to the next, so that proofs lead here from the genesis.
    private func stage(_ trail: EpochTrail, below first: Height, into batch: inout WriteBatch) {
        for handover in trail.handovers where handover.header.height < target?.header.height ?? .genesis {
            let key = StorageKey.height(handover.header.height.number)
            if handover.header.height < first { batch.put(.blocks, key, BlockRecord(handover.header).encoded) }
            batch.put(.certificates, key, handover.certificate.encoded)
        }
        for record in trail.records where record.number > 0 && record.start <= target?.header.height ?? .genesis {
            batch.put(.validators, StorageKey.height(record.number), record.encoded)
        }
    }
}
