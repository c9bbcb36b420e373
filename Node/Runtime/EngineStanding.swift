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
    var voice: Voice
    /// How many others have said what they have seen of its votes since it started (rule 20).
    var answers: Int
    var executed: UInt64
    var certified: UInt64
    var waiting: Int
    var outbox: Int
    var counters: EngineCounters

    var votes: Bool { voice == .votes }
    var awaitsAnswers: Bool { voice == .asks }
}

extension Engine {
    var standing: EngineStanding {
        let next = Sequence(replica.executed).advanced(by: 1)
        return EngineStanding(
            view: replica.view.number,
            isActive: replica.isActive,
            primary: UInt64(replica.primary(in: replica.view, at: next).index),
            epoch: replica.epoch.number,
            voice: replica.voice,
            answers: replica.answeredBy.count,
            executed: replica.executed.number,
            certified: replica.certified.number,
            waiting: pool.count,
            outbox: outbox.count,
            counters: counters
        )
    }
}
