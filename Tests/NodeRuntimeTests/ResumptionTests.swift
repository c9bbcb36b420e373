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
}
