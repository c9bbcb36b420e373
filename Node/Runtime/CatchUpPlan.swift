package import Consensus
package import Primitives

/// Whom to ask for which blocks, as a value: what happened goes in, what to do next comes out.
///
/// One request is under way at a time, tied to its peer and height; while blocks execute the next ones are fetched, so at
/// most two answers are held. A peer that has nothing, lies or stalls is left for the next one; when all of them were of
/// no use in a row, the plan pauses before it begins again.
package struct CatchUpPlan: Sendable {
    package enum Step: Equatable, Sendable {
        case ask(ReplicaID, from: Height)
        /// Everybody was asked in vain: wait for the timer.
        case pause
        /// An answer or an execution is under way, or there is nothing to do.
        case none
    }

    private static let answersHeld = 2

    private let own: ReplicaID
    private let replicas: Int
    /// The height to reach; nil where the chain is there.
    package private(set) var target: Height?
    private var peer: ReplicaID
    /// The first height of the request under way. Nil: none is.
    private var asked: Height?
    private var isPaused = false
    /// The blocks would be of no use: a snapshot is being taken.
    private var isHeld = false
    /// Blocks up to this height have arrived, and execute or have executed.
    private var arrived = Height.genesis
    private var answersExecuting = 0
    /// Peers in a row that were of no use.
    private var failures = 0
    /// Rises with every request and pause; a timer of an earlier one means nothing.
    package private(set) var round: UInt64 = 0
    package private(set) var abandonedPeers: UInt64 = 0

    package init(own: ReplicaID, replicas: Int) {
        self.own = own
        self.replicas = replicas
        peer = own
    }

    /// Somebody has proved that this height is certified. A second wish adds to the first.
    package mutating func want(_ height: Height, from peer: ReplicaID, executed: Height) -> Step {
        target = max(height, target ?? height)
        guard asked == nil, !isPaused, answersExecuting == 0 else { return .none }
        self.peer = peer == own ? after(own) : peer
        return next(executed: executed)
    }

    /// The chain has come so far, in whatever way.
    package mutating func reached(_ height: Height) {
        if let target, target <= height { self.target = nil }
    }

    /// Whether an answer is the one that is waited for. Late ones, and those that nobody asked for, are not.
    package func expects(from: Height, of peer: ReplicaID) -> Bool { asked == from && self.peer == peer }

    /// The answer proves itself up to this height; it goes to execution.
    package mutating func accepted(through last: Height, executed: Height) -> Step {
        asked = nil
        failures = 0
        arrived = last
        answersExecuting += 1
        return next(executed: executed)
    }

    /// The answer is of no use: empty, or it proves nothing.
    package mutating func rejected(executed: Height) -> Step {
        asked = nil
        return another(executed: executed)
    }

    /// Execution is through with an answer, or found that its blocks are not what the peer said.
    package mutating func executed(through height: Height, isPeersFault: Bool) -> Step {
        answersExecuting -= 1
        if isPeersFault, !isPaused {
            asked = nil
            return another(executed: height)
        }
        return asked == nil && !isPaused ? next(executed: height) : .none
    }

    /// The timer of the given round has run out.
    package mutating func timedOut(_ round: UInt64, executed: Height) -> Step {
        guard round == self.round, asked != nil || isPaused else { return .none }
        if isPaused {
            isPaused = false
            return next(executed: executed)
        }
        asked = nil
        return another(executed: executed)
    }

    /// Asks for nothing while it is held.
    package mutating func hold() { isHeld = true }

    package mutating func release(executed: Height) -> Step {
        isHeld = false
        return asked == nil && !isPaused && answersExecuting == 0 ? next(executed: executed) : .none
    }

    private mutating func another(executed: Height) -> Step {
        abandonedPeers += 1
        failures += 1
        arrived = executed
        peer = after(peer)
        guard failures.isMultiple(of: max(1, replicas - 1)) else { return next(executed: executed) }
        isPaused = true
        round += 1
        return .pause
    }

    private mutating func next(executed: Height) -> Step {
        guard let target, target > executed else {
            target = nil
            return .none
        }
        let from = max(executed, arrived).advanced(by: 1)
        guard from <= target, answersExecuting < CatchUpPlan.answersHeld, !isHeld else { return .none }
        asked = from
        round += 1
        return .ask(peer, from: from)
    }

    private func after(_ peer: ReplicaID) -> ReplicaID {
        var candidate = (peer.index + 1) % max(1, replicas)
        if candidate == own.index { candidate = (candidate + 1) % max(1, replicas) }
        return ReplicaID(candidate)
    }
}
