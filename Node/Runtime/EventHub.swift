package import NIOCore
package import Primitives
internal import Synchronization

/// A certified block in the form in which readers want it; made once per block and shared by all of them.
package struct PublishedBlock: Sendable {
    package let height: Height
    /// The block's own time, in milliseconds.
    package let time: UInt64
    package let transactions: [BlockView.Item]
    package let events: [EventView]

    package init(height: Height, time: UInt64, transactions: [BlockView.Item], events: [EventView]) {
        self.height = height
        self.time = time
        self.transactions = transactions
        self.events = events
    }
}

/// Where those wait who want to know that something became final.
///
/// The hub holds no data for a reader but its wish: a feed pulls block after block, so a slow reader costs nothing but
/// its own place. The latest blocks are kept at hand because most readers are at the tip.
package final class EventHub: Sendable {
    private static let recentBlocks = 64

    private struct Waiter {
        var remaining: Set<Digest>
        var continuation: CheckedContinuation<Void, Never>?
        var isOver = false
    }

    private struct State {
        var certified = Height.genesis
        var recent: [Height: PublishedBlock] = [:]
        var nextToken: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var tokensByID: [Digest: [UInt64]] = [:]
        var heightWaiters: [UInt64: (above: Height, continuation: CheckedContinuation<Void, Never>)] = [:]
        var cancelledHeightWaiters: Set<UInt64> = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let clock: any EventLoop

    /// - Parameter clock: the loop whose timers end what waits too long.
    package init(clock: any EventLoop, certified: Height) {
        self.clock = clock
        state.withLock { $0.certified = certified }
    }

    // MARK: - What the engine says

    /// Tells everybody who waits for this block or for a transaction in it.
    package func publish(_ block: PublishedBlock) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.certified = max(state.certified, block.height)
            state.recent[block.height] = block
            state.recent[block.height.reduced(by: UInt64(Self.recentBlocks))] = nil
            var woken = Self.settle(block.transactions.map(\.id), in: &state)
            for (token, waiter) in state.heightWaiters where waiter.above < state.certified {
                woken.append(waiter.continuation)
                state.heightWaiters[token] = nil
            }
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    /// Transactions that will not become final any more: whoever waits for them need not go on waiting.
    package func abandon(_ ids: [Digest]) {
        let woken = state.withLock { Self.settle(ids, in: &$0) }
        for continuation in woken { continuation.resume() }
    }

    /// Wakes everybody, for good.
    package func stop() {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isStopping = true
            let woken = state.waiters.values.compactMap(\.continuation) + state.heightWaiters.values.map(\.continuation)
            state.waiters = [:]
            state.tokensByID = [:]
            state.heightWaiters = [:]
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    package var isStopping: Bool { state.withLock { $0.isStopping } }
    package var certified: Height { state.withLock { $0.certified } }

    /// A block near the tip; nil where it has to be read from the store.
    package func recentBlock(at height: Height) -> PublishedBlock? { state.withLock { $0.recent[height] } }

    // MARK: - Waiting for transactions

    /// Returns once none of `ids` is pending, at the deadline, or when the task is cancelled.
    ///
    /// - Parameter pending: which of the ids are pending now; asked after the wish is on record, so that nothing slips by.
    package func wait(
        for ids: [Digest],
        until deadline: ContinuousClock.Instant,
        pending: ([Digest]) async -> [Digest]
    ) async {
        let token = state.withLock { state -> UInt64 in
            state.nextToken += 1
            state.waiters[state.nextToken] = Waiter(remaining: Set(ids), isOver: state.isStopping)
            for id in ids { state.tokensByID[id, default: []].append(state.nextToken) }
            return state.nextToken
        }
        let stillPending = Set(await pending(ids))
        state.withLock { state in state.waiters[token]?.remaining.formIntersection(stillPending) }
        let timer = clock.scheduleTask(in: .nanoseconds(deadline.nanosecondsFromNow)) { self.end(token) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    guard let waiter = state.waiters[token], !waiter.isOver, !waiter.remaining.isEmpty else {
                        return true
                    }
                    state.waiters[token]?.continuation = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            end(token)
        }
        timer.cancel()
        state.withLock { Self.forget(token, ids, in: &$0) }
    }

    private func end(_ token: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.waiters[token]?.isOver = true
            defer { state.waiters[token]?.continuation = nil }
            return state.waiters[token]?.continuation
        }
        continuation?.resume()
    }

    private static func forget(_ token: UInt64, _ ids: [Digest], in state: inout State) {
        state.waiters[token] = nil
        for id in ids {
            guard var tokens = state.tokensByID[id] else { continue }
            tokens.removeAll { $0 == token }
            state.tokensByID[id] = tokens.isEmpty ? nil : tokens
        }
    }

    private static func settle(_ ids: [Digest], in state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.tokensByID.isEmpty else { return [] }
        var woken: [CheckedContinuation<Void, Never>] = []
        for id in ids {
            for token in state.tokensByID.removeValue(forKey: id) ?? [] {
                state.waiters[token]?.remaining.remove(id)
                guard let waiter = state.waiters[token], waiter.remaining.isEmpty else { continue }
                state.waiters[token]?.isOver = true
                state.waiters[token]?.continuation = nil
                if let continuation = waiter.continuation { woken.append(continuation) }
            }
        }
        return woken
    }

    // MARK: - Waiting for blocks

    /// Returns once a block above `height` is certified, when the node stops, or when the task is cancelled.
    package func wait(above height: Height) async {
        let token = state.withLock { state -> UInt64 in
            state.nextToken += 1
            return state.nextToken
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if state.cancelledHeightWaiters.remove(token) != nil { return true }
                    guard state.certified <= height, !state.isStopping else { return true }
                    state.heightWaiters[token] = (height, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                if let waiter = state.heightWaiters.removeValue(forKey: token) { return waiter.continuation }
                state.cancelledHeightWaiters.insert(token)
                return nil
            }
            continuation?.resume()
        }
        _ = state.withLock { $0.cancelledHeightWaiters.remove(token) }
    }
}

extension ContinuousClock.Instant {
    /// How far away the instant is, not less than zero and not more than an hour.
    fileprivate var nanosecondsFromNow: Int64 {
        let parts = ContinuousClock.now.duration(to: self).components
        if parts.seconds >= 3600 { return 3_600_000_000_000 }
        return max(0, parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }
}
