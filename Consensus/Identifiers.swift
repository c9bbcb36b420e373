package import Primitives

/// The era of one validator set. Each epoch starts at view 0, above the last block of the one before.
package struct Epoch: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static let first = Epoch(0)

    /// The epoch after this one; nil at the last number there is.
    package var next: Epoch? {
        let (sum, overflow) = number.addingReportingOverflow(1)
        return overflow ? nil : Epoch(sum)
    }

    package static func < (left: Epoch, right: Epoch) -> Bool { left.number < right.number }
}

/// The era of one rotation of primaries (§4). Views rise and never repeat within an epoch.
package struct View: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static let first = View(0)

    /// The view after this one; nil at the last number there is, so that no forged view can overflow it.
    package var next: View? {
        let (sum, overflow) = number.addingReportingOverflow(1)
        return overflow ? nil : View(sum)
    }

    package static func < (left: View, right: View) -> Bool { left.number < right.number }
}

/// The position of a batch in the total order. The block made of it has the same number as its height.
package struct Sequence: Hashable, Comparable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package init(_ height: Height) { self.number = height.number }

    package var height: Height { Height(number) }

    /// The sequence that many positions later, or the last there is.
    package func advanced(by count: UInt64) -> Sequence {
        let (sum, overflow) = number.addingReportingOverflow(count)
        return Sequence(overflow ? .max : sum)
    }

    /// How many positions this one lies above another, 0 if it does not.
    package func distance(above other: Sequence) -> UInt64 { number > other.number ? number - other.number : 0 }

    package static func < (left: Sequence, right: Sequence) -> Bool { left.number < right.number }
}

/// The index of a validator in the epoch's set, from 0 to n − 1.
package struct ReplicaID: Hashable, Comparable, Sendable {
    package let index: Int

    package init(_ index: Int) { self.index = index }

    package static func < (left: ReplicaID, right: ReplicaID) -> Bool { left.index < right.index }
}

/// The host's clocks at one step, in milliseconds. Timers follow the monotonic one; the wall clock only dates
/// proposals and bounds how far ahead of it a fresh proposal may be (rule 7).
package struct Moment: Hashable, Sendable {
    package let monotonic: UInt64
    package let wall: UInt64

    package init(monotonic: UInt64, wall: UInt64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// SHA-256 in production. The replica gets it with its configuration, since this module knows no cryptography.
package typealias Hashing = @Sendable ([UInt8]) -> Digest
