import PeerNetwork
import Synchronization

/// What one network told its runtime, and a way to wait for it without polling.
final class Observer: Sendable {
    struct Record: Sendable {
        var frames: [PeerFrame] = []
        /// Frames received, also after `frames` was emptied.
        var frameCount = 0
        var links: [LinkEvent] = []
        var refusals: [Refusal] = []

        var connected: Set<Int> {
            var peers: Set<Int> = []
            for event in links {
                switch event {
                case .connected(let peer): peers.insert(peer)
                case .disconnected(let peer): peers.remove(peer)
                }
            }
            return peers
        }

        /// How often a link with the peer was made.
        func connections(_ peer: Int) -> Int { links.count { $0 == .connected(peer: peer) } }

        func frames(_ lane: Lane, from peer: Int) -> [[UInt8]] {
            frames.filter { $0.lane == lane && $0.peer == peer }.map(\.bytes)
        }
    }

    struct TimedOut: Error, CustomStringConvertible { let description: String }

    private struct Waiter {
        let condition: @Sendable (Record) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var record = Record()
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    private let asked: @Sendable (FollowerRequest) -> Void

    init(_ asked: @escaping @Sendable (FollowerRequest) -> Void) { self.asked = asked }

    var events: PeerNetworkEvents {
        PeerNetworkEvents(
            received: { frames in
                self.update {
                    $0.frames += frames
                    $0.frameCount += frames.count
                }
            },
            linkChanged: { event in self.update { $0.links.append(event) } },
            asked: asked,
            refused: { refusal in self.update { $0.refusals.append(refusal) } }
        )
    }

    var record: Record { state.withLock { $0.record } }

    /// Hands the frames over; their credit goes back to the network with them.
    func take() -> [PeerFrame] {
        state.withLock { state in
            defer { state.record.frames = [] }
            return state.record.frames
        }
    }

    /// Lets go of the frames, outside the lock, because the last one's end calls back into the network.
    func release() { withExtendedLifetime(take()) {} }

    /// Returns once the condition holds; throws after the limit, which only a failure reaches.
    func wait(
        _ what: String,
        limit: Duration = .seconds(60),
        until condition: @escaping @Sendable (Record) -> Bool
    ) async throws {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            let waiter = self.state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.continuation.resume(throwing: TimedOut(description: "\(what): \(self.summary)"))
        }
        defer { timer.cancel() }
        try await withCheckedThrowingContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state.record) { return true }
                state.waiters[number] = Waiter(condition: condition, continuation: continuation)
                return false
            }
            if holds { continuation.resume() }
        }
    }

    private var summary: String {
        let record = self.record
        return "\(record.frameCount) frames, links \(record.links), refusals \(record.refusals)"
    }

    private func update(_ change: (inout Record) -> Void) {
        let ready = state.withLock { state in
            change(&state.record)
            let met = state.waiters.filter { $0.value.condition(state.record) }
            for number in met.keys { state.waiters[number] = nil }
            return met.values.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }
}

/// Returns once the condition holds, for what no event tells of; throws after a minute, which only a failure reaches.
func poll(_ what: String, until condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < deadline else { throw Observer.TimedOut(description: what) }
        try await Task.sleep(for: .milliseconds(1))
    }
}
