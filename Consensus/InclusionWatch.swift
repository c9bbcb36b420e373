package import Primitives

/// The sequences that one validator proposes in one view (rule 9).
package struct Turn: Hashable, Sendable {
    package let view: View
    /// `⌊s / R⌋`
    package let number: UInt64

    package init(view: View, number: UInt64) {
        self.view = view
        self.number = number
    }
}

/// The host's part of rule 25: which waiting transactions are told to all again, and whether the owner of a turn leaves
/// some out that it could have ordered.
///
/// Pools differ: gossip gets lost, and nobody knows what a primary holds. So a transaction counts as left out only after
/// it was told to all several times. From then on a batch with room passes it over at most W times, since the primary
/// proposed that many before it had heard; a full batch may pass it over until a full pool has been emptied. Blocks of
/// other turns, and blocks that a peer served, say nothing of the present primary and do not count.
package struct InclusionWatch: Sendable {
    package struct Limits: Hashable, Sendable {
        /// How many batches with room may pass a transaction over: W.
        package var roomy: UInt64
        /// How many batches may in all: `⌈total pool ÷ batch⌉ + W`.
        package var total: UInt64
        /// How often a transaction is told before blocks count.
        package var tellings = 3

        package init(roomy: UInt64, total: UInt64) {
            self.roomy = roomy
            self.total = total
        }
    }

    /// A transaction that could be ordered now.
    package struct Waiting: Hashable, Sendable {
        package let reference: Digest
        /// In a proposal that is not executed yet.
        package let isProposed: Bool
        /// This node admitted it.
        package let isOwn: Bool

        package init(_ reference: Digest, isProposed: Bool, isOwn: Bool) {
            self.reference = reference
            self.isProposed = isProposed
            self.isOwn = isOwn
        }
    }

    /// Blocks that went by.
    private struct Passed: Sendable {
        var roomy: UInt64 = 0
        var total: UInt64 = 0

        func since(_ before: Passed) -> Passed { Passed(roomy: roomy - before.roomy, total: total - before.total) }
    }

    private struct Entry: Sendable {
        /// When it was seen first, among all blocks.
        let seen: Passed
        var tellings = 0
        /// When it had been told often enough, among the blocks of the turn of that time.
        var told: (turn: Turn?, passed: Passed)?
        var isProposed = false
    }

    private let limits: Limits
    private let turnLength: UInt64
    private var entries: [Digest: Entry] = [:]
    private var ever = Passed()
    /// The turn of the last block that counted, and its blocks.
    private var turn: Turn?
    private var passed = Passed()

    package init(_ limits: Limits, turnLength: UInt64) {
        self.limits = limits
        self.turnLength = max(1, turnLength)
    }

    /// How many transactions it remembers.
    package var count: Int { entries.count }

    /// A block that this node executed as its own replica asked. `isFull`: there might not have been room for another
    /// transaction.
    package mutating func saw(_ block: BlockSummary, isFull: Bool) {
        // A null batch has no proposer: nobody could have put anything into it.
        guard block.proposer != nil else { return }
        let current = Turn(view: block.originView, number: block.height.number / turnLength)
        if current != turn {
            turn = current
            passed = Passed()
        }
        passed.total += 1
        ever.total += 1
        guard !isFull else { return }
        passed.roomy += 1
        ever.roomy += 1
    }

    /// Takes the oldest that wait, once a repetition, and returns those to be told to all again. Whatever is not among
    /// them is forgotten.
    package mutating func look(at waiting: [Waiting]) -> [Digest] {
        var kept: [Digest: Entry] = [:]
        var told: [Digest] = []
        for candidate in waiting {
            guard var entry = entries[candidate.reference] else {
                kept[candidate.reference] = Entry(seen: ever, isProposed: candidate.isProposed)
                continue
            }
            entry.isProposed = candidate.isProposed
            if !candidate.isProposed, isToBeTold(entry, isOwn: candidate.isOwn) {
                told.append(candidate.reference)
                entry.tellings += 1
            }
            if entry.told == nil, entry.tellings >= limits.tellings { entry.told = (turn, passed) }
            kept[candidate.reference] = entry
        }
        entries = kept
        return told
    }

    /// What others admitted is their matter, unless they seem to fail.
    private func isToBeTold(_ entry: Entry, isOwn: Bool) -> Bool {
        guard !isOwn, entry.tellings == 0 else { return true }
        let passed = ever.since(entry.seen)
        return passed.roomy > 0 || passed.total > limits.total
    }

    /// Whether the owner of this turn has left out something for longer than is explained.
    package func isOverdue(in turn: Turn) -> Bool {
        guard turn == self.turn else { return false }
        return entries.values.contains { entry in
            guard let told = entry.told, !entry.isProposed else { return false }
            let passed = told.turn == turn ? passed.since(told.passed) : passed
            return passed.roomy > limits.roomy || passed.total > limits.total
        }
    }
}
