import Foundation
import Governance
import Ledger
import LedgerTesting
import Primitives
import SeededRandom
import Storage
import Synchronization
import Testing

@Suite struct PruningTests {
    @Test(
        "what is kept is proven as before, across epochs; what is gone is said to be pruned; headers and certificates stay"
    )
    func keepsWhatItShould() throws {
        let history = try KeptHistory(111)
        defer { history.directory.remove() }
        let store = history.store
        let certified = history.blocks.map { store.certificateBytes(at: $0.header.height) }
        let before = try count(store)
        let steps = try history.prune(below: Height(50))
        #expect(steps.allSatisfy { $0.keyCount <= 50 + 5 } && steps.count > 49)
        #expect(store.lowest == Height(50) && steps.last?.below == Height(50))
        #expect(try history.prune(below: Height(50)).isEmpty)
        for family in [ColumnFamily.bodies, .receipts, .events, .transactions, .tree, .stale, .undo] {
            #expect(try count(store)[family] ?? 0 < before[family] ?? 0, "\(family)")
        }
        #expect(history.blocks.map { store.certificateBytes(at: $0.header.height) } == certified)
        for block in history.blocks {
            #expect(try store.header(at: block.header.height) == block.header)
            try block.header.height < Height(50) ? checkGone(block, history) : checkKept(block, history)
        }
        // The chain goes on, and what comes is proven too.
        for _ in 0..<3 { try history.grow() }
        for block in history.blocks.suffix(3) { try checkKept(block, history) }
    }

    private func checkKept(_ block: ExecutedBlock, _ history: KeptHistory) throws {
        let (store, height) = (history.store, block.header.height)
        let verifier = ProofVerifier(chain: history.world.chain)
        #expect(try store.transactions(at: height) == block.transactions.map(\.bytes))
        #expect(try store.receipts(at: height) == block.receipts)
        #expect(try store.events(at: height) == block.events)
        for (index, transaction) in block.transactions.enumerated() {
            let proof = try #require(try store.proof(of: transaction.id))
            guard case .inclusion(let proven, let receipt) = try verifier.verify(proof.encoded).fact else {
                throw Unexpected()
            }
            #expect(proven.id == transaction.id && receipt == block.receipts[index])
            let short = try #require(try store.proof(of: transaction.id, isReceiptOnly: true))
            guard case .receipt(receipt) = try verifier.verify(short.encoded).fact else { throw Unexpected() }
            #expect(try store.treeEntry(of: transaction.id)?.index == UInt64(index))
        }
        for (index, event) in block.events.enumerated() {
            let proof = try #require(try store.proof(ofEvent: index, at: height))
            guard case .event(let place, let receipt) = try verifier.verify(proof.encoded).fact else {
                throw Unexpected()
            }
            // The one that feeds show at this place, whoever did it: a transaction, or the chain itself.
            #expect(receipt.events[place] == event.event && receipt.transaction == event.transaction)
        }
        #expect(try store.proof(ofEvent: block.events.count, at: height) == nil)
        let keys = [KeptHistory.present, KeptHistory.later, KeptHistory.absent]
        let proof = try #require(try store.proof(ofStates: keys, at: height))
        guard case .states(let rows) = try verifier.verify(proof.encoded).fact else { throw Unexpected() }
        let view = try store.view(at: height)
        #expect(try rows.map(\.value) == keys.map { try view.read($0) })
        #expect(rows[0].value != nil && (rows[1].value != nil) == (height >= Height(40)) && rows[2].value == nil)
    }

    private func checkGone(_ block: ExecutedBlock, _ history: KeptHistory) throws {
        let (store, height) = (history.store, block.header.height)
        let gone = LedgerFault.pruned(height, lowest: store.lowest)
        #expect(throws: gone) { try store.block(at: height) }
        #expect(throws: gone) { try store.receipts(at: height) }
        #expect(throws: gone) { try store.events(at: height) }
        #expect(throws: gone) { try store.proof(ofEvent: 0, at: height) }
        #expect(throws: gone) { try store.proof(ofStates: [KeptHistory.present], at: height) }
        #expect(throws: gone) { try store.value(of: KeptHistory.present, at: height) }
        #expect(throws: gone) { try store.view(at: height) }
        #expect(try store.changes(at: height) == nil)
        for transaction in block.transactions {
            #expect(try store.location(of: transaction.id) == nil)
            #expect(try store.proof(of: transaction.id) == nil)
        }
    }

    @Test("broken off after any write, a chain opens, is whole, and ends up as one that was pruned at once")
    func survivesCrashes() throws {
        let history = try KeptHistory(78)
        defer { history.directory.remove() }
        let whole = try KeptHistory(78)
        defer { whole.directory.remove() }
        let target = Height(32)
        let writes = try whole.prune(below: target, keyLimit: 7).count
        let expected = try content(whole.store)
        var random = SplitMix64(seed: 62)
        var done = 0
        while done < writes {
            done += try history.steps(Int.random(in: 1...9, using: &random), below: target)
            let lowest = history.store.lowest
            try history.reopen()
            #expect(history.store.lowest == lowest)
            var audit = ChainAudit(history.store)
            _ = try audit.run()
            for block in history.blocks where block.header.height >= lowest { try checkKept(block, history) }
        }
        try history.prune(below: target, keyLimit: 7)
        #expect(try content(history.store) == expected)
    }

    @Test("who reads while heights vanish gets what was there, or hears that it is pruned, and nothing else")
    func readersAreTold() throws {
        let history = try KeptHistory(111)
        defer { history.directory.remove() }
        let (store, blocks) = (history.store, history.blocks)
        let answers = Answers()
        let readers = DispatchGroup()
        for seed in 1...2 as ClosedRange<UInt64> {
            readers.enter()
            Thread.detachNewThread {
                var random = SplitMix64(seed: seed)
                while !answers.isOver {
                    // Near the edge, where it is a race.
                    let height = max(1, store.lowest.number + UInt64.random(in: 0...2, using: &random))
                    answers.count(PruningTests.read(blocks[Int(height) - 1], in: store))
                }
                readers.leave()
            }
        }
        var pruner = ChainPruner(store, keyLimit: 2)
        var read = 0
        while let step = try pruner.step(below: Height(64)) {
            if step.below.number.isMultiple(of: 8) { try pruner.releaseFiles() }
            // Readers keep up, so that they read at every height.
            read = answers.wait(above: read)
        }
        answers.end()
        readers.wait()
        #expect(Set(answers.counted.keys) == ["right", "pruned"], "\(answers.counted)")
        #expect(store.lowest == Height(64))
    }

    /// What readers found, by how often.
    private final class Answers: Sendable {
        private let state = Mutex<(counted: [String: Int], isOver: Bool)>(([:], false))

        var counted: [String: Int] { state.withLock { $0.counted } }
        var isOver: Bool { state.withLock { $0.isOver } }
        func count(_ answer: String) { state.withLock { $0.counted[answer, default: 0] += 1 } }
        func end() { state.withLock { $0.isOver = true } }

        func wait(above count: Int) -> Int {
            while true {
                let sum = counted.values.reduce(0, +)
                if sum > count { return sum }
                sched_yield()
            }
        }
    }

    /// Reads everything of a block, and says whether it was right.
    private static func read(_ block: ExecutedBlock, in store: ChainStore) -> String {
        let height = block.header.height
        do throws(LedgerFault) {
            guard try store.transactions(at: height) == block.transactions.map(\.bytes),
                try store.receipts(at: height) == block.receipts, try store.events(at: height) == block.events,
                try store.stateProof(of: KeptHistory.present, at: height).verifies(under: block.header.stateRoot),
                try store.changes(at: height)?.rows.isEmpty != true || block.changedRowCount == 0
            else { return "wrong at \(height.number)" }
            _ = try store.view(at: height)
            return "right"
        } catch {
            guard case .pruned(height, _) = error else { return "\(error)" }
            return "pruned"
        }
    }

    @Test(
        "the last V blocks stay, and the last but one multiple of S with the V blocks up to there, whatever the retention"
    )
    func limits() throws {
        let history = try KeptHistory(0)
        defer { history.directory.remove() }
        for height in 1...70 as ClosedRange<UInt64> {
            try history.grow()
            let certified = history.store.lastCertified.number
            let lowest = history.store.prunable(keeping: 0).number
            let snapshots = stride(from: UInt64(0), through: certified, by: Int(KeptHistory.interval)).suffix(2)
            let whole = (snapshots.first ?? 0) + 1
            #expect(lowest == (whole < KeptHistory.validity ? 0 : whole - KeptHistory.validity), "\(height)")
            #expect(lowest + KeptHistory.validity <= max(certified, 16))
            #expect(history.store.prunable(keeping: 40).number == min(lowest, certified < 40 ? 0 : certified - 40))
            #expect(history.store.prunable(keeping: .max) == .genesis)
        }
        try history.prune(below: Height(.max))
        #expect(history.store.lowest == Height(33))
        // None of the ids that could still be ordered is forgotten.
        for block in history.blocks where block.header.height.number + KeptHistory.validity > 69 {
            for transaction in block.transactions {
                #expect(try history.store.location(of: transaction.id)?.height == block.header.height)
            }
        }
    }

    @Test("pruning changes no header: a pruned chain goes on as one that keeps everything")
    func changesNoHeader() throws {
        var headers: [[Header]] = []
        for isPruned in [false, true] {
            let history = try KeptHistory(0)
            defer { history.directory.remove() }
            for _ in 1...70 {
                try history.grow()
                if isPruned { try history.prune(below: Height(.max)) }
            }
            headers.append(history.blocks.map(\.header))
        }
        #expect(headers[0] == headers[1])
    }

    @Test("the bytes that pruning counts are about those that are gone")
    func counts() throws {
        let history = try KeptHistory(111)
        defer { history.directory.remove() }
        let before = try content(history.store)
        let steps = try history.prune(below: Height(64))
        let after = try content(history.store)
        #expect(steps.reduce(0) { $0 + $1.keyCount } == before.count - after.count)
        let gone = before.byteCount - after.byteCount
        let counted = steps.reduce(0) { $0 + $1.byteCount }
        #expect(counted > gone * 9 / 10 && counted < gone * 11 / 10, "\(counted) of \(gone)")
    }

    private struct Content: Equatable {
        var rows: [ColumnFamily: [[[UInt8]]]] = [:]
        var count: Int { rows.values.reduce(0) { $0 + $1.count } }
        var byteCount: UInt64 { rows.values.joined().reduce(0) { $0 + UInt64($1[0].count + $1[1].count) } }
    }

    /// Everything but the name of the lowest height.
    private func content(_ store: ChainStore) throws -> Content {
        var content = Content()
        for family in ColumnFamily.allCases where family != .meta {
            content.rows[family] = try store.database.scan(family, from: [], limit: .max).map { [$0.key, $0.value] }
        }
        return content
    }

    private func count(_ store: ChainStore) throws -> [ColumnFamily: Int] {
        try content(store).rows.mapValues(\.count)
    }

    private struct Unexpected: Error {}
}

extension ChainStore {
    fileprivate func certificateBytes(at height: Height) -> [UInt8]? { (try? certificate(at: height))??.encoded }
}
