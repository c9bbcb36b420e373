import ContractKit
import Foundation
import Ledger
import LedgerTesting
import NodeRuntime
import Primitives
import Simulator
import Storage
import Testing

/// Every row of databases that running chains made, against docs/akashi.cddl, and against docs/formats.md where no CBOR frames
/// it.
@Suite(.enabled(if: PythonClient.hasSchemaChecker, PythonClient.checkerAbsence), .timeLimit(.minutes(5)))
struct StoredSchemaTests {
    private typealias Row = (key: [UInt8], value: [UInt8])

    /// Rows by what the schema calls them.
    private struct Rows {
        private(set) var structures: [String: [[UInt8]]] = [:]
        private(set) var families: Set<ColumnFamily> = []
        private(set) var meta: Set<MetaKey> = []
        private(set) var contracts: Set<UInt8> = []
        private(set) var hasIndexes = false

        mutating func add(_ database: Database) throws {
            for family in ColumnFamily.allCases {
                for row in try database.scan(family, from: [], limit: .max) {
                    families.insert(family)
                    try add(row, of: family)
                }
            }
        }

        private mutating func add(_ row: Row, of family: ColumnFamily) throws {
            let name = "\(family.name) \(Hex.encode(row.key))"
            switch family {
            case .blocks: keep("stored-block", row, keyByteCount: 8)
            case .bodies: keep("stored-bodies", row, keyByteCount: 40)
            case .certificates: keep("certificate", row, keyByteCount: 8)
            case .receipts: keep("stored-receipts", row, keyByteCount: 8)
            case .events: keep("stored-events", row, keyByteCount: 8)
            case .undo: keep("stored-undo", row, keyByteCount: 8)
            case .stale: keep("stale-list", row, keyByteCount: 8)
            case .validators: keep("stored-epoch", row, keyByteCount: 8)
            case .tree:
                #expect((8...72).contains(row.key.count) && row.key.dropFirst(8).allSatisfy { $0 < 16 }, "\(name)")
                keep("tree-record", row)
            case .transactions: #expect(row.key.count == 32 && row.value.count == 12, "\(name)")
            case .journal:
                let isEvidence = row.key.starts(with: [UInt8](repeating: 0xFF, count: 8) + [6])
                keep(isEvidence ? "stored-evidence" : "journal-record", row)
            case .state:
                #expect((2...4096).contains(row.key.count), "\(name)")
                contracts.insert(row.key[0])
                if StateLayout.isLeaf(row.key) { keep("stored-row", row) } else { hasIndexes = true }
            case .meta: try addMeta(row)
            }
        }

        /// What has no frame of CBOR has a length, and what is checked here against the rest of the database.
        private mutating func addMeta(_ row: Row) throws {
            let text = String(decoding: row.key.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
            let name = try #require(MetaKey(rawValue: text), "\(text)")
            meta.insert(name)
            switch name {
            case .schema: keep("stored-schema", row)
            case .genesis: keep("genesis", row)
            case .chain, .journal: #expect(row.value.count == 32, "\(text)")
            case .executed, .certified, .pruned, .joined, .headers: #expect(row.value.count == 8, "\(text)")
            case .joining where row.key == name.bytes: #expect(row.value.count == 40)
            case .joining:
                let rest = Array(row.key.dropFirst(name.bytes.count + 1))
                #expect(row.value.count == 32)
                switch rest.first {
                case 1: #expect(rest.count >= 2 && rest.dropFirst().allSatisfy { $0 < 16 }, "\(rest)")
                case 2, 3: #expect(rest.count == 9, "\(rest)")
                default: Issue.record("\(rest)")
                }
            }
        }

        private mutating func keep(_ structure: String, _ row: Row, keyByteCount: Int? = nil) {
            if let keyByteCount { #expect(row.key.count == keyByteCount, "\(structure) \(Hex.encode(row.key))") }
            structures[structure, default: []].append(row.value)
        }
    }

    private let folder = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path

    /// Of several validators in a run in which messages are lost and one of them dies now and again; then pruned.
    private func simulated(_ rows: inout Rows) throws {
        var options = Options()
        options.window = 8
        options.usesLedger = true
        options.changesValidators = true
        let world = World(seed: 11, options: options)
        world.network.dropPercent = 5
        world.start()
        for round in 0..<8 {
            world.run(until: world.now + 1500)
            let host = world.hosts[round % 4]
            world.crash(host, losing: true)
            world.run(until: world.now + 600)
            world.restart(host)
            for index in 0..<4 { if let store = world.store(of: index) { try rows.add(store.database) } }
        }
    }

    /// A chain of several epochs, pruned, and a snapshot of it, half taken and whole.
    private func joined(_ rows: inout Rows) throws {
        let snapshots = try SnapshotWorld()
        let source = try ChainStore(path: folder + "/source", chain: snapshots.chain)
        try snapshots.grow(source, to: 110)
        var pruner = ChainPruner(source)
        while try pruner.step(below: Height(.max)) != nil {}
        try rows.add(source.database)
        var trail = EpochTrail(snapshots.chain)
        for handover in try source.handovers(from: 0, limit: .max) { try trail.follow(handover) }
        let offer = try #require(try source.snapshotOffers().first)
        var taken = try SnapshotStore(path: folder + "/taken", chain: snapshots.chain)
        try taken.begin(offer, trail)
        try rows.add(taken.database)
        try taken.take(from: source)
        try taken.finish()
        try rows.add(taken.database)
    }

    @Test("each row of each family of databases made by running chains follows the published schema")
    func rows() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var rows = Rows()
        try simulated(&rows)
        try joined(&rows)
        #expect(rows.families == Set(ColumnFamily.allCases))
        #expect(rows.meta.union([.journal]) == Set(MetaKey.allCases))
        #expect(rows.contracts.count >= 4 && rows.hasIndexes, "\(rows.contracts)")
        // The checker is slow: of each structure some, the longest and the shortest among them.
        let chosen = rows.structures.sorted { $0.key < $1.key }.flatMap { name, values in
            let distinct = Set(values).sorted { ($0.count, Hex.encode($0)) < ($1.count, Hex.encode($1)) }
            let step = max(1, distinct.count / 10)
            return (stride(from: 0, to: distinct.count, by: step).map { distinct[$0] } + distinct.suffix(1)).map {
                Structure(name, $0)
            }
        }
        let reasons = try Structure.reasons(chosen)
        for (structure, reason) in zip(chosen, reasons) {
            #expect(reason == nil, "\(structure.type) \(structure.bytes)")
        }
        let others = rows.structures.keys.sorted().map { Structure($0, [0x83, 0x01, 0x02, 0xF5]) }
        for (structure, reason) in zip(others, try Structure.reasons(others)) {
            #expect(reason != nil, "\(structure.type) takes anything")
        }
    }
}
