import Foundation
import Ledger
import LedgerCrypto
import Primitives
import Storage

/// What the state costs: CPU per changed key of tree and flat rows at growing numbers of keys.
///
/// A block changes 1,000 keys, 800 old ones and 200 new ones, drawn from all keys alike, which no cache can help with.
/// What is counted is all CPU of the process, threads of RocksDB included, from the reading of the rows as they were to
/// the last flush and compaction that the blocks led to; only the drawing of keys is taken off.
enum StateBenchmark {
    static let changesPerBlock = 1000
    static let measuredBlocks = 300

    static func run(keyCounts: [Int]) throws {
        let hashing = format(try hashCost())
        show("one hash of two digests: \(hashing) us, one ES256K verification: \(format(verification())) us")
        show("per changed key, us of CPU; update is all but reading:")
        show("keys        all       update    reading   flat      tree      writing   background  bytes/key on disk")
        for count in keyCounts { try withScratchDirectory { try measure(count, $0) } }
    }

    private static func measure(_ keyCount: Int, _ path: String) throws {
        let database = try Database(path: path, chain: .zero)
        var bench = try StateBench(database)
        while bench.keyCount < keyCount {
            try bench.block(inserts: min(10_000, keyCount - bench.keyCount), updates: 0)
        }
        try database.flush()
        database.waitForCompaction()
        bench.reset()
        let (start, ownStart) = (cpuMicroseconds(), cpuMicroseconds(ofThread: true))
        for _ in 0..<measuredBlocks {
            try bench.block(inserts: changesPerBlock / 5, updates: changesPerBlock * 4 / 5)
        }
        let flushStart = cpuMicroseconds(ofThread: true)
        try database.flush()
        let flushed = cpuMicroseconds(ofThread: true) - flushStart
        // It waits by looking again and again, which is not the state's cost.
        database.waitForCompaction()
        let own = bench.reading + bench.flat + bench.tree + bench.writing + flushed
        let background = cpuMicroseconds() - start - (cpuMicroseconds(ofThread: true) - ownStart)
        let changes = Double(changesPerBlock * measuredBlocks)
        let columns = [
            own + background, own + background - bench.reading, bench.reading, bench.flat, bench.tree,
            bench.writing + flushed, background,
        ]
        let bytes = try byteCount(ofDirectory: path) / bench.keyCount
        let row = columns.map { format($0 / changes).padded(8) }.joined(separator: "  ")
        show("\(keyCount)".padded(12) + row + "  \(bytes)")
    }

    private static func hashCost() throws -> Double {
        var digest = SHA256Function.digest(of: [1])
        let start = cpuMicroseconds()
        for _ in 0..<100_000 { digest = StateHash.inner(digest, digest) }
        return (cpuMicroseconds() - start) / 100_000
    }

    /// The yardstick: machines differ, ratios less.
    private static func verification() -> Double {
        let key = PrivateKey.generate()
        let digest = SHA256Function.digest(of: [1])
        let signature = key.sign(digest: digest)
        guard let verifier = VerificationKey(key.publicKey) else { return 0 }
        let start = cpuMicroseconds()
        for _ in 0..<2000 where !verifier.verify(signature, over: digest) { return 0 }
        return (cpuMicroseconds() - start) / 2000
    }
}

/// Blocks of random changes, written as the executor writes them.
struct StateBench {
    private(set) var keyCount = 0
    private(set) var reading = 0.0
    private(set) var flat = 0.0
    private(set) var tree = 0.0
    private(set) var writing = 0.0
    private let database: Database
    private var stateTree: StateTree
    private var height: UInt64 = 0
    /// Xorshift: the system's generator would show in the figures.
    private var random: UInt64 = 88_172_645_463_325_252

    init(_ database: Database) throws {
        self.database = database
        stateTree = try StateTree(database, at: .genesis)
    }

    mutating func reset() { (reading, flat, tree, writing) = (0, 0, 0, 0) }

    mutating func block(inserts: Int, updates: Int) throws {
        height += 1
        var numbers: Set<Int> = []
        while numbers.count < updates { numbers.insert(nextNumber(below: keyCount)) }
        let isReplacing = updates > 0 ? keyCount : 0
        for number in keyCount..<(keyCount + inserts) { numbers.insert(number) }
        let keys = numbers.map { (number: $0, key: StateBench.key($0)) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let start = cpuMicroseconds(ofThread: true)
        var rows: [[UInt8]?] = []
        rows.reserveCapacity(keys.count)
        for (_, key) in keys { rows.append(try database.get(.state, key)) }
        let read = cpuMicroseconds(ofThread: true)
        var batch = database.makeBatch()
        let value = StateBench.value(height)
        var undo = CBOREncoder(capacity: keys.count * 200)
        undo.array(keys.count)
        for (position, (_, key)) in keys.enumerated() {
            batch.put(.state, key, value)
            undo.array(2)
            undo.byteString(key)
            if let before = rows[position] { undo.byteString(before) } else { undo.null() }
        }
        batch.put(.undo, StorageKey.height(height), undo.bytes)
        let staged = cpuMicroseconds(ofThread: true)
        try stateTree.apply(
            keys.map { StateTree.Change(key: $0.key, value: value, isReplacing: $0.number < isReplacing) },
            at: Height(height),
            into: &batch
        )
        let updated = cpuMicroseconds(ofThread: true)
        try database.write(batch)
        writing += cpuMicroseconds(ofThread: true) - updated
        reading += read - start
        flat += staged - read
        tree += updated - staged
        keyCount += inserts
    }

    private mutating func nextNumber(below bound: Int) -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(truncatingIfNeeded: random % UInt64(bound))
    }

    private static func key(_ number: Int) -> [UInt8] {
        [3, 1] + SHA256Function.digest(of: StorageKey.height(UInt64(number))).bytes
    }

    private static func value(_ height: UInt64) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: height), count: 120)
    }
}
