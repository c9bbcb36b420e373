import Benchmark
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import Storage

/// A chain of its own whose blocks are executed one after the other.
final class ExecutionBench {
    private static let blockCount = 5
    private let directory: ScratchDirectory
    private let store: ChainStore
    private let executor: Executor
    private let world: ChainWorld
    private let batches: [OrderedBatch]

    init() throws {
        directory = try ScratchDirectory()
        world = try ChainWorld()
        store = try ChainStore(path: directory.path, chain: world.chain)
        executor = try Executor(store)
        let world = world
        batches = try (1...UInt64(ExecutionBench.blockCount)).map { height in
            let transactions = try (0..<100).map { index in
                let nonce = height << 20 | UInt64(index)
                return try world.transaction(
                    by: "subject \(index % ChainWorld.subjectCount)",
                    nonce: nonce,
                    [ChainWorld.grant(world.proposalDigest(nonce), until: ChainWorld.farAhead - nonce % 1000)]
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
    }

    func execute(_ place: Int) throws {
        let block = try executor.execute(batches[place])
        guard block.receipts.allSatisfy({ $0.status == .ok }) else { throw Failure() }
    }

    /// What an own vote waits for, without its sync.
    func writeBodies(_ place: Int) throws {
        let batch = batches[place]
        var write = store.database.makeBatch()
        let digest = world.proposalDigest(batch.height.number)
        store.putBodies(batch.transactions.map(\.bytes), height: batch.height, proposal: digest, into: &write)
        try store.database.write(write)
    }
}

/// A tree of ten thousand keys, of which each block changes a hundred.
final class TreeBench {
    private static let keyCount: UInt64 = 10_000
    private let directory: ScratchDirectory
    private let database: Database
    private var tree: StateTree
    private var height: UInt64 = 0

    init() throws {
        directory = try ScratchDirectory()
        database = try Database(path: directory.path, chain: .zero)
        tree = try StateTree(database, at: .genesis)
        try change(Array(0..<TreeBench.keyCount), isReplacing: false)
    }

    func changeHundred(_ place: Int) throws {
        let start = UInt64(place) * 100 % TreeBench.keyCount
        try change((0..<100).map { (start + $0 * 97) % TreeBench.keyCount }, isReplacing: true)
    }

    private func change(_ numbers: [UInt64], isReplacing: Bool) throws {
        height += 1
        let value = SHA256Function.digest(of: StorageKey.height(height)).bytes
        var batch = database.makeBatch()
        try tree.apply(
            numbers.map { number in
                let key = SHA256Function.digest(of: StorageKey.height(number)).bytes
                return StateTree.Change(key: key, value: value, isReplacing: isReplacing)
            },
            at: Height(height),
            into: &batch
        )
        try database.write(batch)
    }
}

func ledgerStages() throws {
    stage("write the bodies of a block of 100", repetitions: 5) {
        try ExecutionBench()
    } _: { bench, place in
        try bench.writeBodies(place)
    }
    stage("execute and write a block of 100", repetitions: 5) {
        try ExecutionBench()
    } _: { bench, place in
        try bench.execute(place)
    }
    let trees = try TreeBench()
    stage("change 100 of 10000 keys in the state tree", repetitions: 10) {
        trees
    } _: { tree, place in
        try tree.changeHundred(place)
    }
    let event = Event(
        contract: .constant("marketplace"),
        name: .constant("value-moved"),
        fields: [UInt8](repeating: 7, count: 96)
    )
    stage("make the bytes and leaf of a receipt", repetitions: 1000) {
        Digest.zero
    } _: { last, place in
        let receipt = Receipt(
            transaction: Digest(words: (UInt64(place), 1, 2, 3)),
            height: Height(9),
            index: UInt64(place),
            status: .ok,
            events: [event],
            used: 1234
        )
        last = receipt.leaf
    }
}
