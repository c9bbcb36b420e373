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
        try world.deleteStale(through: world.height)
        let left = try world.database.scan(.tree, from: [], limit: .max)
        #expect(left.count < before / 2)
        // One record for each node, and for each that is written as changes another, on which it is based.
        #expect(left.count == world.model.nodeCount + left.count { TreeWorld.isWrittenAsChanges($0.value) })
        for number in 0..<50 {
            let proof = try StateTree.prove(row(number), in: world.database, at: Height(world.height))
            #expect(proof.verifies(under: world.model.root))
            #expect(proof.value == world.model.rows[row(number)])
        }
        try world.apply(world.randomChanges(keyCount: 50, deletesIn: 3, &random))
        #expect(world.tree.root == world.model.root)
    }

    @Test("nodes that are written as changes answer for every height that is kept, pruned or not")
    func changesOfNodes() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: 21)
        try world.apply((0..<120).map { (row($0), [0]) })
        var roots = [world.tree.root]
        for block in 1...60 as ClosedRange<UInt8> {
            let number = Int.random(in: 0..<130, using: &random)
            try world.apply([(row(number), block % 7 == 0 ? nil : [block])])
            #expect(world.tree.root == world.model.root)
            roots.append(world.tree.root)
            // A node that is based on another is the same whether memory or the disk has it.
            if block % 5 == 0 { world.tree = try StateTree(world.database, at: Height(world.height)) }
        }
        let records = try world.database.scan(.tree, from: [], limit: .max)
        #expect(records.count { TreeWorld.isWrittenAsChanges($0.value) } > 30)
        for kept in [UInt64(1), 20, 45] {
            try world.deleteStale(through: kept)
            for height in kept...UInt64(roots.count) {
                for number in stride(from: 0, to: 130, by: 9) {
                    let proof = try StateTree.prove(row(number), in: world.database, at: Height(height))
                    #expect(proof.verifies(under: roots[Int(height) - 1]))
                }
            }
        }
    }

    @Test("a node written as changes is refused where what it is based on is missing or another")
    func basesAreNeeded() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        try world.apply((0..<100).map { (row($0), [0]) })
        let base = try #require(try world.database.scan(.tree, from: [], limit: 1).first)
        try world.apply([(row(1), [1])])
        let changes = try #require(try world.database.scan(.tree, from: StorageKey.height(2), limit: 1).first)
        try #require(TreeWorld.isWrittenAsChanges(changes.value))
        func fails(_ key: [UInt8], _ value: [UInt8]?, _ restored: [UInt8]) throws {
            var batch = world.database.makeBatch()
            if let value { batch.put(.tree, key, value) } else { batch.delete(.tree, key) }
            try world.database.write(batch)
            #expect(throws: StorageError.self) { try StateTree(world.database, at: Height(2)) }
            var repair = world.database.makeBatch()
            repair.put(.tree, key, restored)
            try world.database.write(repair)
            #expect(try StateTree(world.database, at: Height(2)).root == world.model.root)
        }
        try fails(base.key, nil, base.value)
        try fails(base.key, changes.value, base.value)
        try fails(changes.key, Array(changes.value.dropLast()), changes.value)
        // Based on itself, on what was never there, and on a node with other children.
        for age in [0, 2, 3] as [UInt8] {
            try fails(changes.key, [0x86, age] + changes.value.dropFirst(2), changes.value)
        }
        try fails(base.key, [0x84, 0x01, 0x01, 0x81, 0x00, 0x58, 0x20] + Digest.zero.bytes, base.value)
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
