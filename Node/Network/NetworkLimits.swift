internal import NIOCore

/// What bounds one lane of one link.
package struct LaneLimits: Sendable, Equatable {
    /// The longest payload of a frame; a longer one is refused by its length alone, before anything is allocated.
    package var frameByteCount: Int
    /// What may wait to be sent, in bytes and in frames; beyond either, the oldest frames are dropped and counted.
    package var queuedByteCount: Int
    package var queuedFrameCount: Int

    package init(frameByteCount: Int, queuedByteCount: Int, queuedFrameCount: Int) {
        precondition(frameByteCount > 0 && frameByteCount < 1 << 30, "a frame's length fits 32 bits with its channel")
        precondition(queuedByteCount >= frameByteCount, "a queue has room for one frame")
        precondition(queuedFrameCount > 0, "a queue has room for one frame")
        self.frameByteCount = frameByteCount
        self.queuedByteCount = queuedByteCount
        self.queuedFrameCount = queuedFrameCount
    }
}

/// The bounds of the peer network. All memory that peers can make a validator hold follows from these.
package struct NetworkLimits: Sendable, Equatable {
    package var lanes: PerLane<LaneLimits>
    /// Bytes of one peer's frames that the runtime may hold unprocessed before the network stops reading from that peer.
    package var unprocessedByteCount = 16 << 20
    /// Connections that have not shown who they are; one more closes the oldest.
    package var halfOpenCount = 64
    /// From connect or accept to the peer's HELLO.
    package var handshakeMilliseconds: Int64 = 5000
    package var connectMilliseconds: Int64 = 2000
    /// Silence in sending after which a keep-alive goes out.
    package var keepAliveMilliseconds: Int64 = 2000
    /// Silence in receiving after which the link is given up.
    package var idleMilliseconds: Int64 = 10_000
    /// Pauses between attempts to connect double from the first to the second, each with jitter.
    package var backoffMilliseconds: ClosedRange<Int64> = 50...2000
    /// Followers that are served at a time, in all and for each organisation.
    package var followerCount = 16
    package var followersOfOrganisation = 4
    /// From one answer to a follower to the next, whoever it is for: so much of the machine they have together.
    package var followerPaceMilliseconds: Int64 = 50
    /// How long a follower may be silent, and how long it may take over an answer.
    package var followerIdleMilliseconds: Int64 = 30_000
    /// How long a node waits for an answer while it follows.
    package var followMilliseconds: Int64 = 10_000
    /// What the kernel has not taken yet of one connection; above it, frames stay in their lanes' queues.
    package var unsentByteCount = 512 << 10

    package init() {
        lanes = PerLane { lane in
            switch lane {
            case .consensus:
                LaneLimits(frameByteCount: 4 << 20, queuedByteCount: 16 << 20, queuedFrameCount: 16_384)
            case .transactions:
                LaneLimits(frameByteCount: 4 << 20, queuedByteCount: 16 << 20, queuedFrameCount: 4096)
            case .fetch:
                LaneLimits(frameByteCount: 16 << 20, queuedByteCount: 64 << 20, queuedFrameCount: 1024)
            case .sync:
                LaneLimits(frameByteCount: 32 << 20, queuedByteCount: 64 << 20, queuedFrameCount: 64)
            }
        }
    }

    package static let standard = NetworkLimits()
}
