internal import Consensus
internal import Ledger
internal import Primitives

/// Where the replica stands, for status and metrics.
struct EngineStanding: Sendable {
    var view: UInt64
    var isActive: Bool
    /// The primary of the next sequence.
    var primary: UInt64
    var epoch: UInt64
    /// False where it only follows: its journal was lost (rule 20).
    var mayVote: Bool
    var executed: UInt64
    var certified: UInt64
    var waiting: Int
    var outbox: Int
    var counters: EngineCounters
}

extension Engine {
    var standing: EngineStanding {
        let next = Sequence(replica.executed).advanced(by: 1)
        return EngineStanding(
            view: replica.view.number,
            isActive: replica.isActive,
            primary: UInt64(replica.primary(in: replica.view, at: next).index),
            epoch: replica.epoch.number,
            mayVote: replica.mayVote,
            executed: replica.executed.number,
            certified: replica.certified.number,
            waiting: pool.count,
            outbox: outbox.count,
            counters: counters
        )
    }

    /// It runs and is not far behind what others say is certified. A view change is no reason not to admit transactions.
    var isReady: Bool { !isStopped && !parts.catchUp.isFarBehind }
}
