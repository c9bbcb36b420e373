import ContractKit
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import SeededRandom
import Testing

/// What sources of a snapshot may say, and who believes none of it.
@Suite struct SnapshotLieTests {
    @Test("an altered part of the state proves nothing and changes nothing (failures 23 and 33)")
    func alteredParts() throws {
        let pair = try SnapshotPair(height: 40)
        let offer = try #require(try pair.source.snapshotOffers().first)
        var store = try pair.begun(offer)
        let part = try #require(try pair.source.statePart(at: offer.header.height, .root, byteCount: 2000))
        var encoder = CBOREncoder()
        part.encode(into: &encoder)
        var refused = 0
        for position in encoder.bytes.indices {
            var bytes = encoder.bytes
            bytes[position] ^= 1
            var decoder = CBORDecoder(bytes)
            guard let altered = try? StatePart(from: &decoder), decoder.isAtEnd else { continue }
            #expect(throws: UnprovenError.self, "byte \(position)") {
                try store.take(altered, for: .state(.root, from: 0))
            }
            refused += 1
        }
        #expect(refused > 500)
        guard case .inner(let children) = part else { return #expect(Bool(false), "there are many rows") }
        for (position, child) in children.enumerated() {
            guard case .rows(let rows) = child else { continue }
            for lie in [rows.dropLast(), rows.reversed(), rows + rows.suffix(1), rows.suffix(0)] as [[StateEntry]] {
                var lying = children
                lying[position] = .rows(lie)
                #expect(throws: UnprovenError.self) { try store.take(.inner(lying), for: .state(.root, from: 0)) }
            }
        }
        #expect(store.figures.parts == 0 && store.tasks.contains(.state(.root, from: 0)))
        var random = SplitMix64(seed: 1)
        #expect(try pair.take(&store, offer, random: &random) > 3)
        try store.finish()
    }

    @Test("whoever calls a row a deeper part, which hashes do not always contradict, does not spoil the tree")
    func hiddenLeaves() throws {
        let pair = try SnapshotPair(height: 40)
        let offer = try #require(try pair.source.snapshotOffers().first)
        var store = try pair.begun(offer)
        var hidden = 0
        while let task = store.tasks.first(where: { if case .state = $0 { true } else { false } }) {
            guard case .state(let path, let from) = task else { return }
            let part = try #require(try pair.source.statePart(at: offer.header.height, path, from: from, byteCount: 1))
            guard case .inner(let children) = part else {
                #expect(try store.take(part, for: task) == [])
                continue
            }
            var lying = children
            for (position, child) in children.enumerated() {
                guard case .leaf(let entry) = child else { continue }
                lying[position] = .hash(
                    StateHash.leaf(
                        position: StateHash.position(of: entry.key),
                        value: StateHash.value(entry.value)
                    )
                )
                if (try? store.take(.inner(lying), for: task)) ?? nil != nil {
                    hidden += 1
                    break
                }
                lying[position] = child
            }
            if store.tasks.contains(task) { #expect(try store.take(part, for: task) != nil) }
        }
        #expect(hidden > 3, "\(hidden)")
        var random = SplitMix64(seed: 2)
        _ = try pair.take(&store, offer, random: &random)
        try store.finish()
        let joined = try ChainStore(store.database, chain: pair.snapshots.chain)
        var audit = ChainAudit(joined)
        #expect(try audit.run().rows > 50)
        try pair.snapshots.grow(joined, to: 60)
        try pair.snapshots.grow(pair.source, to: 60)
        #expect(joined.lastHeader == pair.source.lastHeader)
    }

    @Test("blocks that are altered, reordered, uncertified, incomplete or not asked for are refused (failure 33)")
    func alteredBlocks() throws {
        let pair = try SnapshotPair(height: 40)
        let offer = try #require(try pair.source.snapshotOffers().first)
        var store = try pair.begun(offer)
        let scope = SnapshotScope(height: offer.header.height, pair.snapshots.chain.genesis.parameters)
        let task = SnapshotTask.blocks(from: scope.firstBlock, isWhole: true)
        let blocks = try pair.source.history(from: scope.firstBlock, isWhole: true, limit: 8, byteCount: .max)
        #expect(blocks.count == 8)
        func with(_ index: Int, _ change: (HistoricBlock) throws -> HistoricBlock) rethrows -> [HistoricBlock] {
            var blocks = blocks
            blocks[index] = try change(blocks[index])
            return blocks
        }
        func content(_ change: @escaping (inout [[UInt8]], inout [[UInt8]]) -> Void) -> (HistoricBlock) -> HistoricBlock
        {
            { block in
                var transactions = block.content?.transactions ?? []
                var receipts = block.content?.receipts ?? []
                change(&transactions, &receipts)
                return HistoricBlock(
                    header: block.header,
                    certificate: block.certificate,
                    content: .init(transactions: transactions, receipts: receipts)
                )
            }
        }
        func certified(_ certificate: Certificate?) -> (HistoricBlock) -> HistoricBlock {
            { HistoricBlock(header: $0.header, certificate: certificate, content: $0.content) }
        }
        let full = try #require(blocks.firstIndex { ($0.content?.transactions.count ?? 0) > 2 })
        let lies: [[HistoricBlock]] = [
            [], Array(blocks.dropFirst()), blocks.reversed(), Array(blocks.prefix(2) + blocks.suffix(3)),
            with(7, certified(nil)), with(7, certified(blocks[6].certificate)),
            with(3, certified(blocks[2].certificate)),
            with(full, content { transactions, _ in transactions.removeLast() }),
            with(full, content { transactions, _ in transactions.swapAt(0, 1) }),
            with(full, content { _, receipts in receipts.removeLast() }),
            with(full, content { _, receipts in receipts[0][5] ^= 1 }),
            with(full) { HistoricBlock(header: $0.header, certificate: $0.certificate, content: nil) },
            try pair.source.history(from: scope.firstBlock, isWhole: false, limit: 8, byteCount: .max),
        ]
        for (index, lie) in lies.enumerated() {
            #expect(throws: UnprovenError.self, "lie \(index)") { try store.take(lie, for: task) }
        }
        #expect(store.figures.blocks == 0)
        #expect(try store.take(blocks, for: task) == [.blocks(from: scope.firstBlock.advanced(by: 8), isWhole: true)])
    }

    @Test("whom to believe follows from the genesis: no handover can be left out, altered or made by retired keys")
    func trails() throws {
        let pair = try SnapshotPair()
        let handovers = try pair.source.handovers(from: 0, limit: .max)
        #expect(handovers.count == 4)
        let offer = try #require(try pair.source.snapshotOffers().first)
        for index in handovers.indices {
            var trail = EpochTrail(pair.snapshots.chain)
            for handover in handovers[..<index] { try trail.follow(handover) }
            if index < 3 {
                #expect(throws: UnprovenError.self, "not known yet") {
                    try trail.check(offer.header, offer.certificate)
                }
            }
            for other in handovers.indices where other != index {
                #expect(throws: UnprovenError.self) { try trail.follow(handovers[other]) }
            }
        }
        let trail = try pair.trail()
        try trail.check(offer.header, offer.certificate)
        let retired = try pair.snapshots.world.certificate(offer.header)
        #expect(throws: UnprovenError.self) { try trail.check(offer.header, retired) }
    }
}
