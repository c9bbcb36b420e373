import NIOCore
import PeerNetwork
import SeededRandom
import Testing

@Suite("Frames")
struct FrameCodecTests {
    static let limits = PerLane { lane in
        LaneLimits(frameByteCount: 100 * Int(lane.rawValue), queuedByteCount: 1 << 20, queuedFrameCount: 16)
    }

    static let hello = FrameEncoder.encode(channel: ChannelByte.hello, payload: HelloTests.hello.encoded)

    /// Feeds the bytes in the given pieces; returns what was decoded before anything was refused, and the refusal.
    static func decode(
        _ pieces: [ByteBuffer],
        isFollowing: Bool = false,
        held: (Int) -> Void = { _ in }
    ) -> (frames: [WireFrame], refusal: Refusal?) {
        let processor = NIOSingleStepByteToMessageProcessor(FrameDecoder(limits: limits, isFollowing: isFollowing))
        var frames: [WireFrame] = []
        do {
            for piece in pieces {
                try processor.process(buffer: piece) { frames.append($0) }
                held(processor.unprocessedBytes)
            }
            return (frames, nil)
        } catch {
            return (frames, (error as? RefusedConnection)?.reason)
        }
    }

    /// A header that claims a length, with nothing behind it.
    static func header(channel: UInt8, length: UInt32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(length)
        buffer.writeInteger(channel)
        return buffer
    }

    @Test("Frames come out as they went in, however the stream is cut", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var expected: [WireFrame] = [.hello(HelloTests.hello)]
        var stream = Self.hello
        for _ in 0..<50 {
            let lane = Lane.allCases[Int.random(in: 0..<4, using: &generator)]
            let payload = generator.bytes(Int.random(in: 0...Self.limits[lane].frameByteCount, using: &generator))
            var frame = FrameEncoder.encode(channel: lane.rawValue, payload: payload)
            stream.writeBuffer(&frame)
            expected.append(.payload(lane, payload))
            if Bool.random(using: &generator) {
                var keepAlive = FrameEncoder.encode(channel: ChannelByte.keepAlive, payload: [])
                stream.writeBuffer(&keepAlive)
                expected.append(.keepAlive)
            }
        }
        var pieces: [ByteBuffer] = []
        while let piece = stream.readSlice(
            length: min(stream.readableBytes, Int.random(in: 1...90, using: &generator))
        ),
            piece.readableBytes > 0
        {
            pieces.append(piece)
        }
        let (frames, refusal) = Self.decode(pieces)
        #expect(frames == expected)
        #expect(refusal == nil)
    }

    @Test(
        "A frame that claims a huge length is refused by its header, before any of it is waited for (failures 15)",
        arguments: Lane.allCases
    )
    func hugeLength(lane: Lane) {
        for excess in [1, 2, 1 << 20, Int(UInt32.max) - 1 - Self.limits[lane].frameByteCount] {
            let length = UInt32(Self.limits[lane].frameByteCount + excess + 1)
            let (frames, refusal) = Self.decode([Self.hello, Self.header(channel: lane.rawValue, length: length)])
            #expect(frames == [.hello(HelloTests.hello)])
            #expect(refusal == .frameTooLong)
        }
        let longest = UInt32(Self.limits[lane].frameByteCount + 1)
        #expect(Self.decode([Self.hello, Self.header(channel: lane.rawValue, length: longest)]).refusal == nil)
    }

    @Test("Nothing but a short HELLO is read from somebody who has not greeted")
    func beforeHello() {
        for channel in UInt8.min ... .max where channel != ChannelByte.hello {
            #expect(Self.decode([Self.header(channel: channel, length: 1)]).refusal == .frameMalformed)
        }
        let hello = Self.header(channel: ChannelByte.hello, length: UInt32(Hello.byteCount) + 2)
        #expect(Self.decode([hello]).refusal == .frameTooLong)
    }

    @Test("Empty frames, unknown channels, a second HELLO and a keep-alive with content are refused")
    func malformed() {
        let known = Set(Lane.allCases.map(\.rawValue) + [ChannelByte.keepAlive])
        for channel in UInt8.min ... .max {
            #expect(Self.decode([Self.hello, Self.header(channel: channel, length: 0)]).refusal == .frameMalformed)
            guard !known.contains(channel) else { continue }
            #expect(Self.decode([Self.hello, Self.header(channel: channel, length: 1)]).refusal == .frameMalformed)
        }
        let keepAlive = Self.header(channel: ChannelByte.keepAlive, length: 2)
        #expect(Self.decode([Self.hello, keepAlive]).refusal == .frameTooLong)
    }

    @Test("Behind a follower's HELLO only short questions are read, and behind an answer's only answers")
    func followers() {
        let hello = Hello(chain: HelloTests.chain, index: nil, softwareVersion: "")
        let greeting = FrameEncoder.encode(channel: ChannelByte.hello, payload: hello.encoded)
        let (question, answer) = (UInt32(FrameDecoder.requestByteCount), UInt32(Self.limits[.sync].frameByteCount))
        for isFollowing in [false, true] {
            func refusal(_ channel: UInt8, _ length: UInt32) -> Refusal? {
                Self.decode([greeting, Self.header(channel: channel, length: length)], isFollowing: isFollowing).refusal
            }
            let longest = isFollowing ? answer : question
            #expect(refusal(Lane.sync.rawValue, longest + 1) == nil)
            #expect(refusal(Lane.sync.rawValue, longest + 2) == .frameTooLong)
            for channel in UInt8.min ... .max where channel != Lane.sync.rawValue {
                #expect(refusal(channel, 1) == .frameMalformed)
            }
        }
    }

    @Test(
        "Random bytes never crash the decoder, nor make it hold more than one frame",
        arguments: 0..<200 as Range<UInt64>
    )
    func randomBytes(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let longest = Lane.allCases.map { Self.limits[$0].frameByteCount }.max() ?? 0
        var pieces = Bool.random(using: &generator) ? [Self.hello] : []
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
            var piece = ByteBuffer()
            if Bool.random(using: &generator) {
                // A plausible header now and then, so that the fuzzing gets past the first one.
                piece.writeInteger(UInt32.random(in: 0...500, using: &generator))
                piece.writeInteger(UInt8.random(in: 0...5, using: &generator))
            }
            piece.writeBytes(generator.bytes(Int.random(in: 0...200, using: &generator)))
            pieces.append(piece)
        }
        let (_, refusal) = Self.decode(pieces) { held in
            #expect(held < longest + FrameEncoder.headerByteCount)
        }
        #expect([nil, .frameTooLong, .frameMalformed, .helloMalformed].contains(refusal))
    }
}
