import ContractKit
import Ledger
import LedgerTesting
import Primitives
import Testing

/// What a block did, shown to who came to another result (rule 27).
@Suite struct BlockChangesTests {
    private func row(_ key: UInt8, _ value: UInt8?) -> StateWrite {
        StateWrite(key: [1, 1, key], value: value.map { [$0] })
    }

    private func changes(of blocks: Int = 3, _ body: ([BlockChanges], ChainStore) throws -> Void) throws {
        let world = try ChainWorld()
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try ChainStore(path: directory.path, chain: world.chain)
        let executor = try Executor(store)
        for height in 1...UInt64(blocks) { _ = try executor.execute(try world.ordinaryBatch(height)) }
        let all = try (1...UInt64(blocks)).map { try #require(try store.changes(at: Height($0))) }
        try body(all, store)
    }

    @Test("the rows of a block lead the state before it to its state root, and no others do")
    func proves() throws {
        try changes { all, store in
            for changes in all {
                #expect(!changes.rows.isEmpty)
                var isBorneOut = try store.bears(out: changes)
                #expect(isBorneOut)
                for index in changes.rows.indices {
                    var rows = changes.rows
                    rows.remove(at: index)
                    isBorneOut = try store.bears(out: BlockChanges(header: changes.header, rows: rows))
                    #expect(!isBorneOut)
                    rows = changes.rows
                    rows[index] = StateWrite(key: rows[index].key, value: (rows[index].value ?? []) + [0])
                    isBorneOut = try store.bears(out: BlockChanges(header: changes.header, rows: rows))
                    #expect(!isBorneOut)
                }
                let unknown = changes.rows + [StateWrite(key: [250, 1, 1], value: nil)]
                isBorneOut = try store.bears(out: BlockChanges(header: changes.header, rows: unknown))
                #expect(!isBorneOut)
            }
            let isBorneOut = try store.bears(out: BlockChanges(header: all[1].header, rows: all[0].rows))
            #expect(!isBorneOut)
            let ahead = try store.changes(at: Height(4))
            #expect(ahead == nil)
        }
    }

    @Test("the first key that differs is found, whatever one of them left out")
    func differences() throws {
        try changes(of: 1) { all, _ in
            let header = all[0].header
            func first(_ own: [StateWrite], _ other: [StateWrite]) -> BlockChanges.Difference? {
                BlockChanges(header: header, rows: own).firstDifference(from: BlockChanges(header: header, rows: other))
            }
            let rows = [row(1, 1), row(2, 2), row(3, nil)]
            #expect(first(rows, rows) == nil && first([], []) == nil)
            #expect(first(rows, [row(1, 1), row(2, 9), row(3, 3)])?.key == [1, 1, 2])
            let missing = first([row(1, 1), row(3, nil)], rows)
            #expect(missing?.key == [1, 1, 2] && missing?.own == nil && missing?.other == row(2, 2))
            let more = first(rows, [row(1, 1), row(2, 2)])
            #expect(more?.own == row(3, nil) && more?.other == nil)
            #expect(first([], rows)?.other == row(1, 1))
        }
    }

    @Test("it decodes as it was encoded, and keys that do not ascend are refused")
    func codec() throws {
        try changes { all, _ in
            for changes in all {
                var encoder = CBOREncoder()
                changes.encode(into: &encoder)
                var decoder = CBORDecoder(encoder.bytes)
                let decoded = try BlockChanges(from: &decoder)
                #expect(decoded == changes)
            }
            var encoder = CBOREncoder()
            BlockChanges(header: all[0].header, rows: [row(2, 1), row(2, 1)]).encode(into: &encoder)
            var decoder = CBORDecoder(encoder.bytes)
            #expect(throws: CBORError.self) { try BlockChanges(from: &decoder) }
        }
    }
}
