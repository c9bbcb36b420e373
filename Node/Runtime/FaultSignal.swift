internal import Synchronization

/// The first reason why this node cannot go on; whoever runs the node waits for it.
final class FaultSignal: Sendable {
    private struct State {
        var reason: String?
        var waiting: CheckedContinuation<String?, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Later reasons are dropped: they mostly follow from the first.
    func raise(_ reason: String) {
        let waiting = state.withLock { state -> CheckedContinuation<String?, Never>? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: reason)
    }

    var reason: String? { state.withLock { $0.reason } }

    /// Waits for a fault; nil when the task is cancelled first. One waiter at a time.
    func wait() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> (isOver: Bool, reason: String?) in
                    if state.reason != nil || state.isClosed { return (true, state.reason) }
                    state.waiting = continuation
                    return (false, nil)
                }
                if now.isOver { continuation.resume(returning: now.reason) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<String?, Never>? in
                state.isClosed = true
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume(returning: nil)
        }
    }
}
