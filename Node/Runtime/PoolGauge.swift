package import NIOCore
internal import Synchronization

/// Whether the own clients' transactions find room, and whether the engine still takes anything, readable from any thread:
/// who is turned away is turned away before a signature is verified for him, and without a turn of the engine.
///
/// There is room as long as few wait, or those that do have not waited long. So the queue is as long as what is ordered
/// within the patience, however fast the network is at the moment: under more load than it carries, clients are told to
/// come again instead of waiting longer and longer, and no work is spent on what will not be ordered soon.
package final class PoolGauge: Sendable {
    private let waiting = Atomic<Int>(0)
    private let examined = Atomic<Int>(0)
    /// In nanoseconds of uptime; the greatest value where nothing waits.
    private let oldest = Atomic<UInt64>(.max)
    private let closed = Atomic<Bool>(false)
    private let capacity: Int

    /// So many may wait, however long they do: a view change stops everything for a while and is no reason to turn away.
    package static let few = 1024
    package static let patience = TimeAmount.seconds(2)
    /// As many may have their signatures verified at a time.
    package static let greatestExamined = 2048

    package init(capacity: Int) { self.capacity = capacity }

    package func update(waiting count: Int, oldest: NIODeadline?) {
        waiting.store(count, ordering: .relaxed)
        self.oldest.store(oldest?.uptimeNanoseconds ?? .max, ordering: .relaxed)
    }

    /// So many more are examined, or fewer again.
    package func examine(_ count: Int) { examined.add(count, ordering: .relaxed) }

    package func hasRoom(at now: NIODeadline) -> Bool {
        let count = waiting.load(ordering: .relaxed)
        guard count < capacity, examined.load(ordering: .relaxed) < Self.greatestExamined else { return false }
        let since = oldest.load(ordering: .relaxed)
        return count < Self.few || since == .max || now - .uptimeNanoseconds(since) < Self.patience
    }

    /// The engine has stopped.
    package func close() { closed.store(true, ordering: .relaxed) }

    package var isClosed: Bool { closed.load(ordering: .relaxed) }
}
