import Ledger
import LedgerCrypto
import Primitives
import SeededRandom
import Storage
import Testing

/// The tree against a model that knows nothing of versions, nodes or batches.
@Suite struct StateTreeTests {
    @Test("after every block of random changes the root is the model's, for every seed", arguments: 0..<12)
    func agreesWithTheModel(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: seed)
        // Few possible keys, so that keys come, change and go; in some seeds mostly deletions.
        let keyCount = [1, 2, 3, 20, 60, 400][Int(seed % 6)]
        for _ in 0..<40 {
            let changes = world.randomChanges(keyCount: keyCount, deletesIn: seed % 2 == 0 ? 3 : 2, &random)
            try world.apply(changes)
            #expect(world.tree.root == world.model.root)
        }
        // What a second process sees on disk.
        let reopened = try StateTree(world.database, at: Height(world.height))
        #expect(reopened.root == world.model.root)
    }

    @Test("the root depends on what is there, not on the order in which it came")
    func orderDoesNotMatter() throws {
        let rows = (0..<200).map { index in (key: row(index), value: [UInt8(index % 251)]) }
        var roots: Set<Digest> = []
        for seed in 0..<4 {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            var world = TreeWorld(database: try directory.open())
            var random = SplitMix64(seed: UInt64(seed))
            var rest = rows.shuffled(using: &random)
            while !rest.isEmpty {
                let count = min(Int.random(in: 1...50, using: &random), rest.count)
                try world.apply(rest.suffix(count).map { ($0.key, $0.value) })
                rest.removeLast(count)
            }
            roots.insert(world.tree.root)
        }
        #expect(roots.count == 1)
    }

    @Test("taking back what a block did gives the root before it")
    func deletionReturns() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var roots = [world.tree.root]
        for block in 0..<30 {
            try world.apply((0..<7).map { (row(block * 7 + $0), [UInt8(block)]) })
            roots.append(world.tree.root)
        }
        #expect(Set(roots).count == roots.count)
        for block in (0..<30).reversed() {
            roots.removeLast()
            try world.apply((0..<7).map { (row(block * 7 + $0), nil) })
            #expect(world.tree.root == roots.last)
        }
        #expect(world.tree.root == StateHash.empty)
        #expect(try StateTree(world.database, at: Height(world.height)).root == StateHash.empty)
    }

    @Test("every height answers with its own root, values and the heights that set them")
    func historyStays() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: 77)
        var history: [(root: Digest, rows: [[UInt8]: (value: [UInt8], since: UInt64)])] = []
        for _ in 0..<25 {
            let changes = world.randomChanges(keyCount: 30, deletesIn: 3, &random)
            var rows = history.last?.rows ?? [:]
            try world.apply(changes)
            for (key, value) in changes where rows[key]?.value != value { rows[key] = value.map { ($0, world.height) } }
            history.append((world.tree.root, rows))
        }
        for (index, past) in history.enumerated() {
            let height = Height(UInt64(index) + 1)
            for number in 0..<30 {
                let found = try StateTree.value(of: row(number), in: world.database, at: height)
                #expect(found?.value == past.rows[row(number)]?.value)
                #expect(found?.since.number == past.rows[row(number)]?.since)
                let proof = try StateTree.prove(row(number), in: world.database, at: height)
                #expect(proof.value == past.rows[row(number)]?.value)
                #expect(proof.verifies(under: past.root))
            }
        }
    }

    @Test("a small node cache changes nothing but the speed")
    func cacheIsInvisible() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let database = try directory.open()
        var world = TreeWorld(database: database)
        world.tree = try StateTree(database, at: .genesis, cachedByteCount: 0)
        var random = SplitMix64(seed: 5)
        for _ in 0..<20 {
            try world.apply(world.randomChanges(keyCount: 900, deletesIn: 4, &random))
            #expect(world.tree.root == world.model.root)
        }
    }

    @Test("what a block replaced is listed, and without it the newest tree is still whole")
    func staleNodesAreDispensable() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: 9)
        for _ in 0..<30 { try world.apply(world.randomChanges(keyCount: 50, deletesIn: 3, &random)) }
        let before = try world.database.scan(.tree, from: [], limit: .max).count
        var batch = world.database.makeBatch()
        for list in try world.database.scan(.stale, from: [], limit: .max) {
            var decoder = CBORDecoder(list.value)
            for _ in 0..<(try decoder.array(atMost: .max)) { batch.delete(.tree, try decoder.byteString(atMost: 80)) }
        }
        try world.database.write(batch)
        let left = try world.database.scan(.tree, from: [], limit: .max)
        #expect(left.count < before / 2)
        #expect(left.count == world.model.nodeCount)
        for number in 0..<50 {
            let proof = try StateTree.prove(row(number), in: world.database, at: Height(world.height))
            #expect(proof.verifies(under: world.model.root))
            #expect(proof.value == world.model.rows[row(number)])
        }
        try world.apply(world.randomChanges(keyCount: 50, deletesIn: 3, &random))
        #expect(world.tree.root == world.model.root)
    }

    @Test("a damaged node is refused, never walked through (failure 31)")
    func damagedNodesAreRefused() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        try world.apply((0..<40).map { (row($0), [1, 2, 3]) })
        let root = try #require(try world.database.scan(.tree, from: [], limit: 1).first)
        for value in [[], [0x00], Array(root.value.dropLast()), root.value + [0], [0x83, 1, 0x40, 0x40]] {
            var batch = world.database.makeBatch()
            batch.put(.tree, root.key, value)
            try world.database.write(batch)
            #expect(throws: StorageError.self) {
                try StateTree(world.database, at: Height(1)).root == world.model.root
                    ? () : { throw StorageError.corruption("another root") }()
            }
        }
    }
}
