import ChildProcess
import Foundation
import Ledger
import LedgerTesting
import NodeRuntime
import Primitives
import Storage
import Testing

/// A process that joins by a snapshot is killed at every single change that it makes to a file: while it writes parts, when the
/// last one is there, while the journal goes over, between the renames.
@Suite(.timeLimit(.minutes(10))) struct SnapshotCrashTests {
    private static let identity = [UInt8](repeating: 7, count: 32)
    private static let vote: (key: [UInt8], value: [UInt8]) = (StorageKey.height(30) + [1], [1, 2, 3])
    private static let before = Height(20)

    private let snapshots: SnapshotWorld
    private let folder = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
    private var source: String { folder + "/source" }
    private var base: String { folder + "/base" }

    init() throws {
        snapshots = try SnapshotWorld()
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
        try {
            let store = try ChainStore(path: source, chain: snapshots.chain)
            try snapshots.grow(store, to: 70)
            try store.database.flush()
            let behind = try ChainStore(path: base + "/data", chain: snapshots.chain)
            try snapshots.grow(behind, to: Self.before.number)
            var batch = behind.database.makeBatch()
            batch.put(.journal, Self.vote.key, Self.vote.value)
            batch.put(.meta, MetaKey.journal.bytes, Self.identity)
            try behind.database.write(batch, synced: true)
            try behind.database.flush()
        }()
    }

    private func run(_ home: String, _ end: End, at change: Int?) throws -> (exit: Int32, lines: [String]) {
        try CrashingProcess.run(
            "snapshot-taker",
            [source, home],
            directory: "\(home)/\(end.files)",
            at: change,
            end.mode
        )
    }

    /// Every second change from one on, of files whose paths begin so, and how far it gets.
    private struct End: Sendable {
        let files: String
        let first: Int
        let step: Int
        let mode: CrashingProcess.Mode
        let least: Int
    }

    /// Between them every change of what is being taken and of what is being replaced, and behind each that puts it in place.
    private static let ends = [
        End(files: "data.", first: 1, step: 2, mode: .before, least: 60),
        End(files: "data.", first: 2, step: 2, mode: .torn, least: 60),
        End(files: "data.replaced", first: 1, step: 1, mode: .after, least: 5),
    ]

    @Test(
        "killed at any change of a file, it has the old chain or the whole new one, and the next start goes on",
        arguments: ends.indices
    )
    func everyChange(number: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let end = Self.ends[number]
        let expected = try ChainStore(readingAt: source)
        let height = try #require(try expected.snapshotOffers().first).header.height
        var change = end.first
        var count = 0
        var seen: [String: Int] = [:]
        while true {
            let home = "\(folder)/home"
            try FileManager.default.copyItem(atPath: base, toPath: home)
            defer { try? FileManager.default.removeItem(atPath: home) }
            let died = try run(home, end, at: change)
            guard died.exit != 0 else { break }
            try #require(died.exit == 128 + SIGKILL, "change \(change): \(died.lines)")
            try checkLeft(home, expected, change)
            let rest = try run(home, end, at: nil)
            #expect(rest.exit == 0, "change \(change): \(rest.lines)")
            for line in rest.lines { seen[line, default: 0] += 1 }
            try checkEnd(home, expected, height, change)
            change += end.step
            count += 1
        }
        #expect(count > end.least, "\(count) changes")
        // Each of the ways to go on was taken: from a part, from nothing, with all there.
        var ways = ["executed \(height.number)"]
        if end.files == "data." { ways += ["resumed true", "resumed false", "executed \(Self.before.number)"] }
        for line in ways { #expect(seen[line, default: 0] > 0, "\(line) in \(seen)") }
    }

    /// Nothing half is taken for a whole.
    private func checkLeft(_ home: String, _ expected: ChainStore, _ change: Int) throws {
        let there = ["data", "data.replaced", "data.joining"].filter {
            FileManager.default.fileExists(atPath: "\(home)/\($0)/CURRENT")
        }
        #expect(there.contains("data") || there.contains("data.replaced"), "change \(change): \(there)")
        for name in there {
            let copy = "\(folder)/looked-at"
            defer { try? FileManager.default.removeItem(atPath: copy) }
            try FileManager.default.copyItem(atPath: "\(home)/\(name)", toPath: copy)
            if name == "data.joining" {
                // Killed while the database was being made, it is not one yet.
                guard let taken = try? SnapshotStore(path: copy, chain: snapshots.chain), try taken.isComplete else {
                    continue
                }
            }
            if name == "data.replaced", there.contains("data") { continue }
            let store = try ChainStore(path: copy, chain: snapshots.chain)
            #expect(try store.lastHeader == expected.header(at: store.lastExecuted), "change \(change), \(name)")
            try audit(store, change)
            if name == "data" { try checkJournal(store, change) }
        }
    }

    private func checkEnd(_ home: String, _ expected: ChainStore, _ height: Height, _ change: Int) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: home)
        #expect(names == ["data"], "change \(change): \(names)")
        let store = try ChainStore(path: home + "/data", chain: snapshots.chain)
        #expect(try store.lastExecuted == height && store.lastHeader == expected.header(at: height), "change \(change)")
        #expect(store.lowest == SnapshotScope(height: height, snapshots.chain.genesis.parameters).firstBlock)
        for row in try expected.database.scan(.blocks, from: StorageKey.height(store.headerFloor.number), limit: .max)
        where StorageKey.height(of: row.key).map({ $0 <= height.number }) ?? false {
            #expect(try store.header(at: Height(StorageKey.height(of: row.key) ?? 0)) != nil, "change \(change)")
        }
        try checkJournal(store, change)
        try audit(store, change)
    }

    private func checkJournal(_ store: ChainStore, _ change: Int) throws {
        #expect(try store.database.get(.meta, MetaKey.journal.bytes) == Self.identity, "change \(change)")
        #expect(try store.database.get(.journal, Self.vote.key) == Self.vote.value, "change \(change)")
    }

    /// The state's root is that of the certified header, whose digest is the source's: so the states are equal.
    private func audit(_ store: ChainStore, _ change: Int) throws {
        var audit = ChainAudit(store)
        do { _ = try audit.run() } catch { Issue.record("change \(change): \(error)") }
    }
}
