package import Primitives
package import Storage
internal import Synchronization

/// The chain on disk: blocks and all that belongs to them, by height and by id.
///
/// Everything that a block is goes in as one atomic batch, so whatever moment a crash takes, height, header, state and
/// tree are of the same block (failure 31). Reads come from any thread.
package final class ChainStore: Sendable {
    package let chain: Chain
    package let database: Database
    private let heads: Mutex<Heads>

    /// The ends of the chain as they are on disk, or about to be.
    struct Heads {
        var header: Header
        var headerDigest: Digest
        var certified: Height
        /// Everything of this height and of those above it is kept.
        var lowest: Height
        /// The height with whose snapshot the database began; genesis where it holds all from the beginning.
        var joined: Height
        /// From here on every header is there.
        var headers: Height
        /// What the newest blocks changed, the newest last: questions as of the certified height need them.
        var undo: [UndoRecord] = []
    }

    /// How many blocks' changes stay in memory.
    private static let recentUndoCount = 64
    /// How far back whole states can be asked for. Single keys can as far as the tree is kept.
    package static let greatestLookBack: UInt64 = 1024

    /// Opens a validator's database, and writes the first state where it is new.
    package convenience init(
        path: String,
        chain: Chain,
        options: DatabaseOptions = DatabaseOptions()
    ) throws(LedgerFault) {
        let database = try onStorage { () throws(StorageError) in
            try Database(path: path, chain: chain.id, options: options)
        }
        try self.init(database, chain: chain)
    }

    /// Opens a chain that is there for reading, as it is now, also while a validator writes to it.
    package convenience init(readingAt path: String) throws(LedgerFault) {
        let database = try onStorage { () throws(StorageError) in try Database(readingAt: path) }
        let bytes = try onStorage { () throws(StorageError) in try database.require(.meta, MetaKey.genesis.bytes) }
        let chain = try onStorage { () throws(StorageError) in
            try ChainStore.decode(bytes) { (bytes) throws(CBORError) in try Chain(decoding: bytes) }
        }
        try self.init(database, chain: chain)
    }

    package init(_ database: Database, chain: Chain) throws(LedgerFault) {
        self.chain = chain
        self.database = database
        let isNew = try onStorage { () throws(StorageError) in try database.get(.meta, MetaKey.executed.bytes) == nil }
        if isNew { try GenesisState.write(chain, into: database) }
        heads = Mutex(try ChainStore.recover(database, chain))
    }

    /// What is on disk after a restart: the batches are atomic, so this only reads, and checks that it fits together.
    private static func recover(_ database: Database, _ chain: Chain) throws(LedgerFault) -> Heads {
        do throws(StorageError) {
            let executed = try height(.executed, database)
            let record = try decode(try database.require(.blocks, StorageKey.height(executed.number))) {
                (bytes) throws(CBORError) in try BlockRecord(decoding: bytes)
            }
            // The newest tree there is: one of a later block than the executed one would not fit either.
            let root = try TreeReader(database: database, snapshot: nil).top(at: Height(.max)).top.hash
            guard record.header.height == executed, record.header.chain == chain.id, record.header.stateRoot == root
            else { throw .corruption("block \(executed.number) and the state tree do not fit together") }
            let digest = executed == .genesis ? chain.id : record.header.digest
            return Heads(
                header: record.header,
                headerDigest: digest,
                certified: try height(.certified, database),
                lowest: try known(.pruned, database) ?? .genesis,
                joined: try known(.joined, database) ?? .genesis,
                headers: try known(.headers, database) ?? Height(1)
            )
        } catch {
            throw .storage(error)
        }
    }

    private static func height(_ name: MetaKey, _ database: Database) throws(StorageError) -> Height {
        guard let height = try known(name, database) else { throw .notFound("the height '\(name.rawValue)'") }
        return height
    }

    private static func known(_ name: MetaKey, _ database: Database) throws(StorageError) -> Height? {
        guard let bytes = try database.get(.meta, name.bytes) else { return nil }
        guard let number = StorageKey.height(of: bytes) else { throw .corruption("\(name.rawValue) is no height") }
        return Height(number)
    }

    static func decode<Value>(
        _ bytes: [UInt8],
        _ body: ([UInt8]) throws(CBORError) -> Value
    ) throws(StorageError) -> Value {
        do throws(CBORError) { return try body(bytes) } catch { throw .corruption(error.explanation) }
    }

    // MARK: The ends

    /// The last executed block's header. At height 0 it is the one that holds the first state root.
    package var lastHeader: Header { heads.withLock { $0.header } }

    /// Its digest, which the next header names as its parent: at height 0 the chain id.
    package var lastHeaderDigest: Digest { heads.withLock { $0.headerDigest } }

    package var lastExecuted: Height { heads.withLock { $0.header.height } }

    /// The highest height whose certificate is written. It can be above the last executed one after a power failure.
    package var lastCertified: Height { heads.withLock { $0.certified } }

    /// The lowest height of which everything is kept. What pruning deletes is below it before it is gone.
    package var lowest: Height { heads.withLock { $0.lowest } }

    /// The height with whose snapshot the database began; genesis where it holds all from the beginning.
    package var joined: Height { heads.withLock { $0.joined } }

    /// The lowest height from which on every header is here: the first, but where the database began with a snapshot.
    package var headerFloor: Height { heads.withLock { $0.headers } }

    func raiseLowest(to height: Height) { heads.withLock { $0.lowest = max($0.lowest, height) } }

    /// Called by the executor once the block's batch is written.
    func advance(to block: ExecutedBlock, undo: UndoRecord) {
        heads.withLock { heads in
            heads.header = block.header
            heads.headerDigest = block.headerDigest
            heads.undo.append(undo)
            if heads.undo.count > ChainStore.recentUndoCount { heads.undo.removeFirst() }
        }
    }

    var recentUndo: [UndoRecord] { heads.withLock { $0.undo } }

    // MARK: Certificates

    /// Adds certificates to a batch that the caller writes next, synced or not: the journal trims itself behind them,
    /// in the same log (rule 17). After the write the caller says so by `wroteCertificates`.
    ///
    /// Heights may be skipped: a certificate makes every block below it final.
    ///
    /// - Returns: the highest height among them, where it is higher than any before.
    package func putCertificates(_ certificates: [(Height, Certificate)], into batch: inout WriteBatch) -> Height? {
        var top = lastCertified
        for (height, certificate) in certificates {
            batch.put(.certificates, StorageKey.height(height.number), certificate.encoded)
            top = max(top, height)
        }
        guard top > lastCertified else { return nil }
        batch.put(.meta, MetaKey.certified.bytes, StorageKey.height(top.number))
        return top
    }

    /// Readers see the height as certified from now on.
    package func wroteCertificates(upTo height: Height) {
        heads.withLock { $0.certified = max($0.certified, height) }
    }

    /// Keeps a certificate, unsynced.
    ///
    /// - Throws: `divergent` where the certified header is not the one that was executed here (rule 27).
    package func certify(_ certificate: Certificate, at height: Height) throws(LedgerFault) {
        if height > .genesis, let own = try header(at: height), own.digest != certificate.headerDigest {
            let changes = try changes(at: height) ?? BlockChanges(header: own, rows: [])
            throw .divergent(own: changes, expected: certificate.headerDigest)
        }
        var batch = database.makeBatch()
        let top = putCertificates([(height, certificate)], into: &batch)
        do throws(StorageError) { try database.write(batch) } catch { throw .storage(error) }
        if let top { wroteCertificates(upTo: top) }
    }
}
