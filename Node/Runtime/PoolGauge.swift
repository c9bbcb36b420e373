internal import Synchronization

/// How full the own share of the pool is, and whether the engine still takes anything, readable from any thread: who is
/// turned away is turned away before a signature is verified for him, and without a turn of the engine.
final class PoolGauge: Sendable {
    private let waiting = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func update(waiting count: Int) { waiting.store(count, ordering: .relaxed) }

    /// The engine has stopped.
    func close() { closed.store(true, ordering: .relaxed) }

    var hasRoom: Bool { waiting.load(ordering: .relaxed) < capacity }
    var isClosed: Bool { closed.load(ordering: .relaxed) }
    var count: Int { waiting.load(ordering: .relaxed) }
}
