import Consensus
import Foundation
import Glibc
import Ledger
import NodeRuntime
import Primitives
import Storage

/// One host's database and what works with it: the product's store, executor and journal, on a disk that fails.
///
/// RocksDB writes its log at each write. What is durable of it is decided here: a crash closes the database and cuts the
/// log anywhere above the last completed sync, in the middle of a record too.
final class LedgerDisk {
    /// What is there while the host is up.
    struct Opened {
        let store: ChainStore
        let execution: BlockExecution
        let accounts: AccountDirectory
        fileprivate let log: JournalLog
    }

    let world: LedgerWorld
    private let path: String
    private(set) var opened: Opened?
    /// The transactions of proposals that were found acceptable, by the proposal's digest.
    private var acquired: [Digest: (sequence: Sequence, transactions: [SignedTransaction])] = [:]
    /// Entries that the journal's thread has not written yet: a crash of the process loses them.
    private var waiting: [JournalLog.Entry] = []
    /// Entries ever given, and how many of them are durable.
    private(set) var written = 0
    private(set) var durable = 0
    /// Syncs that are under way: up to which entry, and how long the log was.
    private var syncs: [(position: Int, byteCount: Int)] = []
    private var logPath = ""
    private var durableByteCount = 0
    private var cut: Int?

    init(_ world: LedgerWorld, host: ReplicaID) throws {
        self.world = world
        path = "\(world.folder)/\(host.index)"
        try world.makeDatabase(at: path)
    }

    func open() throws {
        acquired = [:]
        waiting = []
        syncs = []
        written = durable
        cutLog()
        let store = try ChainStore(path: path, chain: world.chain, options: LedgerWorld.databaseOptions)
        let opened = Opened(
            store: store,
            execution: try BlockExecution(store, speculationPath: path + ".speculation"),
            accounts: AccountDirectory(chain: world.chain.id, store: store),
            log: JournalLog(store)
        )
        try beginLog()
        self.opened = opened
    }

    /// RocksDB has begun another log: after opening, and where it wrote its memory to files, which it syncs.
    func beginLog() throws {
        logPath = try latestLog()
        durableByteCount = try byteCount(logPath)
        syncs = syncs.map { (position: $0.position, byteCount: durableByteCount) }
    }

    func close() {
        opened = nil
        waiting = []
        syncs = []
    }

    // MARK: Batches

    func transactions(of proposal: Digest) -> [SignedTransaction]? { acquired[proposal]?.transactions }

    /// From now on it can be executed from memory, and once the journal has come around to it from the log.
    func keepBodies(of proposal: Proposal, _ transactions: [SignedTransaction]) {
        guard acquired[proposal.digest] == nil else { return }
        acquired[proposal.digest] = (proposal.sequence, transactions)
        append([.bodies(proposal.sequence.height, proposal: proposal.digest, transactions)])
    }

    func forget(upTo sequence: Sequence) { acquired = acquired.filter { $0.value.sequence > sequence } }

    // MARK: Journal

    func append(_ entries: [JournalLog.Entry]) {
        waiting += entries
        written += entries.count
    }

    /// The journal's thread comes around to it: everything so far, as one batch.
    func drain(synced: Bool = false) throws {
        guard let opened, !waiting.isEmpty || synced else { return }
        try opened.log.write(waiting, synced: synced)
        waiting = []
    }

    /// Writes everything and begins a sync, which completes later.
    func beginSync() throws {
        guard opened != nil else { return }
        try drain(synced: true)
        syncs.append((position: written, byteCount: try byteCount(logPath)))
    }

    func completeSync(upTo position: Int) {
        durable = max(durable, position)
        for sync in syncs where sync.position <= position { durableByteCount = max(durableByteCount, sync.byteCount) }
        syncs.removeAll { $0.position <= position }
    }

    // MARK: Faults

    /// The process ends; with `losing`, the machine too: the log ends anywhere above what is durable, often right there.
    func crash(losing: Bool, random: inout Random) {
        guard opened != nil else { return }
        close()
        guard losing, let byteCount = try? byteCount(logPath), byteCount > durableByteCount else { return }
        let kept = random.percent(50) ? 0 : random.below(byteCount - durableByteCount + 1)
        cut = durableByteCount + kept
    }

    /// Cuts the log where the crash said. Not at the crash: it may come in the midst of something that keeps the database
    /// open a little longer, and RocksDB would fill the file up again as it closes.
    private func cutLog() {
        if let cut { _ = unsafe truncate(logPath, off_t(cut)) }
        cut = nil
    }

    /// An empty disk.
    func wipe() throws {
        close()
        cut = nil
        try world.makeDatabase(at: path)
    }

    /// Flips one bit of the log of a host that is down; false if there is none.
    func flipBit(random: inout Random) -> Bool {
        cutLog()
        guard opened == nil, let logPath = try? latestLog(), let bytes = FileManager.default.contents(atPath: logPath),
            !bytes.isEmpty
        else { return false }
        var damaged = [UInt8](bytes)
        damaged[random.below(damaged.count)] ^= 1 << UInt8(random.below(8))
        return FileManager.default.createFile(atPath: logPath, contents: Data(damaged))
    }

    /// Flips a bit at the end of one row of the state behind the executor's back, as a fault of its memory or its code
    /// would. The host is down; false if that did not work.
    ///
    /// - Parameter key: of the row; any row without it.
    func changeRow(_ key: [UInt8]? = nil, random: inout Random) -> Bool {
        cutLog()
        do {
            let database = try Database(path: path, chain: world.chain.id, options: LedgerWorld.databaseOptions)
            let rows = try database.scan(.state, from: [], limit: .max).filter { row in
                key.map { $0 == row.key } ?? !row.value.isEmpty
            }
            guard let row = random.pick(rows) else { return false }
            var value = row.value
            value[value.count - 1] ^= 1 << UInt8(random.below(3))
            var batch = database.makeBatch()
            batch.put(.state, row.key, value)
            try database.write(batch, synced: true)
            return true
        } catch { return false }
    }

    // MARK: Files

    private func latestLog() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".log") }
        guard let last = names.max() else { throw StorageError.notFound("a log in \(path)") }
        return "\(path)/\(last)"
    }

    private func byteCount(_ path: String) throws -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw StorageError.io("\(path): \(errno)") }
        return Int(status.st_size)
    }
}
