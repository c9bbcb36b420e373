internal import ContractKit
package import Primitives
package import Storage

/// Where two databases of one chain differ: the first height, and in it the first key.
///
/// Blocks are compared by their headers, which bind all the rest; whether the rest is what the headers say is `ChainAudit`'s
/// to find. Receipts, events and the rows of the present state, which are read without it, are compared as they stand.
package struct ChainComparison: Sendable {
    package enum Outcome: Sendable {
        /// Both hold the same up to here, which is as far as the shorter one goes. `rows`: also as rows of the state as of
        /// then, which the longer one may no longer know.
        case equal(through: Height, rows: Bool)
        case genesis(Digest, Digest)
        /// The first block that differs; the key where both still know what the block did.
        case block(Height, own: Digest, other: Digest, key: BlockChanges.Difference?)
        /// The headers are the same, and what is kept of this block is not.
        case content(Height, ColumnFamily)
        /// The blocks are the same, and this row of the present state is not.
        case row(Height, key: [UInt8], own: [UInt8]?, other: [UInt8]?)
    }

    private let one: ChainStore
    private let other: ChainStore

    private let progress: @Sendable (String) -> Void

    /// - Parameter progress: is told now and then how far it is.
    package init(
        _ one: ChainStore,
        _ other: ChainStore,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.one = one
        self.other = other
        self.progress = progress
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
        if let difference = try compareContent(through: last) { return difference }
        do throws(LedgerFault) {
            return try compareRows(at: last) ?? .equal(through: last, rows: true)
        } catch .pruned, .tooFarBack { return .equal(through: last, rows: false) }
    }

    /// Receipts and events of every height that both keep.
    private func compareContent(through last: Height) throws(LedgerFault) -> Outcome? {
        try onStorage { () throws(StorageError) in
            let first = StorageKey.height(max(one.lowest, other.lowest).number)
            let end = StorageKey.height(last.advanced(by: 1).number)
            for family in [ColumnFamily.receipts, .events] {
                var left = one.database.cursor(family, from: first, to: end)
                var right = other.database.cursor(family, from: first, to: end)
                while left.isValid || right.isValid {
                    // A cursor past its end has no key.
                    let numbers = [left.key, right.key].compactMap { StorageKey.height(of: $0) }
                    let height = Height(numbers.min() ?? 0)
                    guard left.key == right.key, left.value == right.value else { return .content(height, family) }
                    if height.number % 1000 == 0 { progress("\(family.name) of block \(height.number)") }
                    left.next()
                    right.next()
                }
                try left.check()
                try right.check()
            }
            return nil
        }
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
