package import Consensus
package import Primitives

/// A block of the simulated executor: a chain of hashes over the ids that are new, so that any difference in order,
/// content, time or origin shows in the header.
package struct Block: Sendable {
    package let summary: BlockSummary
    package let parent: Digest
    package let batch: Batch
    package let ids: [UInt64]
    package let state: UInt64
    /// The validators above this block.
    package let succession: Succession

    package var height: Height { summary.height }

    /// What a faulty executor makes of the same batch.
    func withOtherState() -> Block {
        let words = summary.header.words
        let other = BlockSummary(
            epoch: summary.epoch,
            height: summary.height,
            header: Tokens.digest(~words.0, words.1, words.2, words.3),
            time: summary.time,
            originView: summary.originView,
            proposer: summary.proposer,
            boundary: summary.boundary
        )
        return Block(
            summary: other,
            parent: parent,
            batch: batch,
            ids: ids,
            state: ~state,
            succession: succession
        )
    }

    var trace: String {
        "h\(height.number) origin v\(summary.originView.number) proposer \(summary.proposer?.index ?? -1) "
            + "header \(summary.header.words.0 % 10000)"
    }
}

/// References are `(id, encoding)`: two encodings of one id are two references, of which at most one executes.
package enum Transactions {
    package static func reference(id: UInt64, encoding: UInt64) -> Digest { Tokens.digest(1, 2, id, encoding) }

    package static func id(of reference: Digest) -> UInt64 { reference.words.2 }
}

/// The blocks of one replica and the ids they executed.
package struct Chain: Sendable {
    package private(set) var blocks: [Block] = []
    private var executed: Set<UInt64> = []
    package let charter: Charter

    package init(_ charter: Charter) { self.charter = charter }

    package var height: Height { Height(UInt64(blocks.count)) }

    package func contains(_ id: UInt64) -> Bool { executed.contains(id) }

    package func block(at height: Height) -> Block? {
        guard height > .genesis, height.number <= UInt64(blocks.count) else { return nil }
        return blocks[Int(height.number) - 1]
    }

    /// The validators above a height.
    package func succession(after height: Height) -> Succession { block(at: height)?.succession ?? Succession(charter) }

    /// What the batch makes on top of the last block. `stamp` replaces the origin view where a mutation says so.
    package func make(_ execution: Execution, mutations: HostMutations, stamp: View) -> Block {
        let parent = blocks.last
        var ids: [UInt64] = []
        var state = parent?.state ?? 7
        var time = (parent?.summary.time ?? 0) + 1
        // Rule 3: a null block copies its parent's, the first at the start of an epoch.
        var origin = parent.map { $0.summary.epoch == execution.epoch ? $0.summary.originView : .first } ?? .first
        var proposer: ReplicaID?
        switch execution.batch {
        case .null:
            if mutations.contains(.nullWithView) { origin = stamp }
        case .proposal(let proposal):
            time = max(proposal.time, time)
            origin = mutations.contains(.viewInHeader) ? stamp : proposal.originView
            proposer = proposal.proposer
            for id in proposal.references.map(Transactions.id) {
                let isKnown = executed.contains(id) || ids.contains(id)
                guard !isKnown || mutations.contains(.noDeduplication) else { continue }
                ids.append(id)
                state = Tokens.mix(state, id)
            }
        }
        let number = execution.sequence.number
        let words = (parent?.summary.header ?? .zero).words
        let first = Tokens.mix(
            number,
            words.0,
            words.1,
            origin.number,
            UInt64(bitPattern: Int64(proposer?.index ?? -1))
        )
        let second = Tokens.mix(first, time, state &+ execution.epoch.number << 48, words.2)
        let header = Tokens.digest(first, second, Tokens.mix(second), number)
        let changes = ids.compactMap { Change(id: $0) }
        let before = succession(after: parent?.height ?? .genesis)
        let (succession, boundary) = before.after(Height(number), changes, charter)
        let summary = BlockSummary(
            epoch: execution.epoch,
            height: Height(number),
            header: header,
            time: time,
            originView: origin,
            proposer: proposer,
            boundary: boundary
        )
        return Block(
            summary: summary,
            parent: parent?.summary.header ?? .zero,
            batch: execution.batch,
            ids: ids,
            state: state,
            succession: succession
        )
    }

    package mutating func append(_ block: Block) {
        blocks.append(block)
        for id in block.ids { executed.insert(id) }
    }
}

/// Rules of the host and the executor, broken on purpose.
package enum HostMutation: String, CaseIterable, Hashable, Sendable {
    case viewInHeader = "view-in-header"
    case noDeduplication = "no-deduplication"
    case nullWithView = "null-with-view"
    /// Blocks and certificates lie in another store, which loses more than the journal does.
    case separateLogs = "separate-logs"
    /// Messages leave before the journal is durable.
    case sendBeforeSync = "send-before-sync"
    /// Complaints come before what pools lack was told again (rule 25).
    case complainAtOnce = "complain-at-once"
}

package typealias HostMutations = Set<HostMutation>
