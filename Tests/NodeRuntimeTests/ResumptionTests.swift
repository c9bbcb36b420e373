import Consensus
import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import NodeRuntime
import Primitives
import Storage
import Testing

/// What a log makes of a replica.
@Suite struct ResumptionTests {
    private let world: ChainWorld
    private let path = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path

    init() throws {
        world = try ChainWorld()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// A NEW-VIEW as a validator of an epoch with so many validators wrote it down, that names the last of them.
    private func newView(of replicas: Int) -> JournalRecord {
        let hashing: Hashing = { SHA256Function.digest(of: $0) }
        let names = (replicas - 3..<replicas).map { index in
            ViewChangeName(sender: ReplicaID(index), digest: hashing([UInt8(index)]))
        }
        let content = NewView(epoch: Epoch(4), view: View(1), viewChanges: names, hashing: hashing)
        return .newView(SignedNewView(content: content, signature: Signature(r: .zero, s: .zero)), [])
    }

    @Test("records of a larger epoch that is over keep nobody from the next one", arguments: [4, 5, 7, 31])
    func largerEpoch(replicas: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try ChainStore(path: path, chain: world.chain)
        try JournalLog(store).write([.record(newView(of: replicas))], synced: true)
        let replica = try Resumption(store).replica(ReplicaID(0), mayVote: true, awaitsAnswers: false)
        #expect(replica.isActive && replica.view == View(0) && replica.mayVote)
    }

    @Test("an index that no epoch can have is damage, and the replica does not start over it")
    func impossibleIndex() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try ChainStore(path: path, chain: world.chain)
        try JournalLog(store).write([.record(newView(of: 40))], synced: true)
        #expect(throws: ConfigurationError.self) {
            try Resumption(store).replica(ReplicaID(0), mayVote: true, awaitsAnswers: false)
        }
    }

    /// What `/proc/self/status` says, in KiB.
    private func memory(_ name: String) throws -> Int {
        let lines = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix(name + ":") })
        return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
    }

    @Test("a log that was trimmed at every one of many blocks opens in little memory")
    func longLog() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var store: ChainStore? = try ChainStore(path: path, chain: world.chain)
        var log: JournalLog? = try JournalLog(#require(store))
        for height in 1...20_000 { try log?.write([.trim(upTo: Height(UInt64(height)))], synced: false) }
        log = nil
        store = nil
        // The peak begins anew.
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        let before = try memory("VmRSS")
        let reopened = try ChainStore(path: path, chain: world.chain)
        let records = try reopened.journalRecords(window: 16, batchLimit: 1000) { SHA256Function.digest(of: $0) }
        let grown = try memory("VmHWM") - before
        // Ranges that overlap each other would take 1.6 GB.
        #expect(records.isEmpty && grown < 256 << 10)
    }
}
