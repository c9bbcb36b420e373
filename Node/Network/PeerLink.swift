internal import NIOCore
internal import Synchronization

/// What any thread may ask of the link with one peer: queue a frame, give back credit, read the counters.
///
/// The connection beneath comes and goes; it is the hub's, on the event loop. Everything here is behind one lock that is
/// held for a few field accesses and never while calling out.
final class PeerLink: Sendable {
    private struct State {
        var queue: OutboundQueue
        var statistics: PeerStatistics
        /// What carries the link now.
        var connection: NIOLoopBound<PeerConnection>?
        /// Whether the event loop already knows that there is something to send.
        var isDrainDue = false
        /// When newer connections took the place of living ones, the latest few.
        var replacements: [NIODeadline] = []
    }

    let index: Int
    private let limits: NetworkLimits
    private let eventLoop: any EventLoop
    private let state: Mutex<State>

    init(index: Int, limits: NetworkLimits, eventLoop: any EventLoop) {
        self.index = index
        self.limits = limits
        self.eventLoop = eventLoop
        state = Mutex(State(queue: OutboundQueue(limits: limits.lanes), statistics: PeerStatistics(index: index)))
    }

    // MARK: Sending

    /// What became of a frame that was to be sent.
    enum Enqueued {
        /// Queued, and the event loop must drain this connection.
        case wake(NIOLoopBound<PeerConnection>)
        /// Queued behind others.
        case queued
        /// Dropped: there is no link, and the frame would be stale by the time there is one.
        case unlinked
    }

    /// Queues an encoded frame.
    func enqueue(_ frame: ByteBuffer, lane: Lane) -> Enqueued {
        state.withLock { state in
            guard let connection = state.connection else {
                state.statistics.lanes[lane].framesUnlinked &+= 1
                return .unlinked
            }
            state.statistics.lanes[lane].framesDropped &+= UInt64(state.queue.append(frame, lane: lane))
            defer { state.isDrainDue = true }
            return state.isDrainDue ? .queued : .wake(connection)
        }
    }

    /// Takes frames to write, about `byteCount` bytes of them; none once the queue is empty, after which `enqueue` wakes
    /// again.
    ///
    /// Small frames are joined: each write becomes a TLS record of its own, with its own header and tag.
    func nextBatch(byteCount: Int) -> [ByteBuffer] {
        state.withLock { state in
            var batch: [ByteBuffer] = []
            var joined = ByteBuffer()
            var taken = 0
            while taken < byteCount, let (lane, next) = state.queue.next() {
                var frame = next
                taken += frame.readableBytes
                state.statistics.lanes[lane].framesSent &+= 1
                state.statistics.lanes[lane].bytesSent &+= UInt64(frame.readableBytes)
                if frame.readableBytes > PeerLink.joinedByteCount {
                    if joined.readableBytes > 0 { batch.append(joined) }
                    joined = ByteBuffer()
                    batch.append(frame)
                } else if joined.readableBytes > 0 {
                    joined.writeBuffer(&frame)
                } else {
                    // A frame alone is written as it is, shared with the other peers' queues.
                    joined = frame
                }
            }
            if joined.readableBytes > 0 { batch.append(joined) }
            if batch.isEmpty { state.isDrainDue = false }
            return batch
        }
    }

    /// Frames up to this size are copied together, larger ones are not.
    private static let joinedByteCount = 16 << 10

    // MARK: Receiving

    /// Counts a received frame against the peer's bound.
    ///
    /// - Returns: whether the network should stop reading from this peer.
    func charge(_ byteCount: Int, lane: Lane) -> Bool {
        state.withLock { state in
            state.statistics.lanes[lane].framesReceived &+= 1
            state.statistics.lanes[lane].bytesReceived &+= UInt64(byteCount)
            state.statistics.unprocessedBytes += byteCount
            if state.statistics.unprocessedBytes > limits.unprocessedByteCount { state.statistics.isPaused = true }
            return state.statistics.isPaused
        }
    }

    /// Gives credit back; reading goes on at half the bound, so that it does not stop and go with every frame.
    func release(_ byteCount: Int) {
        let paused = state.withLock { state -> NIOLoopBound<PeerConnection>? in
            state.statistics.unprocessedBytes -= byteCount
            guard state.statistics.isPaused, state.statistics.unprocessedBytes <= limits.unprocessedByteCount / 2 else {
                return nil
            }
            state.statistics.isPaused = false
            return state.connection
        }
        if let paused { eventLoop.execute { paused.value.updateReading() } }
    }

    var isPaused: Bool { state.withLock { $0.statistics.isPaused } }

    // MARK: The connection beneath

    /// A connection now carries the link.
    func connect(_ connection: NIOLoopBound<PeerConnection>, softwareVersion: String, certificateNotAfter: Int64) {
        state.withLock { state in
            state.connection = connection
            state.isDrainDue = false
            state.statistics.isConnected = true
            state.statistics.connections &+= 1
            state.statistics.softwareVersion = softwareVersion
            state.statistics.certificateNotAfter = certificateNotAfter
        }
    }

    /// A newer connection took the place of one that was alive for all that is known.
    func noteReplacement() {
        state.withLock { state in
            state.replacements = state.replacements.suffix(PeerStatistics.contest.count - 1) + [.now()]
        }
    }

    /// Nothing carries the link any more; what waited is lost, and the runtime says again what still matters.
    func disconnect() {
        state.withLock { state in
            state.connection = nil
            state.statistics.isConnected = false
            let lost = state.queue.removeAll()
            for lane in Lane.allCases { state.statistics.lanes[lane].framesUnlinked &+= UInt64(lost[lane]) }
            state.isDrainDue = false
        }
    }

    var statistics: PeerStatistics {
        state.withLock { state in
            var statistics = state.statistics
            let recently = NIODeadline.now() - PeerStatistics.contest.period
            statistics.isContested =
                state.replacements.count == PeerStatistics.contest.count
                && state.replacements.allSatisfy { $0 > recently }
            for lane in Lane.allCases {
                statistics.lanes[lane].queuedFrames = state.queue.frameCount(lane)
                statistics.lanes[lane].queuedBytes = state.queue.byteCount(lane)
            }
            return statistics
        }
    }
}
