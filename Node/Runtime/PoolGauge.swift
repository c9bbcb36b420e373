internal import Synchronization

/// How full the own share of the pool is, readable from any thread: who is turned away for want of room is turned away
/// before a signature is verified for him.
final class PoolGauge: Sendable {
    private let waiting = Atomic<Int>(0)
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func update(waiting count: Int) { waiting.store(count, ordering: .relaxed) }

    var hasRoom: Bool { waiting.load(ordering: .relaxed) < capacity }
    var count: Int { waiting.load(ordering: .relaxed) }
}
