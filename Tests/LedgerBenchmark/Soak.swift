import Foundation
import Ledger
import LedgerTesting
import Primitives
import Storage

/// A long chain through the executor, and what a transaction costs as it grows.
///
/// Each transaction grants five consents with a deadline, as the contract does it: ten leaves of the state tree, and
/// five rows that are none. A block has a hundred. Before 10 thousand keys, 100 thousand and so on, a stretch of blocks
/// is measured. Nothing is pruned: what is on disk is all there ever was.
struct Soak {
    static let transactionsPerBlock = 100
    static let grantsPerTransaction = 5
    static let keysPerBlock = transactionsPerBlock * grantsPerTransaction * 2

    private let path: String
    private let world: ChainWorld
    private let store: ChainStore
    private let executor: Executor

    init(in path: String) throws {
        self.path = path
        world = try ChainWorld()
        store = try ChainStore(path: path, chain: world.chain)
        executor = try Executor(store) { UInt64(cpuMicroseconds(ofThread: true) * 1000) }
    }

    func run(upTo keyCount: Int) throws {
        show("per transaction of ten keys: us of CPU of all threads, and bytes on disk")
        show(
            "keys      contracts  block     state     writing   background  all but state  "
                + "bytes tree  state     other     resident MiB"
        )
        var milestone = 10_000
        while milestone <= keyCount {
            let last = milestone / Soak.keysPerBlock
            // The last fifth, or all where that is very little.
            let first = max(Int(store.lastExecuted.number), last - max(10, min(last / 5, 1000)))
            try extend(to: first)
            try drain()
            let before = Sample(executor)
            let generating = try extend(to: last)
            try drain()
            report(milestone, Sample(executor), since: before, generating: generating, last - first)
            milestone *= 10
        }
    }

    /// - Returns: CPU for making the transactions, which is not the chain's.
    @discardableResult
    private func extend(to last: Int) throws -> Double {
        var generating = 0.0
        while store.lastExecuted.number < UInt64(last) {
            let start = cpuMicroseconds(ofThread: true)
            let batch = try batch(store.lastExecuted.number + 1)
            generating += cpuMicroseconds(ofThread: true) - start
            let block = try executor.execute(batch)
            guard block.receipts.allSatisfy({ $0.status == .ok }), block.droppedCount == 0 else { throw Failed() }
        }
        return generating
    }

    private func drain() throws {
        try store.database.flush()
        store.database.waitForCompaction()
    }

    private func batch(_ height: UInt64) throws -> OrderedBatch {
        let transactions = try (0..<Soak.transactionsPerBlock).map { index in
            let nonce = height * UInt64(Soak.transactionsPerBlock) + UInt64(index)
            let calls = try (0..<Soak.grantsPerTransaction).map { grant in
                let number = nonce * UInt64(Soak.grantsPerTransaction) + UInt64(grant)
                return try ChainWorld.grant(world.proposalDigest(number), until: ChainWorld.farAhead - number % 10_000)
            }
            let name = "subject \(nonce % UInt64(ChainWorld.subjectCount))"
            return try world.transaction(by: name, nonce: nonce, validUntil: height + 100, calls)
        }
        return world.batch(height, transactions)
    }

    private func report(_ keys: Int, _ now: Sample, since before: Sample, generating: Double, _ blockCount: Int) {
        let count = Double(blockCount * Soak.transactionsPerBlock)
        let stages = ExecutionCosts.Stage.allCases.map { Double(now[$0] - before[$0]) / 1000 / count }
        let all = (now.process - before.process - generating) / count
        let background = (now.process - before.process - (now.thread - before.thread)) / count
        let columns = [stages[0], stages[2], stages[1], stages[3], background, all - stages[1]]
        let total = Double(Int(store.lastExecuted.number) * Soak.transactionsPerBlock)
        func bytes(_ families: [ColumnFamily]) -> String {
            let sum = families.reduce(0) { sum, family in
                sum + (store.database.property("rocksdb.live-sst-files-size", of: family) ?? 0)
            }
            return "\(Int(Double(sum) / total))".padded(8)
        }
        let trees: [ColumnFamily] = [.tree, .stale]
        let others = ColumnFamily.allCases.filter { !trees.contains($0) && $0 != .state }
        let figures = columns.map { format($0).padded(9) }
        let sizes = [bytes(trees), bytes([.state]), bytes(others), "\(Sample.residentMebibytes)"]
        show((["\(keys)".padded(8)] + figures + sizes).joined(separator: "  "))
    }

    struct Failed: Error {}

    /// The counters at one moment.
    private struct Sample {
        let process = cpuMicroseconds()
        let thread = cpuMicroseconds(ofThread: true)
        private let costs: ExecutionCosts?

        init(_ executor: Executor) { costs = executor.costs }

        subscript(stage: ExecutionCosts.Stage) -> UInt64 { costs?[stage] ?? 0 }

        static var residentMebibytes: Int {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
            return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
        }
    }
}
