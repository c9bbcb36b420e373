package import Ledger
package import Primitives
internal import Storage

/// Certified blocks for a peer that is behind.
package struct SyncServer {
    /// Bytes of bodies in one answer to a validator and to a follower, but for the blocks up to the first certificate.
    package static let peerByteCount = 4 << 20
    static let followerByteCount = 1 << 20

    let store: ChainStore
    let limits: PeerLimits
    let byteCount: Int

    package init(store: ChainStore, limits: PeerLimits, byteCount: Int) {
        self.store = store
        self.limits = limits
        self.byteCount = byteCount
    }

    /// Consecutive blocks from a height on, the last of which has a certificate; empty where there is none to be had.
    package func blocks(from: Height) -> [SyncBlock] {
        var blocks: [SyncBlock] = []
        var certified = 0
        var taken = 0
        var height = from
        while height.number > 0, blocks.count < limits.blocks, certified == 0 || taken < byteCount {
            guard let block = try? block(at: height) else { break }
            blocks.append(block)
            taken += Self.size(of: block)
            if block.certificate != nil { certified = blocks.count }
            // Who asks verifies under one epoch's validators.
            guard !block.header.endsEpoch else { break }
            height = height.advanced(by: 1)
        }
        return Array(blocks.prefix(certified))
    }

    private static func size(of block: SyncBlock) -> Int { block.bodies.reduce(512) { $0 + $1.count } }

    /// Whether an answer to a follower says that there may be more.
    static func isCutShort(_ blocks: [SyncBlock], _ limits: PeerLimits) -> Bool {
        blocks.count >= limits.blocks || blocks.reduce(0) { $0 + size(of: $1) } >= followerByteCount
    }

    /// Answers a follower; nothing for what is no question.
    func answer(_ question: [UInt8]) -> [UInt8]? {
        guard case .request(let from)? = try? SyncMessage(decoding: question, limits: limits) else {
            return SnapshotServer(store).answer(question)
        }
        return SyncMessage.answer(from: from, blocks: blocks(from: from)).encoded
    }

    private func block(at height: Height) throws -> SyncBlock? {
        // What is pruned here is asked of another.
        guard height <= store.lastCertified, let block = try store.block(at: height) else { return nil }
        return SyncBlock(
            header: block.header,
            certificate: try store.certificate(at: height),
            bodies: block.transactions
        )
    }
}
