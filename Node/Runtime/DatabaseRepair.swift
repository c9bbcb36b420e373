internal import FoundationEssentials
internal import Ledger
internal import LedgerCrypto
package import Logging
internal import PeerNetwork
package import Primitives
internal import Storage

/// Makes the damaged database of a stopped node anew beside it, and puts it in its place.
///
/// Nothing of the old one is believed: the state comes as a snapshot does, part by part, each proven under a certified root, from
/// the old database where it can still be read and from others where not; blocks, receipts and certificates come in the same
/// way, as far down as the old one had them; what was certified above the snapshot is executed again. What comes out is checked
/// as a whole. The journal is taken over as it is or not at all, so that the key never votes twice.
package struct DatabaseRepair: Sendable {
    package struct Report: Sendable {
        /// What was wrong, the first of it.
        package let found: String
        package let height: Height
        /// Blocks from here on are whole.
        package let blocksFrom: Height
        /// States from here on are kept.
        package let statesFrom: Height
        /// Nil where there was none: this home's key has not voted with it.
        package let keepsJournal: Bool?
        /// Where the damaged database lies now.
        package let damaged: String
    }

    private let configuration: NodeConfiguration
    private let chain: Chain
    private let version: String
    private let logger: Logger

    private var data: String { configuration.dataPath }
    private var repairing: String { data + ".repairing" }
    private var damaged: String { data + ".damaged" }

    package init(_ configuration: NodeConfiguration, version: String, logger: Logger) throws {
        self.configuration = configuration
        self.version = version
        self.logger = logger
        chain = try Node.readGenesis(configuration.genesisPath)
    }

    /// - Parameter replaying: execute all blocks again instead of taking a snapshot, so that the states of all heights are there.
    /// - Returns: nil where nothing is damaged, and nothing was changed.
    /// - Throws: `ConfigurationError` or a fault; the old database is as it was then.
    package func run(replaying: Bool) async throws -> Report? {
        guard FileManager.default.fileExists(atPath: data) else {
            throw ConfigurationError("\(data): there is no database")
        }
        let lock = try DatabaseLock(data)
        defer { withExtendedLifetime(lock) {} }
        guard !FileManager.default.fileExists(atPath: damaged) else {
            throw ConfigurationError("\(damaged): is there from an earlier repair; move it away first")
        }
        let (found, heights, keepsJournal) = try await renew(replaying: replaying)
        guard let found, let heights else { return nil }
        try SnapshotAdoption.replace(data, by: repairing, keeping: damaged)
        return Report(
            found: found,
            height: heights.last,
            blocksFrom: heights.blocks,
            statesFrom: heights.states,
            keepsJournal: keepsJournal,
            damaged: damaged
        )
    }

    private typealias Heights = (last: Height, blocks: Height, states: Height)

    /// All databases are closed when it returns.
    private func renew(replaying: Bool) async throws -> (found: String?, heights: Heights?, keepsJournal: Bool?) {
        let old = try DamagedDatabase(data, chain)
        logger.notice("reading what is there", metadata: ["data": "\(data)"])
        guard let found = old.finding() else { return (nil, nil, nil) }
        logger.notice("damaged", metadata: ["found": "\(found)"])
        let peers = try RepairPeers(configuration, old, chain, version: version, logger: logger)
        let heights: Heights
        do {
            heights = try await build(from: old, peers, replaying: replaying)
        } catch {
            await peers.close()
            throw error
        }
        await peers.close()
        return (found, heights, try takeJournal(of: old))
    }

    private func build(from old: DamagedDatabase, _ peers: RepairPeers, replaying: Bool) async throws -> Heights {
        let isTaken = replaying ? false : try await takeSnapshot(old, peers)
        if !isTaken { try? FileManager.default.removeItem(atPath: repairing) }
        let store = try ChainStore(path: repairing, chain: chain)
        try await replay(onto: store, from: old, peers)
        logger.notice("checking what came out", metadata: ["height": "\(store.lastExecuted.number)"])
        var audit = ChainAudit(store)
        _ = try audit.run()
        try onStorage { () throws(StorageError) in try store.database.flush() }
        return (last: store.lastExecuted, blocks: max(Height(1), store.lowest), states: store.stateFloor)
    }

    /// - Returns: false where nobody offers one, as of a chain that is too short for any.
    private func takeSnapshot(_ old: DamagedDatabase, _ peers: RepairPeers) async throws -> Bool {
        let join = SnapshotJoin(
            chain: chain,
            path: repairing,
            reach: old.store.map { SnapshotScope.Reach(of: $0) },
            sources: peers.sources,
            logger: logger
        )
        do {
            let height = try await join.run(above: .genesis)
            await join.stop()
            return height != nil
        } catch {
            await join.stop()
            throw error
        }
    }

    /// Executes what was certified here above the snapshot. Where it is unknown how far that was, the node that starts on
    /// it hears it from the others.
    private func replay(onto store: ChainStore, from old: DamagedDatabase, _ peers: RepairPeers) async throws {
        let execution = try BlockExecution(store, speculationPath: repairing + ".speculation")
        let target = old.certified ?? (store.joined == .genesis ? Height(.max) : .genesis)
        while store.lastCertified < target {
            let next = store.lastExecuted.advanced(by: 1)
            let validators = try store.epoch(above: store.lastExecuted).validators
            let isDone = try await peers.offer(blocksFrom: next) { blocks in
                guard SyncBlock.proven(blocks, from: next, chain: chain.id, by: validators) != nil else { return false }
                return try install(blocks, by: execution, store)
            }
            guard isDone else {
                guard old.certified != nil else { return }
                throw ConfigurationError(
                    "block \(next.number) was certified here, cannot be read, and nobody who answers has it"
                )
            }
        }
    }

    /// - Returns: false where it is the fault of whoever sent them.
    private func install(_ blocks: [SyncBlock], by execution: BlockExecution, _ store: ChainStore) throws -> Bool {
        let outcome = execution.install(blocks)
        for made in outcome.made {
            guard let certificate = made.certificate else { continue }
            try store.certify(certificate, at: made.block.header.height)
        }
        switch outcome.fault {
        case nil: return true
        case .peer?: return false
        case .own(let reason)?: throw ConfigurationError(reason)
        case .divergence(let own, let expected)?: throw LedgerFault.divergent(own: own, expected: expected)
        }
    }

    /// A journal of which one record cannot be read is none: it may be the vote that must not be contradicted.
    private func takeJournal(of old: DamagedDatabase) throws -> Bool? {
        let key = try KeyFiles(configuration).presentKey().publicKey
        let new = try SnapshotStore(path: repairing, chain: chain)
        guard let database = old.database else { return false }
        do {
            guard try database.get(.meta, MetaKey.journal.bytes) != nil else { return nil }
            try new.takeJournal(of: database, key: key)
            return try new.database.get(.meta, MetaKey.journal.bytes) != nil
        } catch {
            logger.error("the journal cannot be read", metadata: ["why": "\(error)"])
            return false
        }
    }

    private func onStorage<Result>(_ body: () throws(StorageError) -> Result) throws(LedgerFault) -> Result {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }
}

/// As much of a damaged database as can be opened, for reading.
struct DamagedDatabase: Sendable {
    /// Nil where not even that is possible.
    let database: Database?
    let store: ChainStore?
    /// The height that was certified here, where it is known.
    let certified: Height?
    private let refusal: String?

    init(_ path: String, _ chain: Chain) throws {
        do throws(StorageError) {
            let database = try Database(readingAt: path, besideWriter: false)
            let found = try database.require(.meta, MetaKey.chain.bytes)
            guard found == chain.id.bytes else {
                throw .otherChain(found: Digest(found) ?? .zero, expected: chain.id)
            }
            self.database = database
        } catch {
            switch error {
            case .newerSchema, .olderSchema, .otherChain: throw error
            case .io, .corruption, .notFound, .locked, .refused: break
            }
            (database, store, certified, refusal) = (nil, nil, nil, "\(error)")
            return
        }
        do throws(LedgerFault) {
            store = try database.map { database throws(LedgerFault) in try ChainStore(database, chain: chain) }
            refusal = nil
        } catch {
            (store, refusal) = (nil, "\(error)")
        }
        let height = try? database?.get(.meta, MetaKey.certified.bytes)
        certified = height.flatMap { StorageKey.height(of: $0) }.map { Height($0) }
    }

    /// What is wrong, the first of it.
    func finding() -> String? {
        guard let store else { return refusal }
        var audit = ChainAudit(store)
        do {
            _ = try audit.run()
            return nil
        } catch { return "\(error)" }
    }
}
