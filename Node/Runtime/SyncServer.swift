package import Ledger
package import Primitives
internal import Storage

/// Certified blocks for a peer that is behind.
package struct SyncServer {
    /// Bytes of bodies in one answer, but for the blocks up to the first certificate.
    private static let byteCount = 4 << 20

    private let store: ChainStore
    private let limits: PeerLimits

    package init(store: ChainStore, limits: PeerLimits) {
        self.store = store
        self.limits = limits
    }

    /// Consecutive blocks from a height on, the last of which has a certificate; empty where there is none to be had.
    package func blocks(from: Height) -> [SyncBlock] {
        var blocks: [SyncBlock] = []
        var certified = 0
        var byteCount = 0
        var height = from
        while height.number > 0, blocks.count < limits.blocks, certified == 0 || byteCount < Self.byteCount {
            guard let block = try? block(at: height) else { break }
            blocks.append(block)
            byteCount += block.bodies.reduce(512) { $0 + $1.count }
            if block.certificate != nil { certified = blocks.count }
            // Who asks verifies under one epoch's validators.
            guard !block.header.endsEpoch else { break }
            height = height.advanced(by: 1)
        }
        return Array(blocks.prefix(certified))
    }

    private func block(at height: Height) throws -> SyncBlock? {
        guard height <= store.lastCertified, let block = try store.block(at: height) else { return nil }
        return SyncBlock(
            header: block.header,
            certificate: try store.certificate(at: height),
            bodies: block.transactions
        )
    }
}
