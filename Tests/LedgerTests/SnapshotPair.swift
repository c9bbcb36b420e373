import Ledger
import LedgerTesting
import Primitives
import SeededRandom
import Testing

/// Source and joiner of one test.
final class SnapshotPair {
    let snapshots: SnapshotWorld
    let sourceDirectory: TemporaryDirectory
    let directory: TemporaryDirectory
    let source: ChainStore

    init(height: UInt64 = 110, skipsCertificates: Bool = false) throws {
        snapshots = try SnapshotWorld(skipsCertificates: skipsCertificates)
        sourceDirectory = try TemporaryDirectory()
        directory = try TemporaryDirectory()
        source = try ChainStore(path: sourceDirectory.path, chain: snapshots.chain)
        try snapshots.grow(source, to: height)
    }

    deinit {
        sourceDirectory.remove()
        directory.remove()
    }

    func trail() throws -> EpochTrail {
        var trail = EpochTrail(snapshots.chain)
        for handover in try source.handovers(from: 0, limit: .max) { try trail.follow(handover) }
        return trail
    }

    func begun(_ offer: SnapshotOffer) throws -> SnapshotStore {
        var store = try SnapshotStore(path: directory.path, chain: snapshots.chain)
        let trail = try trail()
        try trail.check(offer.header, offer.certificate)
        try store.begin(offer, trail)
        return store
    }

    /// Does one task as an honest source answers it.
    func answer(_ task: SnapshotTask, _ offer: SnapshotOffer, byteCount: Int) throws -> Answer {
        switch task {
        case .state(let path, let from):
            let part = try source.statePart(at: offer.header.height, path, from: from, byteCount: byteCount)
            return .part(try #require(part))
        case .blocks(let from, let isWhole):
            return .blocks(try source.history(from: from, isWhole: isWhole, limit: 7, byteCount: byteCount))
        }
    }

    /// Takes what is missing in any order, at most so many parts; returns how many there were.
    func take(
        _ store: inout SnapshotStore,
        _ offer: SnapshotOffer,
        random: inout SplitMix64,
        atMost limit: Int = .max,
        byteCount: Int = 2000
    ) throws -> Int {
        var count = 0
        while count < limit, let task = store.tasks.sorted(by: SnapshotPair.precedes).randomElement(using: &random) {
            let next = try answer(task, offer, byteCount: byteCount).take(into: &store, task)
            #expect(next != nil)
            count += 1
        }
        return count
    }

    private static func precedes(_ one: SnapshotTask, _ other: SnapshotTask) -> Bool { "\(one)" < "\(other)" }
}

enum Answer {
    case part(StatePart)
    case blocks([HistoricBlock])

    func take(into store: inout SnapshotStore, _ task: SnapshotTask) throws -> [SnapshotTask]? {
        switch self {
        case .part(let part): try store.take(part, for: task)
        case .blocks(let blocks): try store.take(blocks, for: task)
        }
    }
}
