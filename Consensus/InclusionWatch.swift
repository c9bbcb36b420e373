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

/// What the host's watch asks of the replica.
package struct ReplicaStanding: Hashable, Sendable {
    package var turn: Turn
    package var certified: Sequence
    /// The last sequence accepted, and up to where the primary's proposals came without a gap.
    package var accepted: Sequence
    package var offered: Sequence
    /// How much may be in flight; nothing while a view or an epoch ends.
    package var window: UInt64

    package init(turn: Turn, certified: Sequence, accepted: Sequence, offered: Sequence, window: UInt64) {
        self.turn = turn
        self.certified = certified
        self.accepted = accepted
        self.offered = offered
        self.window = window
    }
}

/// The host's part of rule 25: which waiting transactions are told to all again, and whether the owner of a turn leaves
/// some out that it could have ordered.
///
/// Pools differ: gossip gets lost, and nobody knows what a primary holds. So a transaction counts as left out only after
/// it was told to all several times. From then on a batch with room passes it over at most W times, since the primary
/// proposed that many before it had heard; a full batch may pass it over until a full pool has been emptied. Blocks of
/// other turns, and blocks that a peer served, say nothing of the present primary and do not count.
///
/// A slow primary leaves nothing out, it only takes its time: a quarter of a heartbeat for each batch while something
/// waits, which a correct one does not need by far, and two view timeouts in all.
package struct InclusionWatch: Sendable {
    package struct Limits: Hashable, Sendable {
        /// How many batches with room may pass a transaction over: W.
        package var roomy: UInt64
        /// How many batches may in all: `⌈total pool ÷ batch⌉ + W`.
        package var total: UInt64
        /// How often a transaction is told before blocks count.
        package var tellings = 3
        /// Milliseconds for each batch while something waits.
        package var allowance: UInt64
        /// How much longer than that a turn may take in all.
        package var patience: UInt64

        package init(roomy: UInt64, total: UInt64, heartbeat: UInt64, viewTimeout: UInt64) {
            self.roomy = roomy
            self.total = total
            allowance = heartbeat / 4
            patience = 2 * viewTimeout
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

    /// How far the present turn has come, as the own replica sees it.
    private struct Pace: Sendable {
        let standing: ReplicaStanding
        let time: UInt64
        var lag: UInt64 = 0
    }

    private let limits: Limits
    private let turnLength: UInt64
    private var entries: [Digest: Entry] = [:]
    private var ever = Passed()
    /// The turn of the last block that counted, and its blocks.
    private var turn: Turn?
    private var passed = Passed()
    private var pace: Pace?

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
    package mutating func look(at waiting: [Waiting], _ standing: ReplicaStanding, now: UInt64) -> [Digest] {
        defer { measure(standing, now: now) }
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

    /// Time counts while something waits that was told twice, and the primary could propose: it has less than half of the
    /// window in flight. What it proposed before the last look and nobody could accept yet is not there: its bodies are
    /// withheld.
    private mutating func measure(_ standing: ReplicaStanding, now: UInt64) {
        var lag: UInt64 = 0
        if let pace, pace.standing.turn == standing.turn {
            lag = pace.lag
            let last = standing.accepted < pace.standing.offered ? standing.accepted : standing.offered
            let hasRoom = 2 * last.distance(above: standing.certified) < standing.window
            let isKeptWaiting = entries.values.contains { !$0.isProposed && $0.tellings >= 2 }
            if isKeptWaiting, hasRoom, now > pace.time { lag += now - pace.time }
            let batches = standing.accepted.distance(above: pace.standing.accepted)
            lag -= min(lag, batches.multipliedReportingOverflow(by: limits.allowance).partialValue)
        }
        pace = Pace(standing: standing, time: now, lag: lag)
    }

    /// Whether the owner of this turn has left out something, or let all wait, for longer than is explained.
    package func isOverdue(in turn: Turn) -> Bool {
        if let pace, pace.standing.turn == turn, pace.lag > limits.patience { return true }
        guard turn == self.turn else { return false }
        return entries.values.contains { entry in
            guard let told = entry.told, !entry.isProposed else { return false }
            let passed = told.turn == turn ? passed.since(told.passed) : passed
            return passed.roomy > limits.roomy || passed.total > limits.total
        }
    }
}
