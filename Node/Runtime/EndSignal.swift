internal import Synchronization

/// Why a node ends by itself.
enum NodeEnd: Sendable {
    /// Going on would risk what it keeps.
    case fault(String)
    /// The next epoch begins with a node of its own. With it: what was admitted here and is not ordered yet, and whether
    /// this node voted up to the end.
    case epochEnded([[UInt8]], hasVoted: Bool)
    /// A snapshot is there as a whole: a node over it takes this one's place.
    case snapshotTaken
}

/// The first reason why this node ends; whoever runs the node waits for it.
final class EndSignal: Sendable {
    private struct State {
        var reason: NodeEnd?
        var waiting: CheckedContinuation<NodeEnd?, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Later reasons are dropped: they mostly follow from the first.
    func raise(_ reason: NodeEnd) {
        let waiting = state.withLock { state -> CheckedContinuation<NodeEnd?, Never>? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: reason)
    }

    var reason: NodeEnd? { state.withLock { $0.reason } }

    /// Waits for a fault; nil when the task is cancelled first. One waiter at a time.
    func wait() async -> NodeEnd? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> (isOver: Bool, reason: NodeEnd?) in
                    if state.reason != nil || state.isClosed { return (true, state.reason) }
                    state.waiting = continuation
                    return (false, nil)
                }
                if now.isOver { continuation.resume(returning: now.reason) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<NodeEnd?, Never>? in
                state.isClosed = true
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume(returning: nil)
        }
    }
}
