internal import NIOCore

/// Frames and bytes of one lane of one link since the start.
package struct LaneStatistics: Sendable, Equatable {
    package internal(set) var framesReceived: UInt64 = 0
    package internal(set) var bytesReceived: UInt64 = 0
    package internal(set) var framesSent: UInt64 = 0
    package internal(set) var bytesSent: UInt64 = 0
    /// Frames that gave way to newer ones because the queue was full.
    package internal(set) var framesDropped: UInt64 = 0
    /// Frames that were not queued because there was no link, or lost with one.
    package internal(set) var framesUnlinked: UInt64 = 0
    package internal(set) var queuedFrames: Int = 0
    package internal(set) var queuedBytes: Int = 0
}

/// What is known about one peer.
package struct PeerStatistics: Sendable, Equatable {
    package let index: Int
    package internal(set) var isConnected = false
    /// Its connections replaced each other that often of late: two processes seem to run its key.
    package internal(set) var isContested = false
    static let contest = (count: 4, period: TimeAmount.seconds(60))
    /// Links made since the start.
    package internal(set) var connections: UInt64 = 0
    /// As the peer's last HELLO says.
    package internal(set) var softwareVersion: String?
    /// When the certificate that the peer last showed ends, in seconds since 1970.
    package internal(set) var certificateNotAfter: Int64?
    /// Bytes received that the runtime has not let go of.
    package internal(set) var unprocessedBytes = 0
    /// Whether the network has stopped reading because of them.
    package internal(set) var isPaused = false
    package internal(set) var lanes = PerLane { _ in LaneStatistics() }

    init(index: Int) { self.index = index }
}

/// A picture of the network for status and metrics; all its labels are bounded.
package struct NetworkStatistics: Sendable {
    package internal(set) var peers: [PeerStatistics] = []
    /// One entry for each reason, in the order of the cases.
    package internal(set) var refusals: [(reason: Refusal, count: UInt64)] = []
    package internal(set) var accepted: UInt64 = 0
    package internal(set) var dialled: UInt64 = 0
    package internal(set) var dialsFailed: UInt64 = 0
    /// Links given up because the peer fell silent.
    package internal(set) var linksIdle: UInt64 = 0
    package internal(set) var halfOpen: Int = 0
    /// When the own certificate ends, in seconds since 1970.
    package internal(set) var certificateNotAfter: Int64 = 0
    /// Followers that are connected, and answers that were given to any.
    package internal(set) var followers: Int = 0
    package internal(set) var followerAnswers: UInt64 = 0

    /// How often connections were refused for a reason.
    package func refused(_ reason: Refusal) -> UInt64 { refusals.first { $0.reason == reason }?.count ?? 0 }
    /// How many peers are connected.
    package var connectedCount: Int { peers.count { $0.isConnected } }
}
