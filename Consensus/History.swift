package import Primitives

/// The last blocks, as far back as the active set looks, and what follows from their origin views (rule 10).
///
/// Everything here is a function of certified headers, so that all replicas that may accept a sequence compute the
/// same primary for it (rule 5).
package struct History: Sendable {
    private let quorum: Quorum
    private let window: UInt64
    private let turn: UInt64
    private let exclusion: UInt64
    private let capacity: Int
    private let epoch: Epoch
    private let start: Height
    /// By ascending height, without gaps.
    package private(set) var blocks: [BlockSummary] = []
    /// Where the origin view rose: a turn ended in a view change. Only of this epoch, whose validators are others than
    /// those before and have no past.
    private var rises: [Rise] = []

    private struct Rise: Sendable {
        let height: UInt64
        let from: View
    }

    package init(_ configuration: Configuration) {
        quorum = Quorum(replicas: configuration.replicas)
        window = UInt64(configuration.window)
        turn = configuration.turn
        exclusion = configuration.exclusion
        capacity = configuration.summaries
        epoch = configuration.epoch
        start = configuration.start
    }

    package var last: BlockSummary? { blocks.last }

    package func block(at height: Height) -> BlockSummary? {
        guard let first = blocks.first, height >= first.height,
            let index = Int(exactly: height.number - first.height.number), index < blocks.count
        else { return nil }
        return blocks[index]
    }

    /// Appends the next block; blocks far below the certified height are let go of.
    package mutating func append(_ block: BlockSummary, certified: Height) {
        precondition(blocks.isEmpty || block.height.number == blocks[blocks.count - 1].height.number + 1)
        let before = originView(before: block)
        if block.epoch == epoch, block.originView > before {
            rises.append(Rise(height: block.height.number, from: before))
        }
        blocks.append(block)
        let unneeded = blocks.count - 2 * capacity
        guard unneeded >= 0, certified.number > UInt64(capacity) else { return }
        let lowest = Height(certified.number - UInt64(capacity))
        blocks.removeAll { $0.height < lowest }
        rises.removeAll { $0.height < lowest.number }
    }

    /// The parent's origin view; an epoch starts at view 0. Of the oldest block that is known, the parent is not.
    private func originView(before block: BlockSummary) -> View {
        guard let parent = blocks.last else {
            return block.height == start.advanced(by: 1) ? .first : block.originView
        }
        return parent.epoch == block.epoch ? parent.originView : .first
    }

    /// Rule 9: `active[(v + ⌊s / R⌋) mod |active|]`, the active set being that of height s − W.
    package func primary(in view: View, at sequence: Sequence) -> ReplicaID {
        if rises.isEmpty { return turnOwner(view, sequence.number / turn, excluded: []) }
        let basis = sequence.height.reduced(by: window).number
        return turnOwner(view, sequence.number / turn, excluded: excluded(by: accusations(upTo: basis), asOf: basis))
    }

    /// Rule 10: all validators but at most f whose turns ended in view changes within the last `exclusion` blocks.
    package func activeSet(asOf height: Height) -> [ReplicaID] {
        let excluded = excluded(by: accusations(upTo: height.number), asOf: height.number)
        return (0..<quorum.replicas).map { ReplicaID($0) }.filter { !excluded.contains($0) }
    }

    private struct Accusation {
        let height: UInt64
        let replica: ReplicaID
    }

    /// Walks the rises of twice the exclusion: whose turn one ended depends on who was excluded then, and the walk
    /// starts far enough back for that to be the same on all replicas, whatever older blocks they still hold.
    private func accusations(upTo height: UInt64) -> [Accusation] {
        let start = height > 2 * exclusion ? height - 2 * exclusion : 0
        var accused: [Accusation] = []
        for rise in rises where rise.height > start && rise.height <= height {
            let basis = rise.height > window ? rise.height - window : 0
            let excluded = excluded(by: accused, asOf: basis)
            let owner = turnOwner(rise.from, rise.height / turn, excluded: excluded)
            accused.append(Accusation(height: rise.height, replica: owner))
        }
        return accused
    }

    /// The last f validators accused, in no particular order.
    private func excluded(by accused: [Accusation], asOf height: UInt64) -> [ReplicaID] {
        let start = height > exclusion ? height - exclusion : 0
        var excluded: [ReplicaID] = []
        for accusation in accused.reversed() where accusation.height > start && accusation.height <= height {
            guard excluded.count < quorum.faults else { break }
            if !excluded.contains(accusation.replica) { excluded.append(accusation.replica) }
        }
        return excluded
    }

    /// The active validator at index `(v + turn) mod |active|`.
    private func turnOwner(_ view: View, _ turn: UInt64, excluded: [ReplicaID]) -> ReplicaID {
        let count = UInt64(quorum.replicas - excluded.count)
        var index = Int((view.number % count + turn % count) % count)
        for excluded in excluded.map(\.index).sorted() where excluded <= index { index += 1 }
        return ReplicaID(index)
    }
}
