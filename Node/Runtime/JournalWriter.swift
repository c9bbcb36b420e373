internal import Consensus
internal import Ledger
internal import NIOPosix
internal import Primitives
internal import Storage
internal import Synchronization

/// Writes the replica's journal on a thread of its own, as many entries at a time as have gathered.
///
/// Everything is written in the order in which it was given, into the one log that also carries the blocks. A write that
/// somebody waits for is synced, and carries everything before it; a write that nobody waits for is not.
final class JournalWriter: Sendable {
    enum Entry: Sendable {
        case record(JournalRecord)
        /// The bodies of a proposal, before the vote on it (rule 15).
        case bodies(Height, proposal: Digest, [SignedTransaction])
        /// Somebody hears of it once it is written.
        case certificate(Consensus.Certificate, then: @Sendable () -> Void)
        /// Drop what is behind the certificate of this height, in a write after it (rule 17).
        case trim(upTo: Height)
        /// The arguments of a transaction that proves it.
        case evidence(EquivocationKey, [UInt8])
        /// Governance keeps it from now on.
        case evidenceOnChain(EquivocationKey)
        /// The journal is not the one that the key voted with: from the next start on it is known before the first vote.
        case disowned
    }

    private struct Waiting {
        var entries: [Entry] = []
        var reached: [@Sendable () -> Void] = []
        var isScheduled = false
        var figures = JournalFigures()
    }

    private let store: ChainStore
    private let thread: NIOThreadPool
    private let end: EndSignal
    private let waiting = Mutex(Waiting())

    init(store: ChainStore, thread: NIOThreadPool, end: EndSignal) {
        self.store = store
        self.thread = thread
        self.end = end
    }

    var figures: JournalFigures { waiting.withLock { $0.figures } }

    func append(_ entry: Entry) {
        waiting.withLock { $0.entries.append(entry) }
        schedule()
    }

    /// Calls back, on the journal's thread, once everything appended so far is durable.
    func sync(then reached: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.reached.append(reached) }
        schedule()
    }

    private func schedule() {
        let mustStart = waiting.withLock { waiting -> Bool in
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        guard mustStart else { return }
        thread.submit { state in
            if case .active = state { self.drain() }
        }
    }

    private func drain() {
        while true {
            let (entries, reached) = waiting.withLock { waiting -> ([Entry], [@Sendable () -> Void]) in
                defer {
                    waiting.entries = []
                    waiting.reached = []
                }
                if waiting.entries.isEmpty, waiting.reached.isEmpty { waiting.isScheduled = false }
                return (waiting.entries, waiting.reached)
            }
            guard !entries.isEmpty || !reached.isEmpty else { return }
            do throws(StorageError) {
                try write(entries, synced: !reached.isEmpty)
            } catch {
                // A validator that cannot write its journal may not vote: it stops.
                end.raise(.fault("the journal cannot be written: \(error)"))
                return
            }
            for callback in reached { callback() }
        }
    }

    private func write(_ entries: [Entry], synced: Bool) throws(StorageError) {
        var batch = store.database.makeBatch()
        var trimmed: Height?
        var certificates: [(Height, Ledger.Certificate)] = []
        var waiters: [@Sendable () -> Void] = []
        for entry in entries {
            switch entry {
            case .record(let record): batch.put(.journal, record.key, record.encoded)
            case .bodies(let height, let proposal, let transactions):
                store.putBodies(transactions.map(\.bytes), height: height, proposal: proposal, into: &batch)
            case .certificate(let certificate, let then):
                // Its signers ascend, so it has this form too.
                guard let converted = certificate.forLedger else { continue }
                certificates.append((certificate.height, converted))
                waiters.append(then)
            case .trim(let height): trimmed = max(trimmed ?? height, height)
            case .evidence(let equivocation, let proof): batch.put(.journal, equivocation.journalKey, proof)
            case .evidenceOnChain(let equivocation): batch.delete(.journal, equivocation.journalKey)
            case .disowned: batch.delete(.meta, MetaKey.journal.bytes)
            }
        }
        let top = store.putCertificates(certificates, into: &batch)
        try store.database.write(batch, synced: synced)
        if let top { store.wroteCertificates(upTo: top) }
        for waiter in waiters { waiter() }
        if let trimmed { try trim(upTo: trimmed) }
        waiting.withLock { $0.figures.count(entries: entries.count, synced: synced) }
    }

    private func trim(upTo height: Height) throws(StorageError) {
        var batch = store.database.makeBatch()
        batch.deleteRange(.journal, from: [], to: JournalRecord.keyBound(above: height))
        try store.database.write(batch)
    }
}

/// Figures of the journal for `/metrics`.
struct JournalFigures: Sendable {
    var entries: UInt64 = 0
    var writes: UInt64 = 0
    var syncs: UInt64 = 0

    mutating func count(entries: Int, synced: Bool) {
        self.entries += UInt64(entries)
        writes += 1
        syncs += synced ? 1 : 0
    }
}

extension Consensus.Certificate {
    /// The same certificate in the form in which blocks and proof files carry it.
    var forLedger: Ledger.Certificate? {
        Ledger.Certificate(
            epoch: epoch.number,
            headerDigest: header,
            attestations: signatures.map { .init(index: UInt64($0.signer.index), signature: $0.signature) }
        )
    }
}
