internal import ContractKit
package import Primitives
internal import Storage

/// Where two databases of one chain differ: the first height, and in it the first key.
package struct ChainComparison: Sendable {
    package enum Outcome: Sendable {
        /// Both hold the same up to here, which is as far as the shorter one goes.
        case equal(through: Height)
        case genesis(Digest, Digest)
        /// The first block that differs; the key where both still know what the block did.
        case block(Height, own: Digest, other: Digest, key: BlockChanges.Difference?)
        /// The blocks are the same, and this row of the present state is not.
        case row(Height, key: [UInt8], own: [UInt8]?, other: [UInt8]?)
    }

    private let one: ChainStore
    private let other: ChainStore

    package init(_ one: ChainStore, _ other: ChainStore) {
        self.one = one
        self.other = other
    }

    package func run() throws(LedgerFault) -> Outcome {
        guard one.chain.id == other.chain.id else { return .genesis(one.chain.id, other.chain.id) }
        let last = min(one.lastExecuted, other.lastExecuted)
        if let height = try firstDifference(through: last) {
            let (left, right) = (try one.changes(at: height), try other.changes(at: height))
            let digests = (try digest(one, height), try digest(other, height))
            let key = left.flatMap { left in right.flatMap { left.firstDifference(from: $0) } }
            return .block(height, own: digests.0, other: digests.1, key: key)
        }
        return try compareRows(at: last) ?? .equal(through: last)
    }

    /// Blocks are chained by their hashes, so all above the first difference differ, too.
    private func firstDifference(through last: Height) throws(LedgerFault) -> Height? {
        guard try digest(one, last) != digest(other, last) else { return nil }
        // Below the first header that both have nothing can be compared.
        let floor = max(one.headerFloor, other.headerFloor)
        guard floor <= last else { throw .noSuchHeight(last) }
        var (equal, different) = (floor.reduced(by: 1).number, last.number)
        while different - equal > 1 {
            let middle = equal + (different - equal) / 2
            if try digest(one, Height(middle)) == digest(other, Height(middle)) {
                equal = middle
            } else {
                different = middle
            }
        }
        return Height(different)
    }

    private func digest(_ store: ChainStore, _ height: Height) throws(LedgerFault) -> Digest {
        guard height > .genesis else { return store.chain.id }
        guard let header = try store.header(at: height) else { throw .noSuchHeight(height) }
        return header.digest
    }

    /// Row by row, as of the height that both have.
    private func compareRows(at height: Height) throws(LedgerFault) -> Outcome? {
        let (left, right) = (try one.view(at: height), try other.view(at: height))
        var from: [UInt8] = []
        let end = [UInt8](repeating: 0xFF, count: 96)
        while true {
            let start = from
            let (mine, theirs) = try onStorage { () throws(StorageError) in
                (
                    try left.scan(from: start, to: end, limit: Self.pageCount),
                    try right.scan(from: start, to: end, limit: Self.pageCount)
                )
            }
            for (own, other) in zip(mine, theirs) where own != other {
                let first = own.key.lexicographicallyPrecedes(other.key) ? own.key : other.key
                return .row(
                    height,
                    key: first,
                    own: own.key == first ? own.value : nil,
                    other: other.key == first ? other.value : nil
                )
            }
            if mine.count != theirs.count {
                let count = min(mine.count, theirs.count)
                let own = mine.dropFirst(count).first
                let other = theirs.dropFirst(count).first
                return .row(height, key: own?.key ?? other?.key ?? [], own: own?.value, other: other?.value)
            }
            guard let last = mine.last, mine.count == Self.pageCount else { return nil }
            from = last.key + [0]
        }
    }

    private static let pageCount = 1000
}
