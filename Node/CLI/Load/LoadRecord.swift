internal import Histogram
internal import Primitives
internal import Synchronization

/// One transaction of the load.
package struct LoadEntry: Sendable {
    package enum Outcome: UInt8, Sendable { case unsent, sent, final, failed, refused, unreached }

    package var outcome: Outcome
    /// In nanoseconds, as `LoadRecord.now`.
    package var sentAt: UInt64
    package var finalAt: UInt64

    package init(_ outcome: Outcome = .unsent, sentAt: UInt64 = 0, finalAt: UInt64 = 0) {
        self.outcome = outcome
        self.sentAt = sentAt
        self.finalAt = finalAt
    }
}

/// When each transaction was sent and when it was final: what is measured, and what the driver waits on.
final class LoadRecord: Sendable {
    typealias Outcome = LoadEntry.Outcome

    private struct State {
        var entries: [LoadEntry]
        /// How many of a request's transactions are still on their way.
        var remaining: [Int]
        var waiters: [Int: [CheckedContinuation<Void, Never>]] = [:]
        var notes = LoadNotes()
        var isAbandoned = false
    }

    private let places: [Digest: Int]
    private let perRequest: Int
    private let state: Mutex<State>

    init(_ load: SignedLoad, perRequest: Int) {
        var places: [Digest: Int] = [:]
        places.reserveCapacity(load.ids.count)
        for (place, id) in load.ids.enumerated() { places[id] = place }
        self.places = places
        self.perRequest = perRequest
        state = Mutex(
            State(
                entries: Array(repeating: LoadEntry(), count: load.ids.count),
                remaining: load.requests.map(\.places.count)
            )
        )
    }

    var entries: [LoadEntry] { state.withLock { $0.entries } }
    /// What was noted since the notes were taken last.
    func takeNotes() -> LoadNotes {
        state.withLock { state in
            defer { state.notes = LoadNotes() }
            return state.notes
        }
    }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// Transactions that leave at a time, or were to leave then: the lateness is what lies between.
    func sent(_ range: Range<Int>, at time: UInt64, late: UInt64 = 0) {
        state.withLock { state in
            state.notes.lateness.record(late / 1000)
            for place in range where state.entries[place].outcome == .unsent {
                state.entries[place].outcome = .sent
                state.entries[place].sentAt = time
            }
        }
    }

    /// A certified block. Ids of others are passed over.
    func final(_ ids: [Digest], failures: [Int: String], at time: UInt64) {
        state.withLock { $0.notes.blocks.append(LoadNotes.Block(count: ids.count, at: time)) }
        end(
            ids.enumerated().compactMap { position, id in
                guard let place = places[id] else { return nil }
                guard let code = failures[position] else { return (place, .final, nil) }
                return (place, .failed, code)
            },
            at: time
        )
    }

    /// A request that was turned away, wholly or in part, and whether the answer said when to come again.
    func turnedAway(status: UInt, saysWhen: Bool) {
        let name = "\(status) \(saysWhen ? "with" : "without") Retry-After"
        state.withLock { $0.notes.turnedAway[name, default: 0] += 1 }
    }

    func end(_ endings: [(place: Int, outcome: Outcome, code: String?)], at time: UInt64) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            var woken: [CheckedContinuation<Void, Never>] = []
            for (place, outcome, code) in endings {
                // A block may be seen before the answer to the request that put the transaction into it.
                guard state.entries[place].outcome == .sent else { continue }
                state.entries[place].outcome = outcome
                state.entries[place].finalAt = time
                if let code { state.notes.codes[code, default: 0] += 1 }
                let request = place / perRequest
                state.remaining[request] -= 1
                if state.remaining[request] == 0, let waiters = state.waiters.removeValue(forKey: request) {
                    woken += waiters
                }
            }
            return woken
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns when every transaction of the request has ended, or when all waiting is given up.
    func settled(_ request: Int) async {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state -> Bool in
                if state.remaining[request] == 0 || state.isAbandoned { return true }
                state.waiters[request, default: []].append(continuation)
                return false
            }
            if isSettled { continuation.resume() }
        }
    }

    /// Gives up waiting: what is still on its way is lost.
    func abandon() {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isAbandoned = true
            defer { state.waiters = [:] }
            return state.waiters.values.flatMap(\.self)
        }
        for waiter in woken { waiter.resume() }
    }

    /// Nanoseconds since the program began to measure, by the monotonic clock.
    static var now: UInt64 {
        let parts = (ContinuousClock.now - origin).components
        return UInt64(max(0, parts.seconds)) * 1_000_000_000 + UInt64(max(0, parts.attoseconds) / 1_000_000_000)
    }

    private static let origin = ContinuousClock.now
}

/// What a run notes beside its transactions.
package struct LoadNotes: Sendable {
    package init() {}

    /// Refusals and failures by code.
    package var codes: [String: Int] = [:]
    /// Requests turned away, by status and whether the answer said when to come again.
    package var turnedAway: [String: Int] = [:]
    package struct Block: Sendable {
        /// Its transactions, and when its certificate was heard of.
        let count: Int
        let at: UInt64

        package init(count: Int, at: UInt64) {
            self.count = count
            self.at = at
        }
    }

    package var blocks: [Block] = []
    /// How much later than appointed requests left, in microseconds.
    var lateness = Histogram<UInt64>(
        highestTrackableValue: 600_000_000,
        numberOfSignificantValueDigits: .three
    )
}
