import Consensus
import ContractKit
import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import NodeRuntime
import PeerNetwork
import Primitives
import Simulator
import Testing

/// What validators send each other and keep in their journals, as runs of the simulator make it, against docs/akashi.cddl.
@Suite(.enabled(if: PythonClient.hasSchemaChecker, PythonClient.checkerAbsence), .timeLimit(.minutes(2)))
struct PeerSchemaTests {
    /// A run in which everything is sent: loss, a dead primary, restarts, complaints.
    private func run(_ seed: UInt64, _ onMessage: @escaping (Message) -> Void) -> [JournalRecord] {
        var options = Options()
        options.replicas = 4
        options.window = 8
        let world = World(seed: seed, options: options)
        world.network.dropPercent = 20
        world.onDelivery = onMessage
        world.start()
        var records: [JournalRecord] = []
        for round in 0..<12 {
            world.run(until: world.now + 1500)
            let host = world.hosts[round % 4]
            world.crash(host, losing: true)
            world.run(until: world.now + 4000)
            world.restart(host)
            for other in world.hosts where round % 3 == 0 { other.expireViewTimer() }
            records += world.hosts.flatMap { $0.store.journal }
        }
        return records
    }

    /// Some of each kind: the checker is slow.
    private struct Sample {
        private(set) var messages: [String: [Message]] = [:]

        mutating func add(_ message: Message) {
            let name =
                if case .request(let request) = message {
                    switch request {
                    case .viewChanges: "request of VIEW-CHANGEs"
                    case .proposal: "request of a proposal"
                    case .testimony: "question"
                    }
                } else {
                    "\(message.kind)"
                }
            guard messages[name, default: []].count < 12 else { return }
            messages[name, default: []].append(message)
        }
    }

    @Test("every kind of consensus message follows the published schema")
    func messages() throws {
        var sample = Sample()
        for seed in 1...12 as ClosedRange<UInt64> {
            _ = run(seed) { sample.add($0) }
            if sample.messages.count >= 13 { break }
        }
        #expect(sample.messages.count == 13, "\(sample.messages.keys.sorted())")
        try Structure.check(
            sample.messages.values.flatMap { $0 }.map { (type: "consensus-message", bytes: $0.encoded) }
        )
    }

    @Test("every kind of journal record follows the published schema")
    func journal() throws {
        let records = run(3) { _ in }
        var kinds: Set<UInt8> = []
        for record in records { kinds.insert(record.key[8]) }
        #expect(kinds == [1, 2, 3, 4, 5])
        let chosen = kinds.sorted().flatMap { kind in records.filter { $0.key[8] == kind }.prefix(12) }
        try Structure.check(chosen.map { (type: "journal-record", bytes: $0.encoded) })
    }

    @Test("the other messages between nodes follow the published schema")
    func others() throws {
        let fixture = try Fixture()
        let transaction = try fixture.transaction().bytes
        let header = fixture.header()
        let certificate = try fixture.certificate(header, signers: [0, 1, 2])
        let blocks = [
            SyncBlock(header: header, certificate: certificate, bodies: [transaction]),
            SyncBlock(header: header, certificate: nil, bodies: []),
        ]
        let changes = BlockChanges(
            header: header,
            rows: [.init(key: [1, 1, 1], value: [2]), .init(key: [1, 1, 2], value: nil)]
        )
        let sync: [SyncMessage] = [
            .request(from: Height(9)), .answer(from: Height(9), blocks: blocks), .answer(from: Height(9), blocks: []),
            .changesRequest(Height(9)), .changes(changes),
        ]
        let fetch: [FetchMessage] = [
            .request(proposal: .zero, sequence: 9, references: [.zero]),
            .answer(proposal: .zero, bodies: [transaction]),
        ]
        let hellos = [0, nil].map { Hello(chain: fixture.chain.id, index: $0, softwareVersion: "akashi 1") }
        try Structure.check(
            hellos.map { ("hello", $0.encoded) } + sync.map { ("sync-message", $0.encoded) }
                + fetch.map { ("fetch-message", $0.encoded) }
                + [("gossip", GossipMessage.encode([transaction, transaction]))]
        )
    }

    @Test("every kind of message about snapshots follows the published schema")
    func snapshots() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let snapshots = try SnapshotWorld()
        let store = try ChainStore(path: path, chain: snapshots.chain)
        try snapshots.grow(store, to: 60)
        let height = Height(48)
        var messages: [SnapshotMessage] = [
            .offersRequest(epoch: 0),
            .offers(epoch: 0, handovers: try store.handovers(from: 0, limit: 9), offers: try store.snapshotOffers()),
        ]
        let deeper = try #require(StatePath([15, 0]))
        for (path, from) in [(StatePath.root, 0), (.root, 15), (deeper, 7)] {
            let task = SnapshotTask.state(path, from: from)
            let part = try store.statePart(at: height, path, from: from, byteCount: 900)
            messages += [.request(height, task), .part(height, task, part)]
        }
        for isWhole in [true, false] {
            let task = SnapshotTask.blocks(from: Height(45), isWhole: isWhole)
            let blocks = try store.history(from: Height(45), isWhole: isWhole, limit: 5, byteCount: .max)
            messages += [.request(height, task), .blocks(height, task, blocks), .blocks(height, task, [])]
        }
        try Structure.check(messages.map { (type: "snapshot-message", bytes: $0.encoded) })
    }
}
