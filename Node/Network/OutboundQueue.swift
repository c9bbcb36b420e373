package import NIOCore

/// What waits to be sent to one peer: a bounded queue for each lane, as a value.
///
/// Consensus goes first. The other lanes take turns by bytes, so that gossip under full load cannot starve the blocks that
/// a validator needs to catch up, nor the other way round.
package struct OutboundQueue {
    /// Bytes that a lane may send before it is the next lane's turn.
    package static let turnByteCount = 64 << 10

    private struct LaneQueue {
        var frames = CircularBuffer<ByteBuffer>(initialCapacity: 16)
        var byteCount = 0
    }

    private let limits: PerLane<LaneLimits>
    private var lanes = PerLane { _ in LaneQueue() }
    /// Whose turn it is among the lanes that share, and what is left of the turn.
    private var turn = Lane.fetch
    private var turnLeft = OutboundQueue.turnByteCount

    package init(limits: PerLane<LaneLimits>) { self.limits = limits }

    package var isEmpty: Bool { Lane.allCases.allSatisfy { lanes[$0].frames.isEmpty } }
    package func frameCount(_ lane: Lane) -> Int { lanes[lane].frames.count }
    package func byteCount(_ lane: Lane) -> Int { lanes[lane].byteCount }

    /// Adds an encoded frame, dropping the oldest of its lane while there is no room for it.
    ///
    /// - Returns: how many were dropped. The oldest go first in every lane: what consensus said last supersedes what it
    ///   said before, and gossip or answers that waited longest are the likeliest to have arrived another way.
    package mutating func append(_ frame: ByteBuffer, lane: Lane) -> Int {
        var dropped = 0
        let limit = limits[lane]
        while let oldest = lanes[lane].frames.first,
            lanes[lane].frames.count >= limit.queuedFrameCount
                || lanes[lane].byteCount + frame.readableBytes > limit.queuedByteCount + FrameEncoder.headerByteCount
        {
            lanes[lane].byteCount -= oldest.readableBytes
            lanes[lane].frames.removeFirst()
            dropped += 1
        }
        lanes[lane].frames.append(frame)
        lanes[lane].byteCount += frame.readableBytes
        return dropped
    }

    /// The next frame to send.
    package mutating func next() -> (lane: Lane, frame: ByteBuffer)? {
        if let frame = removeFirst(.consensus) { return (.consensus, frame) }
        for _ in 0...OutboundQueue.sharing.count {
            if turnLeft > 0, let frame = removeFirst(turn) {
                turnLeft -= frame.readableBytes
                return (turn, frame)
            }
            turn = OutboundQueue.successor(of: turn)
            turnLeft = OutboundQueue.turnByteCount
        }
        return nil
    }

    /// Forgets everything; returns how many frames each lane lost.
    package mutating func removeAll() -> PerLane<Int> {
        let lost = PerLane { lanes[$0].frames.count }
        lanes = PerLane { _ in LaneQueue() }
        return lost
    }

    private mutating func removeFirst(_ lane: Lane) -> ByteBuffer? {
        guard let frame = lanes[lane].frames.popFirst() else { return nil }
        lanes[lane].byteCount -= frame.readableBytes
        return frame
    }

    /// The lanes that share what consensus leaves.
    private static let sharing: [Lane] = [.fetch, .transactions, .sync]

    private static func successor(of lane: Lane) -> Lane {
        switch lane {
        case .fetch: .transactions
        case .transactions: .sync
        case .sync, .consensus: .fetch
        }
    }
}
