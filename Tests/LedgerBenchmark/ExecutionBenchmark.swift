import Foundation
import Ledger
import LedgerTesting
import Primitives
import Storage

/// What a whole block costs, signatures apart: CPU per transaction of the executor with its one batch, and of the
/// synced journal write with the bodies before it. `swift run -c release ledger-benchmark execute [TRANSACTIONS]`
enum ExecutionBenchmark {
    static let blocks = 40

    static func run(transactionsPerBlock: Int) throws {
        try withScratchDirectory { try run(transactionsPerBlock: transactionsPerBlock, in: $0) }
    }

    private static func run(transactionsPerBlock: Int, in path: String) throws {
        let world = try ChainWorld()
        let store = try ChainStore(path: path, chain: world.chain)
        let executor = try Executor(store)
        let batches = try (0..<blocks).map { try batch(UInt64($0) + 1, transactionsPerBlock, world) }
        var (journal, execution, rows) = (0.0, 0.0, 0)
        let start = cpuMicroseconds()
        for batch in batches {
            let before = cpuMicroseconds()
            var bodies = store.database.makeBatch()
            let digest = world.proposalDigest(batch.height.number)
            store.putBodies(batch.transactions.map(\.bytes), height: batch.height, proposal: digest, into: &bodies)
            try store.database.write(bodies, synced: true)
            let middle = cpuMicroseconds()
            let block = try executor.execute(batch)
            guard block.receipts.allSatisfy({ $0.status == .ok }) else { throw BenchmarkError.failed }
            execution += cpuMicroseconds() - middle
            journal += middle - before
            rows += block.changedRowCount
        }
        try store.database.flush()
        store.database.waitForCompaction()
        let total = cpuMicroseconds() - start
        let count = Double(blocks * transactionsPerBlock)
        print("per transaction, \(transactionsPerBlock) in a block, each a granted consent with a deadline:")
        print("all \(format(total / count)) us, execution \(format(execution / count)) us,")
        print("journal \(format(journal / count)) us, changed rows \(format(Double(rows) / count))")
    }

    private static func batch(_ height: UInt64, _ count: Int, _ world: ChainWorld) throws -> OrderedBatch {
        let transactions = try (0..<count).map { index in
            let nonce = height << 20 | UInt64(index)
            let name = "subject \(nonce % UInt64(ChainWorld.subjectCount))"
            let consent = world.proposalDigest(nonce)
            return try world.transaction(
                by: name,
                nonce: nonce,
                [ChainWorld.grant(consent, until: ChainWorld.farAhead - nonce % 1000)]
            )
        }
        return OrderedBatch(
            height: Height(height),
            originView: 0,
            proposer: 0,
            time: ChainWorld.genesisTime + height,
            transactions: transactions,
            bodies: .stored(world.proposalDigest(height))
        )
    }

    enum BenchmarkError: Error { case failed }
}
