package import Ledger
internal import Primitives

/// Answers about snapshots, out of the tree and the blocks that are kept anyway.
///
/// Each answer is bounded in bytes and so in work. It is made on the threads for reading, one at a time and never faster
/// than the followers' pace: commits go on meanwhile.
package struct SnapshotServer: Sendable {
    private let store: ChainStore
    private let limits: PeerLimits
    private let byteCount: Int

    /// - Parameter byteCount: of rows, and of blocks, in one answer.
    package init(_ store: ChainStore, byteCount: Int = StatePart.byteCount) {
        self.store = store
        self.byteCount = byteCount
        limits = PeerLimits(store.chain.genesis.parameters)
    }

    /// Nil for what is no question.
    package func answer(_ question: [UInt8]) -> [UInt8]? {
        switch try? SnapshotMessage(decoding: question, limits: limits) {
        case .offersRequest(let epoch): offers(from: epoch)
        case .request(let height, let task): answer(task, at: height).encoded
        default: nil
        }
    }

    private func offers(from epoch: UInt64) -> [UInt8]? {
        guard
            let handovers = try? store.handovers(from: epoch, limit: SnapshotMessage.handoverLimit),
            let offers = try? store.snapshotOffers()
        else { return nil }
        return SnapshotMessage.offers(epoch: epoch, handovers: handovers, offers: offers).encoded
    }

    private func answer(_ task: SnapshotTask, at height: Height) -> SnapshotMessage {
        switch task {
        case .state(let path, let from):
            guard height <= store.lastCertified else { return .part(height, task, nil) }
            let part = try? store.statePart(at: height, path, from: from, byteCount: byteCount)
            return .part(height, task, part ?? nil)
        case .blocks(let from, let isWhole):
            let blocks = try? store.history(
                from: from,
                isWhole: isWhole,
                limit: limits.blocks,
                byteCount: byteCount
            )
            return .blocks(height, task, blocks ?? [])
        }
    }
}
