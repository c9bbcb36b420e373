package import Consensus
internal import FoundationEssentials
package import Ledger
package import Primitives
internal import Storage

/// Executes what consensus ordered and what peers prove, one call after the other. The execution service gives it a thread
/// of its own; the simulator calls it as it stands.
package final class BlockExecution: Sendable {
    /// A batch to execute, with its transactions where they are at hand.
    package struct Work: Sendable {
        package let epoch: UInt64
        package let height: Height
        package let batch: Batch
        /// Nil: they are in the store, written before the vote on them.
        package let transactions: [SignedTransaction]?

        package init(epoch: UInt64, height: Height, batch: Batch, transactions: [SignedTransaction]?) {
            self.epoch = epoch
            self.height = height
            self.batch = batch
            self.transactions = transactions
        }
    }

    /// A block that is on the own chain now.
    package struct Made: Sendable {
        package let block: ExecutedBlock
        /// Of everything that was ordered, what execution dropped because it had been executed before too.
        package let ids: [Digest]
        /// The one that it came with, from a peer.
        package let certificate: Ledger.Certificate?

        package var summary: BlockSummary { block.header.summary(boundary: block.boundary) }
    }

    package enum Outcome: Sendable {
        case executed([Made])
        /// The batches do not make the certified header; nothing was kept (rule 19).
        case discarded
        /// The chain has this height already.
        case alreadyThere
        /// A certificate names another header than the one that comes out; nothing was kept (rule 27).
        case divergent(BlockChanges, expected: Digest)
        case failed(String)
    }

    /// Why installing went no further.
    package enum Fault: Sendable {
        case peer(String)
        case divergence(BlockChanges, expected: Digest)
        case own(String)
    }

    /// How far installing came.
    package struct Installation: Sendable {
        package let made: [Made]
        package let fault: Fault?
    }

    private let store: ChainStore
    private let executor: Executor
    private let speculationPath: String

    package init(_ store: ChainStore, speculationPath: String) throws {
        self.store = store
        self.speculationPath = speculationPath
        executor = try Executor(store)
    }

    // MARK: Ordered batches

    /// - Parameter expected: keep the blocks only if the last one has this header (rule 19).
    package func execute(_ work: [Work], expected: Digest?) -> Outcome {
        guard let first = work.first, first.height > store.lastExecuted else {
            return expected == nil ? .alreadyThere : .discarded
        }
        do {
            let batches = try work.map { try orderedBatch($0) }
            if let expected, try speculate(batches) != expected { return .discarded }
            return .executed(
                try batches.map { batch in
                    let ids = batch.transactions.map(\.id)
                    return Made(block: try executor.execute(batch), ids: ids, certificate: nil)
                }
            )
        } catch LedgerFault.divergent(let own, let expected) {
            return .divergent(own, expected: expected)
        } catch { return .failed("\(error)") }
    }

    private func orderedBatch(_ work: Work) throws -> OrderedBatch {
        guard case .proposal(let proposal) = work.batch else { return OrderedBatch(nullAt: work.height) }
        return OrderedBatch(
            height: work.height,
            originView: proposal.originView.number,
            proposer: UInt64(proposal.proposer.index),
            time: proposal.time,
            transactions: try work.transactions ?? stored(proposal),
            bodies: proposal.references.isEmpty ? .none : .stored(proposal.digest)
        )
    }

    private func stored(_ proposal: Proposal) throws -> [SignedTransaction] {
        let height = proposal.sequence.height
        guard let bodies = try store.bodies(height: height, proposal: proposal.digest) else {
            guard proposal.references.isEmpty else {
                throw ConfigurationError("the bodies of batch \(height.number) are not in the store")
            }
            return []
        }
        return try decode(bodies)
    }

    private func decode(_ bodies: [[UInt8]]) throws -> [SignedTransaction] {
        let limits = store.chain.genesis.parameters.transactionLimits
        return try bodies.map { bytes in try SignedTransaction(decoding: bytes, limits: limits) }
    }

    /// The header that the batches lead to, found on a copy: prepared batches are not committed, so nothing of them may
    /// reach the chain before the header is known to be the certified one. It happens after a power failure of all.
    private func speculate(_ batches: [OrderedBatch]) throws -> Digest? {
        try? FileManager.default.removeItem(atPath: speculationPath)
        try store.database.checkpoint(at: speculationPath)
        defer { try? FileManager.default.removeItem(atPath: speculationPath) }
        let copy = try Executor(try ChainStore(path: speculationPath, chain: store.chain))
        var last: Digest?
        for batch in batches {
            do throws(LedgerFault) {
                last = try copy.execute(batch).headerDigest
            } catch .divergent {
                return nil
            }
        }
        return last
    }

    // MARK: Catching up

    /// Executes certified blocks from a peer. A header that comes out otherwise is a divergence of this node.
    package func install(_ blocks: [SyncBlock]) -> Installation {
        var made: [Made] = []
        do {
            for block in blocks where block.header.height > store.lastExecuted { made.append(try install(block)) }
            return Installation(made: made, fault: nil)
        } catch let lie as PeerLie {
            return Installation(made: made, fault: .peer(lie.reason))
        } catch LedgerFault.divergent(let own, let expected) {
            return Installation(made: made, fault: .divergence(own, expected: expected))
        } catch { return Installation(made: made, fault: .own("\(error)")) }
    }

    private func install(_ block: SyncBlock) throws -> Made {
        guard block.header.height == store.lastExecuted.advanced(by: 1) else {
            throw PeerLie(reason: "block \(block.header.height.number) does not follow")
        }
        guard Block(header: block.header, transactions: block.bodies).isConsistent else {
            throw PeerLie(reason: "block \(block.header.height.number) has other transactions than its header says")
        }
        // Nothing is written where the header comes out otherwise.
        let executed = try executor.execute(
            OrderedBatch(of: block.header, transactions: try decode(block.bodies)),
            expecting: block.header.digest
        )
        return Made(block: executed, ids: executed.transactions.map(\.id), certificate: block.certificate)
    }
}

/// A peer's block does not hold what its header says.
private struct PeerLie: Error {
    let reason: String
}
