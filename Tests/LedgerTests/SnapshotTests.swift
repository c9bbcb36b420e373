import ContractKit
import Governance
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import SeededRandom
import Storage
import Testing

/// A snapshot is taken from a chain that goes on, part by part, each proven by itself.
@Suite struct SnapshotTests {
    private func rows(_ database: Database, _ family: ColumnFamily) throws -> [[UInt8]] {
        try database.scan(family, from: [], limit: .max).flatMap { [$0.key, $0.value] }
    }

    @Test(
        "a state taken in parts, in any order, has the same rows, indexes, root and blocks, and goes on in the same way",
        arguments: 0..<6 as Range<UInt64>
    )
    func same(seed: UInt64) throws {
        let pair = try SnapshotPair(skipsCertificates: seed.isMultiple(of: 2))
        var random = SplitMix64(seed: seed)
        let offers = try pair.source.snapshotOffers()
        #expect(offers.map(\.header.height) == [Height(96), Height(80)])
        let offer = offers[Int(seed / 2 % 2)]
        var store = try pair.begun(offer)
        // Parts of a few rows, of many, and of everything.
        let byteCount = [200, 2000, 1 << 20][Int(seed % 3)]
        let count = try pair.take(&store, offer, random: &random, byteCount: byteCount)
        #expect(count > [50, 15, 3][Int(seed % 3)], "\(count) parts")
        try store.finish()
        let height = offer.header.height

        let reference = try TemporaryDirectory()
        defer { reference.remove() }
        let executed = try ChainStore(path: reference.path, chain: pair.snapshots.chain)
        try pair.snapshots.grow(executed, to: height.number)
        #expect(try rows(store.database, .state) == rows(executed.database, .state), "indexes are among them")
        let joined = try ChainStore(store.database, chain: pair.snapshots.chain)
        #expect(joined.lastExecuted == height && joined.lastCertified == height)
        #expect(joined.lastHeader == offer.header)
        try checkBlocks(joined, executed)
        var audit = ChainAudit(joined)
        let report = try audit.run()
        #expect(report.rows > 100 && report.transactions > 50)

        // It goes on as the others do, and serves the next snapshot itself.
        try pair.snapshots.grow(joined, to: 130)
        try pair.snapshots.grow(pair.source, to: 130)
        #expect(joined.lastHeader == pair.source.lastHeader)
        #expect(try joined.snapshotOffers().map(\.header.height).contains(Height(128)))
        let compared = try ChainComparison(joined, pair.source).run()
        if case .equal(Height(130), rows: true) = compared {} else { Issue.record("\(compared)") }
        try checkProofs(joined, pair, from: height)
        var again = ChainAudit(joined)
        _ = try again.run()
    }

    /// Everything of the last V blocks is there, headers as far as a replica looks back, and nothing below.
    private func checkBlocks(_ joined: ChainStore, _ executed: ChainStore) throws {
        let scope = SnapshotScope(height: joined.lastExecuted, joined.chain.genesis.parameters)
        #expect(
            scope.firstBlock.number == scope.height.number - 15 && scope.firstHeader.number == scope.height.number - 26
        )
        for number in 1...scope.height.number {
            let height = Height(number)
            let block = try #require(try executed.block(at: height))
            if height >= scope.firstHeader { #expect(try joined.header(at: height) == block.header) }
            if height < scope.firstHeader, !block.header.endsEpoch { #expect(try joined.header(at: height) == nil) }
            let ids = try executed.receipts(at: height).map(\.transaction).filter { $0 != .zero }
            guard height >= scope.firstBlock else {
                for id in ids { #expect(try joined.location(of: id) == nil) }
                continue
            }
            #expect(try joined.block(at: height)?.transactions == block.transactions)
            #expect(try joined.receipts(at: height) == executed.receipts(at: height))
            #expect(try joined.events(at: height) == executed.events(at: height))
            for id in ids {
                let location = try joined.location(of: id)
                #expect(try location != nil && location == executed.location(of: id))
            }
        }
        for family in [ColumnFamily.journal, .undo] { #expect(try rows(joined.database, family).isEmpty) }
    }

    private func checkProofs(_ joined: ChainStore, _ pair: SnapshotPair, from height: Height) throws {
        let key = Governance.stateKey(ofAccount: ChainWorld.account("newcomer 1"))
        let verifier = ProofVerifier(chain: pair.snapshots.chain)
        for number in [height.number, 127] {
            let proof = try #require(try joined.proof(ofStates: [key], at: Height(number)))
            #expect(try verifier.verify(proof.encoded).header.height == Height(number))
            #expect(try joined.view(at: Height(number)).read(key) != nil)
        }
        // Below the snapshot there is no state, and nothing that looks like an empty one.
        let below = height.reduced(by: 1)
        let gone = LedgerFault.pruned(below, lowest: height)
        #expect(throws: gone) { try joined.stateProof(of: key, at: below) }
        #expect(throws: gone) { try joined.view(at: below) }
        #expect(try joined.statePart(at: below, .root) == nil)
        let id = try #require(try joined.receipts(at: below).first { $0.transaction != .zero }).transaction
        let proof = try #require(try joined.proof(of: id))
        #expect(try verifier.verify(proof.encoded).header.height == below)
    }

    @Test(
        "after a crash at any part it goes on with what is missing, and ends the same",
        arguments: 0..<4 as Range<UInt64>
    )
    func resumes(seed: UInt64) throws {
        let pair = try SnapshotPair()
        var random = SplitMix64(seed: seed)
        let offer = try #require(try pair.source.snapshotOffers().first)
        var store = try pair.begun(offer)
        var count = 0
        while !store.tasks.isEmpty {
            let limit = Int.random(in: 0...9, using: &random)
            count += try pair.take(&store, offer, random: &random, atMost: limit, byteCount: 3000)
            let missing = Set(store.tasks)
            #expect(throws: LedgerFault.self, "it is no chain before its end") {
                guard !missing.isEmpty else { throw LedgerFault.outOfOrder(expected: .genesis, found: .genesis) }
                try store.finish()
            }
            #expect(try !store.isComplete && store.recorded?.header == offer.header.digest)
            _ = consume store
            store = try pair.begun(offer)
            #expect(Set(store.tasks) == missing)
        }
        let whole = try SnapshotTests.partCount(pair, offer, byteCount: 3000)
        #expect(count == whole, "nothing is taken twice")
        try store.finish()
        var audit = ChainAudit(try ChainStore(store.database, chain: pair.snapshots.chain))
        _ = try audit.run()
    }

    private static func partCount(_ pair: SnapshotPair, _ offer: SnapshotOffer, byteCount: Int) throws -> Int {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var store = try SnapshotStore(path: directory.path, chain: pair.snapshots.chain)
        try store.begin(offer, try pair.trail())
        var random = SplitMix64(seed: 0)
        return try pair.take(&store, offer, random: &random, byteCount: byteCount)
    }

    // MARK: What is served

    @Test("an answer keeps its bound on bytes, whatever is asked for; what is not kept is not served")
    func bounded() throws {
        let pair = try SnapshotPair(height: 60)
        let height = Height(48)
        var greatest = 0
        for byteCount in [1, 300, 1000, 3000] {
            var paths = [StatePath.root]
            while let path = paths.popLast() {
                let part = try #require(try pair.source.statePart(at: height, path, byteCount: byteCount))
                guard case .inner(let children) = part else { continue }
                var rows = 0
                for (nibble, child) in children.enumerated() {
                    if case .rows(let entries) = child {
                        rows += entries.reduce(0) { $0 + $1.key.count + $1.value.count }
                    }
                    if case .hash = child { paths.append(path.child(nibble)) }
                }
                #expect(rows <= byteCount)
                greatest = max(greatest, rows)
            }
        }
        #expect(greatest > 2000)
        for (count, isRead) in [(StatePart.rowCount, true), (StatePart.rowCount + 1, false)] {
            var children = [StatePart.Child](repeating: .none, count: StatePart.childCount)
            children[3] = .rows([StateEntry(key: [1, 1], value: []), StateEntry(key: [1, 2], value: [])])
            children[9] = .rows(Array(repeating: StateEntry(key: [1, 1], value: []), count: count - 2))
            var encoder = CBOREncoder()
            StatePart.inner(children).encode(into: &encoder)
            var decoder = CBORDecoder(encoder.bytes)
            #expect(((try? StatePart(from: &decoder)) != nil) == isRead)
        }
        let far = try #require(StatePath([UInt8](repeating: 7, count: 64)))
        #expect(try pair.source.statePart(at: height, far) == nil)
        #expect(try pair.source.statePart(at: Height(61), .root) == nil)
        #expect(StatePath([16]) == nil && StatePath([UInt8](repeating: 0, count: 65)) == nil)
        var pruner = ChainPruner(pair.source)
        while try pruner.step(below: Height(.max)) != nil {}
        #expect(pair.source.lowest == Height(17))
        #expect(try pair.source.statePart(at: Height(16), .root) == nil)
        #expect(try pair.source.statePart(at: Height(32), .root) != nil)
        #expect(try pair.source.snapshotOffers().map(\.header.height) == [Height(48), Height(32)])
    }

    @Test("what only this machine has comes along: the journal, its identity and the bodies above the snapshot")
    func journal() throws {
        let pair = try SnapshotPair(height: 40)
        let offer = try #require(try pair.source.snapshotOffers().first)
        var store = try pair.begun(offer)
        var random = SplitMix64(seed: 3)
        _ = try pair.take(&store, offer, random: &random)
        try store.finish()
        let own = try TemporaryDirectory()
        defer { own.remove() }
        let old = try ChainStore(path: own.path, chain: pair.snapshots.chain)
        try pair.snapshots.grow(old, to: 5)
        var batch = old.database.makeBatch()
        batch.put(.journal, [1, 2, 3], [4])
        batch.put(.meta, MetaKey.journal.bytes, [5, 6])
        old.putBodies([[7]], height: Height(40), proposal: .zero, into: &batch)
        try old.database.write(batch)
        for _ in 0..<2 {
            try store.takeJournal(of: old.database, key: ChainWorld.key("stranger").publicKey)
            #expect(try rows(store.database, .journal) == [[1, 2, 3], [4]])
            #expect(try store.database.get(.meta, MetaKey.journal.bytes) == [5, 6])
            let joined = try ChainStore(store.database, chain: pair.snapshots.chain)
            #expect(try joined.bodies(height: Height(40), proposal: .zero) == [[7]])
        }
    }

    @Test(
        "a journal that cannot know what its key signed in the blocks that are not replayed is not its key's (rule 20)",
        arguments: [("validator 2", false), ("validator 1", false), ("validator 3", true), ("stranger", true)]
    )
    func oldImage(name: String, isOwn: Bool) throws {
        let pair = try SnapshotPair(height: 64, skipsCertificates: true)
        let offer = try #require(try pair.source.snapshotOffers().first)
        var store = try pair.begun(offer)
        var random = SplitMix64(seed: 4)
        _ = try pair.take(&store, offer, random: &random)
        try store.finish()
        let own = try TemporaryDirectory()
        defer { own.remove() }
        let old = try ChainStore(path: own.path, chain: pair.snapshots.chain)
        try pair.snapshots.grow(old, to: 20)
        var batch = old.database.makeBatch()
        batch.put(.meta, MetaKey.journal.bytes, [5, 6])
        try old.database.write(batch)
        // Validator 2 proposes all blocks, certificates are by those with the lowest indexes.
        try store.takeJournal(of: old.database, key: ChainWorld.key(name).publicKey)
        #expect(try store.database.get(.meta, MetaKey.journal.bytes) == (isOwn ? [5, 6] : nil))
        // One that has seen all but a window of it knows.
        try pair.snapshots.grow(old, to: 62)
        try store.takeJournal(of: old.database, key: ChainWorld.key(name).publicKey)
        #expect(try store.database.get(.meta, MetaKey.journal.bytes) == [5, 6])
    }
}
