import ContractKit
import Ledger
import LedgerTesting
import Primitives
import SeededRandom
import Storage
import Testing

/// Whatever of a database is damaged, the check finds it: nothing that it passes over is ever read.
@Suite struct AuditTests {
    private func finding(_ store: ChainStore) throws -> String? {
        var audit = ChainAudit(store)
        do {
            _ = try audit.run()
            return nil
        } catch let finding as ChainAudit.Finding {
            return finding.description
        } catch let fault as LedgerFault {
            return "\(fault)"
        } catch let error as StorageError { return "\(error)" }
    }

    @Test("a whole chain passes, and all of it was looked at, before and after pruning")
    func passes() throws {
        let history = try KeptHistory(78)
        defer { history.directory.remove() }
        for lowest in [Height.genesis, Height(32)] {
            try history.prune(below: lowest)
            var audit = ChainAudit(history.store)
            let report = try audit.run()
            #expect(report.blocks == 78 && report.states == 78 - lowest.number + 1)
            let kept = history.blocks.filter { $0.header.height >= lowest }
            #expect(report.events == UInt64(kept.reduce(0) { $0 + $1.events.count }))
        }
    }

    @Test(
        "every tree node, list of events, receipts, bodies and undone rows that is kept is missed, and found when altered"
    )
    func findsDamage() throws {
        let history = try KeptHistory(48)
        defer { history.directory.remove() }
        try history.prune(below: Height(8))
        let database = history.store.database
        var random = SplitMix64(seed: 40)
        for family in [ColumnFamily.tree, .events, .receipts, .bodies, .undo, .transactions, .stale] {
            let rows = try database.scan(family, from: [], limit: .max).shuffled(using: &random)
            for row in rows.prefix(family == .tree ? 24 : 5) {
                try change(database, family, row.key, to: nil)
                #expect(try finding(history.store) != nil, "\(family.name) \(Hex.encode(row.key)) is missing")
                var altered = row.value
                // A leaf begins with its age, which is bound by no hash.
                let place = Int.random(in: (family == .tree ? 4 : 0)..<altered.count, using: &random)
                altered[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try change(database, family, row.key, to: altered)
                if try finding(history.store) == nil {
                    // Rows that are no leaves are bound by nothing.
                    #expect(family == .undo, "\(family.name) \(Hex.encode(row.key)), byte \(place)")
                }
                try change(database, family, row.key, to: row.value)
            }
        }
        #expect(try finding(history.store) == nil)
    }

    private func change(_ database: Database, _ family: ColumnFamily, _ key: [UInt8], to value: [UInt8]?) throws {
        var batch = database.makeBatch()
        if let value { batch.put(family, key, value) } else { batch.delete(family, key) }
        try database.write(batch)
    }

    @Test("two databases are compared in what they both keep: events, receipts, rows")
    func compares() throws {
        let (one, other) = (try KeptHistory(48), try KeptHistory(52))
        defer {
            one.directory.remove()
            other.directory.remove()
        }
        try other.prune(below: Height(16))
        guard case .equal(Height(48), rows: true) = try ChainComparison(one.store, other.store).run() else {
            Issue.record("they are equal")
            return
        }
        let database = other.store.database
        for family in [ColumnFamily.events, .receipts] {
            let row = try #require(try database.scan(family, from: StorageKey.height(20), limit: 1).first)
            for value in [nil, row.value + [0]] {
                try change(database, family, row.key, to: value)
                guard case .content(let height, family) = try ChainComparison(one.store, other.store).run() else {
                    Issue.record("\(family.name) differ")
                    return
                }
                #expect(height.number == StorageKey.height(of: row.key))
            }
            try change(database, family, row.key, to: row.value)
        }
        // The longer one no longer knows the state as of the shorter one's end.
        for _ in 0..<50 { try other.grow() }
        try other.prune(below: Height(64))
        guard case .equal(Height(48), rows: false) = try ChainComparison(one.store, other.store).run() else {
            Issue.record("nothing differs that both know")
            return
        }
    }
}
