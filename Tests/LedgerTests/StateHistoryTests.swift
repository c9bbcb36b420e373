import Governance
import Ledger
import LedgerTesting
import Primitives
import SeededRandom
import Storage
import Testing

/// All versions of a key against a model that writes everything down.
@Suite struct StateHistoryTests {
    /// What was under each key after each height.
    private struct Model {
        var rows: [[[UInt8]: (value: [UInt8], since: UInt64)]] = [[:]]

        mutating func apply(_ changes: [([UInt8], [UInt8]?)], at height: UInt64) {
            var next = rows[rows.count - 1]
            for (key, value) in changes where next[key]?.value != value { next[key] = value.map { ($0, height) } }
            rows.append(next)
        }

        /// By looking at every height.
        func versions(of key: [UInt8], through height: UInt64, lowest: UInt64) -> [StateVersion] {
            var versions: [StateVersion] = []
            for height in (lowest...height).reversed() {
                let row = rows[Int(height)][key]
                let isSame = versions.last.map { last in
                    last.value == row?.value && (row == nil || last.from.number == row?.since)
                }
                let through = isSame == true ? versions.removeLast().through : Height(height)
                let from = Height(row?.since ?? height)
                versions.append(StateVersion(from: from, through: through, value: row?.value))
            }
            return versions
        }
    }

    @Test("every version is found, newest first, in pages of any size, before and after pruning", arguments: 0..<8)
    func agreesWithTheModel(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: seed)
        var model = Model()
        let keyCount = [2, 5, 20, 80][Int(seed % 4)]
        for _ in 0..<60 {
            // Blocks that change nothing are among them.
            let changes =
                Int.random(in: 0..<5, using: &random) == 0
                ? [] : Array(world.randomChanges(keyCount: keyCount, deletesIn: 3, &random).prefix(keyCount / 2 + 1))
            try world.apply(changes)
            model.apply(changes, at: world.height)
        }
        for lowest in [0, 1, 30, 59] as [UInt64] {
            try prune(world.database, below: lowest)
            for key in (0..<min(keyCount, 20)).map({ row($0) }) {
                let height = UInt64.random(in: lowest...60, using: &random)
                let expected = model.versions(of: key, through: height, lowest: lowest)
                var limits = StateHistoryLimits()
                #expect(try pages(of: key, in: world, through: height, lowest, limits) == expected)
                limits.versionCount = Int.random(in: 1...3, using: &random)
                limits.walkCount = Int.random(in: 1...4, using: &random)
                #expect(try pages(of: key, in: world, through: height, lowest, limits) == expected, "\(limits)")
            }
        }
    }

    /// All pages together; a time without a value that goes on in the next page counts once.
    private func pages(
        of key: [UInt8],
        in world: TreeWorld,
        through height: UInt64,
        _ lowest: UInt64,
        _ limits: StateHistoryLimits
    ) throws -> [StateVersion] {
        var all: [StateVersion] = []
        var next: Height? = Height(height)
        while let through = next {
            let page = try StateTree.versions(
                of: key,
                in: world.database,
                through: through,
                lowest: { Height(lowest) },
                limits: limits
            )
            #expect(!page.versions.isEmpty && page.versions.count <= limits.versionCount)
            for version in page.versions {
                if let last = all.last, last.value == nil, version.value == nil {
                    #expect(last.from == version.through.advanced(by: 1))
                    all[all.count - 1] = StateVersion(from: version.from, through: last.through, value: nil)
                } else {
                    all.append(version)
                }
            }
            next = page.next
        }
        return all
    }

    private func prune(_ database: Database, below lowest: UInt64) throws {
        var batch = database.makeBatch()
        for height in 0..<(lowest + 1) {
            guard let list = try database.get(.stale, StorageKey.height(height)) else { continue }
            guard case .array(let keys) = try CBORValue(decoding: list) else { continue }
            for case .byteString(let key) in keys { batch.delete(.tree, key) }
        }
        try database.write(batch)
    }

    @Test("a key that always has a value costs one way through the tree per version, whatever else changes")
    func costsItsVersions() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        var random = SplitMix64(seed: 4)
        for height in 1...80 {
            // Neighbours come and go, so that the leaf moves.
            var changes = world.randomChanges(keyCount: 40, deletesIn: 2, &random).filter { $0.0 != row(0) }
            if height % 20 == 1 { changes.append((row(0), [UInt8(height)])) }
            try world.apply(changes)
        }
        var limits = StateHistoryLimits()
        limits.walkCount = 5
        let history = try StateTree.versions(
            of: row(0),
            in: world.database,
            through: Height(80),
            lowest: { Height(1) },
            limits: limits
        )
        #expect(history.versions.map(\.from.number) == [61, 41, 21, 1] && history.next == nil)
    }

    @Test("a page ends when its values are large, and goes on behind them")
    func largeValues() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var world = TreeWorld(database: try directory.open())
        for height in 1...9 as ClosedRange<UInt8> {
            try world.apply([(row(0), [UInt8](repeating: height, count: 100))])
        }
        var limits = StateHistoryLimits()
        limits.byteCount = 250
        let page = try StateTree.versions(
            of: row(0),
            in: world.database,
            through: Height(9),
            lowest: { .genesis },
            limits: limits
        )
        #expect(page.versions.map(\.from.number) == [9, 8, 7] && page.next == Height(6))
    }

    @Test("the versions of a chain's rows agree with its proofs, and end where pruning ended them")
    func onAChain() throws {
        let history = try KeptHistory(111)
        defer { history.directory.remove() }
        let store = history.store
        for lowest in [Height.genesis, Height(50)] {
            try history.prune(below: lowest)
            for key in [KeptHistory.present, KeptHistory.later, KeptHistory.absent] {
                let page = try store.versions(of: key, through: Height(110))
                #expect(page.next == nil && page.versions.first?.through == Height(110))
                #expect(page.versions.last.map { $0.from <= max(lowest, Height(40)) } == true)
                for version in page.versions {
                    for height in [version.through, max(version.from, store.lowest)] {
                        let root = history.blocks[Int(max(1, height.number)) - 1].header.stateRoot
                        let proof = try store.stateProof(of: key, at: height)
                        #expect(height == .genesis || proof.verifies(under: root))
                        #expect(proof.value == version.value)
                    }
                }
            }
        }
        #expect(try store.versions(of: KeptHistory.later, through: Height(110)).versions.map(\.from) == [Height(40)])
        #expect(throws: LedgerFault.noSuchHeight(Height(112))) {
            try store.versions(of: KeptHistory.later, through: Height(112))
        }
        #expect(throws: LedgerFault.pruned(Height(49), lowest: Height(50))) {
            try store.versions(of: KeptHistory.later, through: Height(49))
        }
    }
}
