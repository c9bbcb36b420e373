package import Primitives
internal import Storage

/// Something of a snapshot that is still missing.
package enum SnapshotTask: Hashable, Sendable {
    /// What stands at a place of the state tree, from one of its sixteen children on.
    case state(StatePath, from: Int)
    /// Consecutive blocks from a height on: whole, or their headers alone.
    case blocks(from: Height, isWhole: Bool)
}

// How it is remembered while it is missing: `meta`, under `joining/`.
extension SnapshotTask {
    static var keyPrefix: [UInt8] { MetaKey.joining.bytes + [UInt8(ascii: "/")] }

    private static let (ofState, ofBlocks, ofHeaders) = (UInt8(1), UInt8(2), UInt8(3))

    var key: [UInt8] {
        switch self {
        case .state(let path, let from):
            SnapshotTask.keyPrefix + [SnapshotTask.ofState, UInt8(truncatingIfNeeded: from)] + path.nibbles
        case .blocks(let from, let isWhole):
            SnapshotTask.keyPrefix + [isWhole ? SnapshotTask.ofBlocks : SnapshotTask.ofHeaders]
                + StorageKey.height(from.number)
        }
    }

    init?(key: [UInt8]) {
        guard key.starts(with: SnapshotTask.keyPrefix) else { return nil }
        let rest = Array(key.dropFirst(SnapshotTask.keyPrefix.count))
        switch rest.first {
        case SnapshotTask.ofState:
            guard rest.count >= 2, rest[1] < StatePart.childCount, let path = StatePath(Array(rest[2...])) else {
                return nil
            }
            self = .state(path, from: Int(rest[1]))
        case SnapshotTask.ofBlocks, SnapshotTask.ofHeaders:
            guard rest.count == 9, let height = StorageKey.height(of: rest[1...]) else { return nil }
            self = .blocks(from: Height(height), isWhole: rest[0] == SnapshotTask.ofBlocks)
        default: return nil
        }
    }
}

/// A block as it travels to whoever takes a snapshot: stored there, not executed.
package struct HistoricBlock: Sendable {
    package let header: Header
    /// The last one of an answer has one, which proves all of them.
    package let certificate: Certificate?
    /// The transactions' bytes and the encoded receipts; nil for a header alone.
    package let content: Content?

    package struct Content: Sendable {
        package let transactions: [[UInt8]]
        package let receipts: [[UInt8]]

        package init(transactions: [[UInt8]], receipts: [[UInt8]]) {
            self.transactions = transactions
            self.receipts = receipts
        }

        var byteCount: Int { (transactions + receipts).reduce(0) { $0 + $1.count } }
    }

    package init(header: Header, certificate: Certificate?, content: Content?) {
        self.header = header
        self.certificate = certificate
        self.content = content
    }
}

extension ChainStore {
    /// Consecutive blocks from a height on, the last of which has a certificate: empty where there are none to be had.
    ///
    /// - Parameter byteCount: of transactions and receipts, but for the blocks up to the first certificate.
    package func history(
        from first: Height,
        isWhole: Bool,
        limit: Int,
        byteCount: Int
    ) throws(LedgerFault) -> [HistoricBlock] {
        var blocks: [HistoricBlock] = []
        var certified = 0
        var taken = 0
        var height = first
        while height > .genesis, height <= lastCertified, blocks.count < limit, certified == 0 || taken < byteCount {
            guard let block = try historicBlock(at: height, isWhole: isWhole) else { break }
            blocks.append(block)
            taken += block.content?.byteCount ?? 0
            if block.certificate != nil { certified = blocks.count }
            // Who asks verifies under one epoch's validators.
            guard !block.header.endsEpoch else { break }
            height = height.advanced(by: 1)
        }
        return Array(blocks.prefix(certified))
    }

    private func historicBlock(at height: Height, isWhole: Bool) throws(LedgerFault) -> HistoricBlock? {
        guard let header = try header(at: height) else { return nil }
        var content: HistoricBlock.Content?
        if isWhole {
            guard let transactions = try transactions(at: height) else { return nil }
            content = HistoricBlock.Content(
                transactions: transactions,
                receipts: try receipts(at: height).map(\.encoded)
            )
        }
        return HistoricBlock(header: header, certificate: try certificate(at: height), content: content)
    }
}
