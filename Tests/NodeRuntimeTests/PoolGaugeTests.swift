import LedgerCrypto
import NIOCore
import NodeRuntime
import Primitives
import Testing

/// When clients are turned away, and what that is decided by.
@Suite struct PoolGaugeTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func reference(_ number: UInt8) -> Digest { SHA256Function.digest(of: [number]) }

    @Test("few may wait however long they do, many only as long as the oldest has not waited too long")
    func patience() {
        let gauge = PoolGauge(capacity: 16_384)
        let late = start + PoolGauge.patience
        #expect(gauge.hasRoom(at: start))
        gauge.update(waiting: PoolGauge.few - 1, oldest: start)
        #expect(gauge.hasRoom(at: late + .seconds(600)))
        gauge.update(waiting: PoolGauge.few, oldest: start)
        #expect(gauge.hasRoom(at: late - .nanoseconds(1)))
        #expect(!gauge.hasRoom(at: late))
        gauge.update(waiting: PoolGauge.few, oldest: nil)
        #expect(gauge.hasRoom(at: late))
    }

    @Test("nobody is admitted beyond the places, or while too many are examined")
    func places() {
        let gauge = PoolGauge(capacity: 4096)
        gauge.update(waiting: 4096, oldest: start)
        #expect(!gauge.hasRoom(at: start))
        gauge.update(waiting: 4095, oldest: start)
        #expect(gauge.hasRoom(at: start))
        gauge.examine(PoolGauge.greatestExamined)
        #expect(!gauge.hasRoom(at: start))
        gauge.examine(-1)
        #expect(gauge.hasRoom(at: start))
    }

    @Test("the oldest that waits is known after those before it went, in whatever order they go")
    func oldest() {
        var arrivals = OwnArrivals()
        var waiting: Set<Digest> = []
        for number in 0..<10 as Range<UInt8> {
            arrivals.add(reference(number), at: start + .milliseconds(Int64(number)))
            waiting.insert(reference(number))
        }
        arrivals.settle(waiting: 10) { waiting.contains($0) }
        #expect(arrivals.oldest == start)
        waiting.subtract([reference(0), reference(1), reference(5)])
        arrivals.settle(waiting: 7) { waiting.contains($0) }
        #expect(arrivals.oldest == start + .milliseconds(2))
        waiting.subtract([reference(2), reference(3), reference(4)])
        arrivals.settle(waiting: 4) { waiting.contains($0) }
        #expect(arrivals.oldest == start + .milliseconds(6))
        arrivals.settle(waiting: 0) { _ in false }
        #expect(arrivals.oldest == nil && arrivals.count == 0)
    }

    @Test("one that is never ordered does not make the rest be remembered for ever")
    func bounded() {
        var arrivals = OwnArrivals()
        let stuck = reference(0)
        arrivals.add(stuck, at: start)
        for number in 1...1000 {
            arrivals.add(SHA256Function.digest(of: [1, UInt8(number >> 8), UInt8(number & 255)]), at: start)
            arrivals.settle(waiting: 1) { $0 == stuck }
            #expect(arrivals.count <= 67)
        }
        #expect(arrivals.oldest == start)
    }
}
