import ChildProcess
import Foundation
import Ledger
import LedgerTesting
import Primitives
import Storage
import Testing

/// A process that writes blocks, certificates and its journal, and prunes, is killed at every single change that it makes to
/// a file: in its place, and with half of it done.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CrashPointTests {
    // Between them pruning may go on from height 16 to height 32.
    private static let start: UInt64 = 62
    private static let end: UInt64 = 65

    private let world: ChainWorld
    private let headers: [Height: Header]

    init() throws {
        world = try ChainWorld(validity: 16, snapshotInterval: 16)
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        #expect(try CrashPoint.run(directory.path, to: Self.end, at: nil).exit == 0)
        let store = try ChainStore(path: directory.path, chain: world.chain)
        var headers: [Height: Header] = [:]
        for number in 1...Self.end { headers[Height(number)] = try store.header(at: Height(number)) }
        self.headers = headers
    }

    @Test("killed at any change of a file, in its place or half way, it has lost nothing that it said, and goes on")
    func everyChange() throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        #expect(try CrashPoint.run(base.path, to: Self.start, at: nil).exit == 0)
        var change = 1
        var lowest: Set<Height> = []
        while true {
            let copy = try TemporaryDirectory()
            defer { copy.remove() }
            try base.copy(to: copy)
            let mode: CrashingProcess.Mode = change.isMultiple(of: 2) ? .torn : .before
            let run = try CrashPoint.run(copy.path, to: Self.end, at: change, mode)
            guard run.exit != 0 else { break }
            try #require(run.exit == 128 + SIGKILL, "change \(change): \(run.said)")
            lowest.insert(try check(copy.path, run.said, change))
            change += 1
        }
        #expect(change > 40 && lowest.count > 2, "\(change) changes, pruned to \(lowest.map(\.number).sorted())")
    }

    /// - Returns: the lowest height that is kept.
    private func check(_ path: String, _ said: [String: UInt64], _ change: Int) throws -> Height {
        let lowest: Height
        do {
            let store = try ChainStore(path: path, chain: world.chain)
            lowest = store.lowest
            #expect(store.lastExecuted.number >= max(Self.start, said["block"] ?? 0), "change \(change)")
            #expect(store.lastCertified.number >= max(Self.start, said["certificate"] ?? 0), "change \(change)")
            #expect(store.lastHeader == headers[store.lastExecuted])
            if let journal = said["journal"], journal > store.lastCertified.number {
                let record = try store.database.get(.journal, StorageKey.height(journal))
                #expect(record == world.proposalDigest(journal).bytes, "change \(change)")
            }
            try audit(store, change)
        }
        let rest = try CrashPoint.run(path, to: Self.end, at: nil)
        #expect(rest.exit == 0, "change \(change)")
        let store = try ChainStore(path: path, chain: world.chain)
        #expect(store.lastHeader == headers[Height(Self.end)] && store.lastCertified.number == Self.end)
        #expect(store.lowest == store.prunable(keeping: 0), "change \(change)")
        try audit(store, change)
        return lowest
    }

    /// Blocks, receipts, events, index and every state that is kept.
    private func audit(_ store: ChainStore, _ change: Int) throws {
        var audit = ChainAudit(store)
        do { _ = try audit.run() } catch { Issue.record("change \(change): \(error)") }
    }
}

/// The process that dies.
private enum CrashPoint {
    /// - Returns: how it ended, as a shell says it, and the last height that it said of each step.
    static func run(
        _ path: String,
        to height: UInt64,
        at change: Int?,
        _ mode: CrashingProcess.Mode = .before
    ) throws -> (exit: Int32, said: [String: UInt64]) {
        let words = [path, "\(height)"]
        let run = try CrashingProcess.run("ledger-writer", words, directory: path, at: change, mode)
        var said: [String: UInt64] = [:]
        for line in run.lines {
            let words = line.split(separator: " ")
            if words.count == 2, let height = UInt64(words[1]) { said[String(words[0])] = height }
        }
        return (run.exit, said)
    }
}
