import Governance
import Ledger
import LedgerTesting
import Primitives
import Storage
import Testing

@Suite struct PruningTests {
    @Test("what is kept after pruning is whole: state, proofs, views, blocks; what is gone is said to be gone")
    func keepsWhatItShould() throws {
        let world = try ChainWorld(validity: 16)
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try ChainStore(path: directory.path, chain: world.chain)
        let executor = try Executor(store)
        var blocks: [ExecutedBlock] = []
        for height in 1...60 as ClosedRange<UInt64> {
            blocks.append(try executor.execute(try world.ordinaryBatch(height, size: 3)))
            try store.certify(try world.certificate(blocks[blocks.count - 1].header), at: Height(height))
        }
        let before = try count(store)
        // Not more than asked for, in steps; and never the ids that could still replay.
        var step = try store.prune(below: Height(30), blockLimit: 7)
        #expect(step.below == Height(7) && !step.isComplete && step.deletedCount > 0)
        while !step.isComplete { step = try store.prune(below: Height(30), blockLimit: 7) }
        #expect(step.below == Height(30))
        #expect(try store.prune(below: Height(59), blockLimit: 1000).below == Height(44))
        let again = try store.prune(below: Height(59))
        #expect(again.below == Height(44) && again.isComplete && again.deletedCount == 0)
        for family in [ColumnFamily.bodies, .receipts, .events, .transactions, .tree, .stale, .undo] {
            #expect(try count(store)[family] ?? 0 < before[family] ?? 0, "\(family)")
        }
        let key = Governance.stateKey(ofAccount: ChainWorld.account("newcomer 1"))
        for block in blocks {
            let height = block.header.height
            #expect(try store.header(at: height) == block.header)
            #expect(try store.certificate(at: height) != nil)
            if height < Height(44) {
                #expect(throws: LedgerFault.noSuchHeight(height)) { try store.stateProof(of: key, at: height) }
                #expect(throws: LedgerFault.noSuchHeight(height)) { try store.view(at: height) }
                for id in block.transactions.map(\.id) { #expect(try store.location(of: id) == nil) }
            } else {
                #expect(try store.stateProof(of: key, at: height).verifies(under: block.header.stateRoot))
                #expect(try store.view(at: height).read(key) != nil)
                for id in block.transactions.map(\.id) { #expect(try store.proof(of: id) != nil) }
                #expect(try store.transactions(at: height) == block.transactions.map(\.bytes))
            }
        }
        let next = try executor.execute(try world.ordinaryBatch(61, size: 3))
        #expect(try store.stateProof(of: key, at: Height(61)).verifies(under: next.header.stateRoot))
    }

    @Test("pruning changes no header: a pruned chain goes on as one that keeps everything")
    func changesNoHeader() throws {
        let world = try ChainWorld(validity: 16)
        var headers: [[Header]] = []
        for isPruned in [false, true] {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let store = try ChainStore(path: directory.path, chain: world.chain)
            let executor = try Executor(store)
            var run: [Header] = []
            for height in 1...50 as ClosedRange<UInt64> {
                run.append(try executor.execute(try world.ordinaryBatch(height, size: 3)).header)
                try store.certify(try world.certificate(run[run.count - 1]), at: Height(height))
                if isPruned { _ = try store.prune(below: Height(height)) }
            }
            headers.append(run)
        }
        #expect(headers[0] == headers[1])
    }

    private func count(_ store: ChainStore) throws -> [ColumnFamily: Int] {
        var counts: [ColumnFamily: Int] = [:]
        for family in ColumnFamily.allCases {
            counts[family] = try store.database.scan(family, from: [], limit: .max).count
        }
        return counts
    }
}
