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
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var codes: [String: Int] = [:]
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
    /// Refusals and failures by code.
    var codes: [String: Int] { state.withLock { $0.codes } }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    func sent(_ range: Range<Int>, at time: UInt64) {
        state.withLock { state in
            for place in range where state.entries[place].outcome == .unsent {
                state.entries[place].outcome = .sent
                state.entries[place].sentAt = time
            }
        }
    }

    /// Transactions of a certified block. Ids of others are passed over.
    func final(_ ids: [Digest], failures: [Int: String], at time: UInt64) {
        end(
            ids.enumerated().compactMap { position, id in
                guard let place = places[id] else { return nil }
                guard let code = failures[position] else { return (place, .final, nil) }
                return (place, .failed, code)
            },
            at: time
        )
    }

    func end(_ endings: [(place: Int, outcome: Outcome, code: String?)], at time: UInt64) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            var woken: [CheckedContinuation<Void, Never>] = []
            for (place, outcome, code) in endings {
                // A block may be seen before the answer to the request that put the transaction into it.
                guard state.entries[place].outcome == .sent else { continue }
                state.entries[place].outcome = outcome
                state.entries[place].finalAt = time
                if let code { state.codes[code, default: 0] += 1 }
                let request = place / perRequest
                state.remaining[request] -= 1
                if state.remaining[request] == 0, let waiter = state.waiters.removeValue(forKey: request) {
                    woken.append(waiter)
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
                state.waiters[request] = continuation
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
            return Array(state.waiters.values)
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
