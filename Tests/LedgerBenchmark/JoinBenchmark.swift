import Foundation
import Ledger
import LedgerTesting
import Primitives
import Storage

/// What taking a snapshot costs, beside copying the bytes of the same database: a chain of granted consents with at least
/// so many rows in its state, of which everything but the network is done. `swift run -c release ledger-benchmark join
/// [ROWS]`
enum JoinBenchmark {
    private static let transactionsPerBlock = 2000
    private static let interval: UInt64 = 16

    static func run(rowCount: Int) throws {
        let path = NSTemporaryDirectory() + "akashi-benchmark-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let world = try ChainWorld(validity: 16) { parameters in
            parameters.snapshotInterval = interval
            parameters.exclusion = 8
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let store = try ChainStore(path: path + "/source", chain: world.chain)
        try grow(store, world, rowCount)
        let copied = try time { try store.copy(to: path + "/copy") }
        var audit = ChainAudit(store)
        print("rows in the state: \(try audit.run().rows); all of the chain: \(copied.result >> 20) MiB")
        print("copying the database:        \(copied.text)")
        let files = try time {
            try FileManager.default.copyItem(atPath: path + "/source", toPath: path + "/files")
            try sync(path + "/files")
        }
        print("copying its files, synced:   \(files.text)")
        try join(store, path + "/joined")
    }

    private static func grow(_ store: ChainStore, _ world: ChainWorld, _ rowCount: Int) throws {
        let executor = try Executor(store)
        var rows = 0
        while rows < rowCount || !store.lastExecuted.number.isMultiple(of: interval) {
            let height = store.lastExecuted.number + 1
            let transactions = try (0..<(rows < rowCount ? transactionsPerBlock : 0)).map { index in
                let nonce = height << 20 | UInt64(index)
                return try world.transaction(
                    by: "subject \(nonce % UInt64(ChainWorld.subjectCount))",
                    nonce: nonce,
                    [ChainWorld.grant(world.proposalDigest(nonce), until: ChainWorld.farAhead - nonce % 1000)]
                )
            }
            let block = try executor.execute(world.batch(height, transactions))
            try store.certify(try world.certificate(block.header), at: block.header.height)
            rows += block.changedRowCount
        }
        try store.database.flush()
        store.database.waitForCompaction()
    }

    /// As one peer after the other would answer, encoded and decoded as on the wire.
    private static func join(_ store: ChainStore, _ path: String) throws {
        guard let offer = try store.snapshotOffers().first else { return print("no snapshot") }
        var joined = try SnapshotStore(path: path, chain: store.chain)
        try joined.begin(offer, EpochTrail(store.chain))
        var (serving, taking, byteCount, count) = (Cost(), Cost(), 0, 0)
        while let task = joined.tasks.first {
            count += 1
            switch task {
            case .state(let path, let from):
                let answer = try time {
                    var encoder = CBOREncoder()
                    try store.statePart(at: offer.header.height, path, from: from)?.encode(into: &encoder)
                    return encoder.bytes
                }
                serving += answer.cost
                byteCount += answer.result.count
                taking += try time {
                    var decoder = CBORDecoder(answer.result)
                    _ = try joined.take(try StatePart(from: &decoder), for: task)
                }.cost
            case .blocks(let from, let isWhole):
                let answer = try time {
                    try store.history(from: from, isWhole: isWhole, limit: 64, byteCount: 1 << 20)
                }
                serving += answer.cost
                byteCount += answer.result.reduce(0) { $0 + ($1.content?.transactions.joined().count ?? 0) }
                taking += try time { try joined.take(answer.result, for: task) }.cost
            }
        }
        let end = try time { try joined.finish() }
        joined.database.waitForCompaction()
        taking += end.cost
        print("serving \(count) parts, \(byteCount >> 20) MiB: \(serving.text)")
        print("taking them:                 \(taking.text)")
        print("of that, the end:            \(end.text)")
    }

    // MARK: Costs

    /// Wall time and CPU of the process, in microseconds.
    private struct Cost {
        var wall = 0.0
        var cpu = 0.0

        var text: String { String(format: "%.2f s, %.2f s of CPU", wall / 1_000_000, cpu / 1_000_000) }

        static func += (sum: inout Cost, cost: Cost) {
            sum.wall += cost.wall
            sum.cpu += cost.cpu
        }
    }

    private struct Timed<Result> {
        let result: Result
        let cost: Cost
        var text: String { cost.text }
    }

    private static func time<Result>(_ body: () throws -> Result) rethrows -> Timed<Result> {
        let (start, cpu) = (ContinuousClock.now, cpuMicroseconds())
        let result = try body()
        let wall = (ContinuousClock.now - start) / .microseconds(1)
        return Timed(result: result, cost: Cost(wall: wall, cpu: cpuMicroseconds() - cpu))
    }

    private static func sync(_ path: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            let handle = try FileHandle(forUpdating: URL(filePath: "\(path)/\(name)"))
            try handle.synchronize()
            try handle.close()
        }
    }
}
