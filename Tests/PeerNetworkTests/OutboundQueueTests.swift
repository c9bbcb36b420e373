import NIOCore
import PeerNetwork
import SeededRandom
import Testing

@Suite("Outbound queues")
struct OutboundQueueTests {
    static let limits = PerLane { _ in LaneLimits(frameByteCount: 1000, queuedByteCount: 5000, queuedFrameCount: 10) }

    static func frame(_ lane: Lane, _ number: Int, byteCount: Int) -> ByteBuffer {
        var payload = [UInt8](repeating: 0, count: byteCount)
        payload.replaceSubrange(0..<2, with: [UInt8(number >> 8), UInt8(number & 255)])
        return FrameEncoder.encode(channel: lane.rawValue, payload: payload)
    }

    static func number(_ frame: ByteBuffer) -> Int { Int(frame.getInteger(at: 5, as: UInt16.self) ?? .max) }

    @Test("A full lane drops its oldest frames and keeps the newest, in order")
    func dropsOldest() {
        var queue = OutboundQueue(limits: Self.limits)
        var dropped = 0
        for number in 0..<25 {
            dropped += queue.append(Self.frame(.consensus, number, byteCount: 10), lane: .consensus)
        }
        #expect(dropped == 15)
        var numbers: [Int] = []
        while let (_, frame) = queue.next() { numbers.append(Self.number(frame)) }
        #expect(numbers == Array(15..<25))
        #expect(queue.isEmpty)
    }

    @Test("A flood on one lane drops nothing of another")
    func lanesAreApart() {
        var queue = OutboundQueue(limits: Self.limits)
        #expect(queue.append(Self.frame(.consensus, 7, byteCount: 100), lane: .consensus) == 0)
        for number in 0..<1000 {
            _ = queue.append(Self.frame(.transactions, number, byteCount: 900), lane: .transactions)
        }
        #expect(queue.frameCount(.consensus) == 1)
        #expect(queue.next()?.lane == .consensus)
    }

    @Test("Bytes and frames stay within their bounds whatever is asked", arguments: 0..<50 as Range<UInt64>)
    func bounds(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var queue = OutboundQueue(limits: Self.limits)
        var appended = PerLane { _ in 0 }
        var dropped = PerLane { _ in 0 }
        var sent = PerLane { _ in 0 }
        for number in 0..<2000 {
            if Int.random(in: 0..<3, using: &generator) > 0 {
                let lane = Lane.allCases[Int.random(in: 0..<4, using: &generator)]
                let byteCount = Int.random(in: 2...1000, using: &generator)
                dropped[lane] += queue.append(Self.frame(lane, number, byteCount: byteCount), lane: lane)
                appended[lane] += 1
            } else if let (lane, _) = queue.next() {
                sent[lane] += 1
            }
            for lane in Lane.allCases {
                #expect(queue.byteCount(lane) <= 5000 + FrameEncoder.headerByteCount)
                #expect(queue.frameCount(lane) <= 10)
                #expect(appended[lane] == dropped[lane] + sent[lane] + queue.frameCount(lane))
            }
        }
        let lost = queue.removeAll()
        for lane in Lane.allCases {
            #expect(appended[lane] == dropped[lane] + sent[lane] + lost[lane])
            #expect(queue.byteCount(lane) == 0)
        }
    }

    @Test("Consensus goes before everything else that waits")
    func consensusFirst() {
        var queue = OutboundQueue(limits: Self.limits)
        for lane in Lane.allCases.reversed() { _ = queue.append(Self.frame(lane, 0, byteCount: 10), lane: lane) }
        #expect(queue.next()?.lane == .consensus)
        _ = queue.append(Self.frame(.consensus, 1, byteCount: 10), lane: .consensus)
        #expect(queue.next()?.lane == .consensus)
    }

    @Test("Lanes that stay full share by bytes: no lane starves another")
    func sharing() {
        let limits = PerLane { _ in
            LaneLimits(frameByteCount: 100_000, queuedByteCount: 10_000_000, queuedFrameCount: 10_000)
        }
        let sizes: [(lane: Lane, byteCount: Int)] = [(.fetch, 1000), (.transactions, 100), (.sync, 60_000)]
        var queue = OutboundQueue(limits: limits)
        var sent = PerLane { _ in 0 }
        for _ in 0..<20_000 {
            for (lane, byteCount) in sizes where queue.frameCount(lane) < 2 {
                _ = queue.append(Self.frame(lane, 0, byteCount: byteCount), lane: lane)
            }
            guard let (lane, frame) = queue.next() else { break }
            sent[lane] += frame.readableBytes
        }
        // A turn may be overdrawn by one frame, so shares differ by at most twofold.
        let shares = sizes.map { sent[$0.lane] }
        #expect((shares.min() ?? 0) * 2 + OutboundQueue.turnByteCount * 2 >= shares.max() ?? 0)
    }

    @Test("The pause before dialling again doubles up to its cap, with jitter, and starts over")
    func backoff() {
        var generator = SplitMix64(seed: 1)
        var backoff = Backoff(range: 50...2000)
        let pauses = (0..<100).map { _ in backoff.next(using: &generator) }
        #expect((25...50).contains(pauses[0]))
        #expect((50...100).contains(pauses[1]))
        #expect(pauses[6...].allSatisfy { (1000...2000).contains($0) })
        #expect(Set(pauses[6...]).count > 50)
        backoff.reset()
        #expect((25...50).contains(backoff.next(using: &generator)))
    }
}
