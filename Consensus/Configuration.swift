package import Primitives

/// What a replica is told once: it lives for one epoch. All replicas of a chain agree on everything down to `drift`, but
/// for `id`; the rest is each one's own.
package struct Configuration: Sendable {
    /// The own index. An observer, which has none, takes n and sets `mayVote` to false.
    package var id: ReplicaID
    /// n, from 1 to 31; fewer than 4 tolerate no fault.
    package var replicas: Int
    package var chain: Digest
    package var epoch: Epoch = .first
    /// The last block of the epoch before, with which this one begins; genesis for the first.
    package var start: Height = .genesis
    /// W: sequences in flight above the certified height.
    package var window: Int = 16
    /// R: sequences of a primary's turn.
    package var turn: UInt64 = 8
    /// How many blocks back a turn that ended in a view change keeps its validator out of the active set.
    package var exclusion: UInt64 = 64
    /// References that a proposal may hold.
    package var batchLimit: Int = 1000
    /// How far ahead of the own clock a fresh proposal may be.
    package var drift: UInt64 = 2000
    /// A primary with nothing to propose proposes nothing for this long, then an empty batch.
    package var heartbeat: UInt64 = 500
    /// The view timer's shortest and longest run; it must exceed the heartbeat by several round trips.
    package var viewTimeout: UInt64 = 2000
    package var viewTimeoutCap: UInt64 = 32_000
    /// How often STATUS is sent and lost votes are repeated.
    package var repetition: UInt64 = 500
    /// From the host's generator: lets the timers of replicas differ. Never replicated.
    package var jitterSeed: UInt64 = 0
    /// False for an observer, and for a validator that lost its journal: it follows, and votes for nothing (rule 20).
    /// Silence belongs to the key: it passes from epoch to epoch until the validator has another one.
    package var mayVote = true
    /// True for a replica that does not follow on one which voted in the same process: its journal may have been put back,
    /// so it asks the others before it votes (rule 20).
    package var awaitsAnswers = true
    /// From the host's generator, another at each start: what answers must repeat. Never replicated.
    package var question: UInt64 = 0
    package var hashing: Hashing
    /// All rules in force, except in tests that show what each rule is for.
    package var rules = SafetyRules()

    package init(id: ReplicaID, replicas: Int, chain: Digest, hashing: @escaping Hashing) {
        self.id = id
        self.replicas = replicas
        self.chain = chain
        self.hashing = hashing
    }

    package var limits: MessageLimits { MessageLimits(replicas: replicas, window: window, references: batchLimit) }

    /// How many of the last blocks a restart has to show: what the active set looks at (rules 5 and 10).
    package var summaries: Int { 2 * window + 2 * Int(clamping: exclusion) + 2 }
}

/// What a replica finds when it starts: everything that its host's log holds. At the start of an epoch that is the last
/// block of the epoch before with its certificate, and a journal without records of this one.
package struct Recovery: Sendable {
    /// The executed blocks from `Configuration.summaries` below the certificate on, by ascending height, no gaps. Those
    /// of earlier epochs may be missing, but for the last.
    package var blocks: [BlockSummary] = []
    /// The highest certificate; nil at genesis. Its height is not above the last block's.
    package var certificate: Certificate?
    /// Every record of the journal, in any order.
    package var records: [JournalRecord] = []

    package init() {}
}
