package import Consensus
package import Ledger
package import Primitives
internal import Storage
internal import Synchronization

// Where consensus and ledger meet: neither knows the other's words.

extension Header {
    /// What consensus has to know of the block.
    ///
    /// - Parameter boundary: where its epoch ends, where that was known after this block.
    package func summary(boundary: Height?) -> BlockSummary {
        BlockSummary(
            epoch: Epoch(epoch),
            height: height,
            header: digest,
            time: time,
            originView: View(originView),
            proposer: proposer.flatMap { Int(exactly: $0) }.map { ReplicaID($0) },
            boundary: boundary
        )
    }
}

extension Ledger.Certificate {
    /// The form in which the replica carries it; signers out of range do not pass `Certificate.check`.
    package func forConsensus(height: Height) -> Consensus.Certificate {
        Consensus.Certificate(
            epoch: Epoch(epoch),
            height: height,
            header: headerDigest,
            signatures: entries.map {
                IndexedSignature(signer: ReplicaID(Int(clamping: $0.index)), signature: $0.signature)
            }
        )
    }
}

extension ChainStore {
    /// Every promise of the own replica. A record that does not decode is a damaged journal: the replica may not vote on
    /// what it half remembers.
    ///
    /// Records of the epoch before are there too, until the next ones replace them. They name validators that the present
    /// epoch may not have any more, so the bound on indexes is that of any epoch; the replica passes over them.
    package func journalRecords(
        window: Int,
        batchLimit: Int,
        hashing: Hashing
    ) throws -> [JournalRecord] {
        let limits = MessageLimits(replicas: ValidatorSet.greatestCount, window: window, references: batchLimit)
        var records: [JournalRecord] = []
        for entry in try database.scan(.journal, from: [], limit: .max) {
            guard !entry.key.starts(with: EquivocationKey.journalPrefix) else { continue }
            do {
                records.append(try JournalRecord(decoding: entry.value, limits: limits, hashing: hashing))
            } catch {
                throw ConfigurationError(
                    "the journal has a damaged record under \(Hex.encode(entry.key)); this validator may not vote again "
                        + "under its key"
                )
            }
        }
        return records
    }
}
