internal import Synchronization

/// Remembers the first damage that any read or write of a database met, and tells of it, whoever it was that read.
package final class DamageWatch: Sendable {
    private struct State {
        var first: StorageError?
        var tell: (@Sendable (StorageError) -> Void)?
    }

    private let state = Mutex(State())

    package var first: StorageError? { state.withLock { $0.first } }

    /// Who is told, once: at once where there was damage before.
    package func watch(_ tell: @escaping @Sendable (StorageError) -> Void) {
        let first = state.withLock { state in
            state.tell = tell
            return state.first
        }
        if let first { tell(first) }
    }

    /// - Returns: the same error.
    func noted(_ error: StorageError) -> StorageError {
        guard case .corruption = error else { return error }
        let tell = state.withLock { state -> (@Sendable (StorageError) -> Void)? in
            guard state.first == nil else { return nil }
            state.first = error
            return state.tell
        }
        tell?(error)
        return error
    }
}
