import Ledger
import LedgerTesting
import Primitives
import Storage
import Testing

/// What a node remembers is its own affair: what it writes is the same on all.
@Suite struct MemoryTests {
    @Test(
        "with much memory, little, none, and after restarts the same blocks write the same bytes, in every column family"
    )
    func sameBytes() throws {
        let world = try ChainWorld(window: 4, validity: 16, snapshotInterval: 16)
        let sizes = [Executor.Caches().nodeByteCount, 30_000, 2000, 0]
        let directories = try sizes.map { _ in try TemporaryDirectory() }
        defer { for directory in directories { directory.remove() } }
        let stores = try directories.map { try ChainStore(path: $0.path, chain: world.chain) }
        func executor(_ index: Int) throws -> Executor {
            var caches = Executor.Caches()
            caches.nodeByteCount = sizes[index]
            caches.rowByteCount = min(caches.rowByteCount, sizes[index])
            return try Executor(stores[index], caches: caches)
        }
        var executors = try sizes.indices.map { try executor($0) }
        for height in 1...70 as ClosedRange<UInt64> {
            let batch = try world.ordinaryBatch(height, size: 24)
            for index in sizes.indices {
                if index > 1, height.isMultiple(of: 9) { executors[index] = try executor(index) }
                let block = try executors[index].execute(batch)
                try stores[index].certify(try world.certificate(block.header), at: Height(height))
            }
        }
        for store in stores.dropFirst() { try expectEqual(store.database, stores[0].database) }
        for store in stores {
            var pruner = ChainPruner(store)
            while try pruner.step(below: Height(.max)) != nil {}
        }
        for store in stores.dropFirst() { try expectEqual(store.database, stores[0].database) }
    }

    private func expectEqual(_ one: Database, _ other: Database) throws {
        for family in ColumnFamily.allCases {
            let (left, right) = (
                try one.scan(family, from: [], limit: .max), try other.scan(family, from: [], limit: .max)
            )
            #expect(left.count == right.count, "\(family.name)")
            let different = zip(left, right).first { $0.key != $1.key || $0.value != $1.value }
            #expect(different == nil, "\(family.name) \(Hex.encode(different?.0.key ?? []))")
        }
        for family in [ColumnFamily.tree, .stale, .state, .undo] {
            #expect(try !one.scan(family, from: [], limit: 1).isEmpty, "\(family.name)")
        }
    }
}
