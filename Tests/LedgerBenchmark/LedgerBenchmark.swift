import Foundation
import Ledger
import LedgerCrypto
import Primitives
import Storage

/// What the state costs: CPU per changed key of tree and flat rows, with flushes and compaction drained, at growing
/// numbers of keys. `swift run -c release ledger-benchmark [KEYS …]`
@main
enum LedgerBenchmark {
    static let changesPerBlock = 1000
    static let measuredBlocks = 100

    static func main() throws {
        if CommandLine.arguments.dropFirst().first == "execute" {
            let count = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) }
            return try ExecutionBenchmark.run(transactionsPerBlock: count ?? 1000)
        }
        if CommandLine.arguments.dropFirst().first == "join" {
            let count = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) }
            return try JoinBenchmark.run(rowCount: count ?? 1_000_000)
        }
        let counts = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let hashing = try hashCost()
        print("one hash of two digests: \(format(hashing)) us, one ES256K verification: \(format(verification())) us")
        print("keys        tree  flat+undo  background  together  reading  bytes/key on disk")
        for count in counts.isEmpty ? [10_000, 100_000, 1_000_000] : counts { try measure(count) }
    }

    private static func measure(_ keyCount: Int) throws {
        let path = NSTemporaryDirectory() + "akashi-benchmark-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let database = try Database(path: path, chain: .zero)
        var bench = try StateBench(database)
        while bench.keyCount < keyCount {
            try bench.block(inserts: min(10_000, keyCount - bench.keyCount), updates: 0)
        }
        try database.flush()
        bench.reset()
        let (start, ownStart) = (cpuMicroseconds(), cpuMicroseconds(ofThread: true))
        for _ in 0..<measuredBlocks {
            try bench.block(inserts: changesPerBlock / 5, updates: changesPerBlock * 4 / 5)
        }
        try database.flush()
        database.waitForCompaction()
        let own = cpuMicroseconds(ofThread: true) - ownStart
        let background = cpuMicroseconds() - start - own
        let changes = Double(changesPerBlock * measuredBlocks)
        let columns = [
            bench.tree / changes, bench.flat / changes, background / changes,
            (bench.tree + bench.flat + background) / changes, bench.reading / changes,
        ]
        let bytes = try byteCount(path) / bench.keyCount
        print("\(keyCount)".padded(8), columns.map { format($0).padded(9) }.joined(separator: "  "), bytes)
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

    private static func byteCount(_ path: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { total, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
            return total + (attributes[.size] as? Int ?? 0)
        }
    }

    private static func format(_ number: Double) -> String { String(format: "%.2f", number) }
}

/// Blocks of random changes, written as the executor writes them.
struct StateBench {
    private(set) var keyCount = 0
    private(set) var tree = 0.0
    private(set) var flat = 0.0
    private(set) var reading = 0.0
    private let database: Database
    private var stateTree: StateTree
    private var height: UInt64 = 0
    /// Xorshift: the system's generator would show in the figures.
    private var random: UInt64 = 88_172_645_463_325_252

    init(_ database: Database) throws {
        self.database = database
        stateTree = try StateTree(database, at: .genesis)
    }

    mutating func reset() { (tree, flat, reading) = (0, 0, 0) }

    mutating func block(inserts: Int, updates: Int) throws {
        height += 1
        var numbers: Set<Int> = []
        while numbers.count < updates { numbers.insert(nextNumber(below: keyCount)) }
        let isReplacing = updates > 0 ? keyCount : 0
        for number in keyCount..<(keyCount + inserts) { numbers.insert(number) }
        let keys = numbers.map { (number: $0, key: StateBench.key($0)) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let readStart = cpuMicroseconds(ofThread: true)
        var undo = CBOREncoder(capacity: keys.count * 200)
        undo.array(keys.count)
        for (_, key) in keys {
            undo.array(2)
            undo.byteString(key)
            if let before = try database.get(.state, key) { undo.byteString(before) } else { undo.null() }
        }
        let flatStart = cpuMicroseconds(ofThread: true)
        var batch = database.makeBatch()
        let value = StateBench.value(height)
        for (_, key) in keys { batch.put(.state, key, value) }
        batch.put(.undo, StorageKey.height(height), undo.bytes)
        let treeStart = cpuMicroseconds(ofThread: true)
        try stateTree.apply(
            keys.map { StateTree.Change(key: $0.key, value: value, isReplacing: $0.number < isReplacing) },
            at: Height(height),
            into: &batch
        )
        let writeStart = cpuMicroseconds(ofThread: true)
        try database.write(batch)
        let end = cpuMicroseconds(ofThread: true)
        // The write is of both: counted by its share of keys, three nodes to one row.
        reading += flatStart - readStart
        flat += treeStart - flatStart + (end - writeStart) / 4
        tree += writeStart - treeStart + (end - writeStart) * 3 / 4
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

/// User and system time of the process, all threads, or of this thread alone.
func cpuMicroseconds(ofThread: Bool = false) -> Double {
    var usage = rusage()
    // RUSAGE_THREAD is 1; the C header hides it from Swift.
    let who = ofThread ? 1 : __rusage_who_t(RUSAGE_SELF.rawValue)
    guard unsafe getrusage(who, &usage) == 0 else { return 0 }
    func microseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1_000_000 + Double(time.tv_usec) }
    return microseconds(usage.ru_utime) + microseconds(usage.ru_stime)
}

extension String {
    func padded(_ count: Int) -> String { padding(toLength: count, withPad: " ", startingAt: 0) }
}
