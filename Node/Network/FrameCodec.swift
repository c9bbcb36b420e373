package import NIOCore

/// What travels on a link: four bytes of length (big-endian, of what follows), a channel byte, a payload.
package enum WireFrame: Equatable, Sendable {
    case hello(Hello)
    case keepAlive
    case payload(Lane, [UInt8])
}

/// The channel bytes beside those of the lanes.
package enum ChannelByte {
    package static let hello: UInt8 = 0
    package static let keepAlive: UInt8 = 255
}

package enum FrameEncoder {
    package static let headerByteCount = 5

    /// The caller keeps payloads within their lane's bound, which fits 32 bits.
    package static func encode(channel: UInt8, payload: [UInt8]) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: headerByteCount + payload.count)
        buffer.writeInteger(UInt32(clamping: payload.count + 1))
        buffer.writeInteger(channel)
        buffer.writeBytes(payload)
        return buffer
    }
}

/// Splits a link's bytes into frames. The length is judged together with the channel, before any of the payload is
/// waited for (failures 15), and the first frame must be a HELLO, so that a stranger's bytes are never accumulated.
package struct FrameDecoder: NIOSingleStepByteToMessageDecoder {
    package typealias InboundOut = WireFrame

    /// What the other side may send at this moment.
    private enum Phase {
        case hello
        /// Everything that validators say to each other.
        case link
        /// Requests of a follower.
        case requests
        /// Answers to our own requests, as a follower.
        case answers
    }

    private let limits: PerLane<LaneLimits>
    private let isFollowing: Bool
    private var phase = Phase.hello

    /// - Parameter isFollowing: we called in order to follow.
    package init(limits: PerLane<LaneLimits>, isFollowing: Bool = false) {
        self.limits = limits
        self.isFollowing = isFollowing
    }

    /// The longest request of a follower.
    package static let requestByteCount = 32

    package mutating func decode(buffer: inout ByteBuffer) throws -> WireFrame? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self),
            let channel = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt8.self)
        else { return nil }
        // The length is at least the channel byte; Int holds any UInt32.
        guard length > 0 else { throw RefusedConnection(.frameMalformed) }
        let payloadByteCount = Int(length) - 1
        guard payloadByteCount <= (try maximum(channel: channel)) else { throw RefusedConnection(.frameTooLong) }
        guard buffer.readableBytes - FrameEncoder.headerByteCount >= payloadByteCount else { return nil }
        buffer.moveReaderIndex(forwardBy: FrameEncoder.headerByteCount)
        // A copy: a slice would keep the whole read buffer alive for as long as the runtime holds the frame.
        let payload = buffer.readBytes(length: payloadByteCount) ?? []
        if channel == ChannelByte.hello {
            guard let hello = try? Hello(decoding: payload) else { throw RefusedConnection(.helloMalformed) }
            phase = isFollowing ? .answers : hello.index == nil ? .requests : .link
            return .hello(hello)
        }
        return Lane(rawValue: channel).map { .payload($0, payload) } ?? .keepAlive
    }

    package mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> WireFrame? {
        // A frame cut short by the end of the connection is nobody's fault and nobody's frame.
        try decode(buffer: &buffer)
    }

    /// The longest payload on a channel at this moment.
    private func maximum(channel: UInt8) throws -> Int {
        switch (phase, channel) {
        case (.hello, ChannelByte.hello): return Hello.byteCount
        case (.link, ChannelByte.keepAlive): return 0
        case (.link, _):
            guard let lane = Lane(rawValue: channel) else { throw RefusedConnection(.frameMalformed) }
            return limits[lane].frameByteCount
        case (.requests, Lane.sync.rawValue): return Self.requestByteCount
        case (.answers, Lane.sync.rawValue): return limits[.sync].frameByteCount
        default: throw RefusedConnection(.frameMalformed)
        }
    }
}
