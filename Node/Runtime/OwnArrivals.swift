internal import DequeModule
package import NIOCore
package import Primitives

/// Since when the own clients' transactions have waited, by one transaction of each group that came together.
package struct OwnArrivals {
    private var groups: Deque<(reference: Digest, time: NIODeadline)> = []

    package init() {}

    package var count: Int { groups.count }

    /// When the oldest came that still waits, as of the last `settle`.
    package var oldest: NIODeadline? { groups.first?.time }

    package mutating func add(_ reference: Digest, at time: NIODeadline) { groups.append((reference, time)) }

    /// Forgets what no longer waits. One that cannot be ordered for long must not keep those behind it: beyond twice as many
    /// as there are transactions, all are looked at.
    package mutating func settle(waiting count: Int, isWaiting: (Digest) -> Bool) {
        while let first = groups.first, !isWaiting(first.reference) { groups.removeFirst() }
        if groups.count > 2 * count + 64 { groups.removeAll { !isWaiting($0.reference) } }
    }
}
