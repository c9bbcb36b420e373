package import Consensus
package import Ledger
package import Primitives
package import Storage
internal import Synchronization

/// What goes into the journal's log and how: several entries as one batch, in the order in which they were given.
package final class JournalLog: Sendable {
    package enum Entry: Sendable {
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

    private let store: ChainStore
    /// Up to where this process has trimmed.
    private let trimmed = Mutex<Height?>(nil)

    package init(_ store: ChainStore) { self.store = store }

    package func write(_ entries: [Entry], synced: Bool) throws(StorageError) {
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
    }

    /// Ranges that are dropped follow one another and never overlap: whoever reads the log pays for each pair of those
    /// that do. Only the first begins at the beginning, for what a process before this one left.
    private func trim(upTo height: Height) throws(StorageError) {
        let before = trimmed.withLock { $0 }
        if let before, before >= height { return }
        var batch = store.database.makeBatch()
        let start = before.map { JournalRecord.keyBound(above: $0) } ?? []
        batch.deleteRange(.journal, from: start, to: JournalRecord.keyBound(above: height))
        try store.database.write(batch)
        trimmed.withLock { $0 = height }
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
