import Governance
import Ledger
import LedgerTesting
import Primitives

/// A chain of several epochs with transactions, failures, deadlines, and heights without a certificate of their own, and what
/// stands in it.
final class KeptHistory {
    let world: ChainWorld
    let directory: TemporaryDirectory
    private(set) var store: ChainStore
    private(set) var executor: Executor
    private(set) var blocks: [ExecutedBlock] = []
    /// By epoch, the names of which the validators' keys are made.
    private var names = [(0..<4).map { "validator \($0)" }]

    static let validity: UInt64 = 16
    static let interval: UInt64 = 16
    /// A validator gets a new key at every such height, which ends the epoch a window later.
    private static let epochLength: UInt64 = 20

    init(_ count: UInt64) throws {
        world = try ChainWorld(window: 4, validity: Self.validity, snapshotInterval: Self.interval)
        directory = try TemporaryDirectory()
        store = try ChainStore(path: directory.path, chain: world.chain)
        executor = try Executor(store)
        for _ in 0..<count { try grow() }
    }

    /// Makes the next block.
    func grow() throws {
        let height = store.lastExecuted.number + 1
        var batch = try world.ordinaryBatch(height, size: 3)
        if height.isMultiple(of: Self.epochLength) {
            let epoch = Int(height / Self.epochLength)
            let index = epoch % 4
            let name = "validator \(index) of epoch \(epoch)"
            var next = names[names.count - 1]
            let call = try world.rekey(next[index], to: name, height: height - 1)
            next[index] = name
            names.append(next)
            batch = world.batch(height, batch.transactions + [try world.registrars(height + 5_000_000, call)])
        }
        let block = try executor.execute(batch)
        blocks.append(block)
        guard !height.isMultiple(of: 5) || block.header.endsEpoch else { return }
        let certificate = try world.certificate(block.header, by: names[Int(block.header.epoch)])
        try store.certify(certificate, at: block.header.height)
    }

    /// As after a restart.
    func reopen() throws {
        let other = try TemporaryDirectory()
        defer { other.remove() }
        let elsewhere = try ChainStore(path: other.path, chain: world.chain)
        // The old database closes before the new one opens.
        executor = try Executor(elsewhere)
        store = elsewhere
        store = try ChainStore(path: directory.path, chain: world.chain)
        executor = try Executor(store)
    }

    /// Prunes all that may go below a height, in steps of at most so many keys.
    @discardableResult
    func prune(below height: Height, keyLimit: Int = 50) throws -> [ChainPruner.Step] {
        var pruner = ChainPruner(store, keyLimit: keyLimit)
        var steps: [ChainPruner.Step] = []
        while let step = try pruner.step(below: height) { steps.append(step) }
        try pruner.releaseFiles()
        return steps
    }

    /// Prunes with so many writes, or fewer where that is all.
    func steps(_ count: Int, below height: Height) throws -> Int {
        var pruner = ChainPruner(store, keyLimit: 7)
        for done in 0..<count where try pruner.step(below: height) == nil { return done }
        return count
    }

    static let present = Governance.stateKey(ofAccount: ChainWorld.account("subject 1"))
    static let later = Governance.stateKey(ofAccount: ChainWorld.account("newcomer 40"))
    static let absent = Governance.stateKey(ofAccount: ChainWorld.account("nobody"))
}
