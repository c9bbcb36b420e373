/// The pause before the next attempt to connect: it doubles, up to a cap, and carries jitter, so that validators that lost
/// the same peer do not come back in step.
package struct Backoff {
    private let range: ClosedRange<Int64>
    private var ceiling: Int64

    /// - Parameter range: the first pause and the longest, in milliseconds.
    package init(range: ClosedRange<Int64>) {
        self.range = range
        ceiling = range.lowerBound
    }

    /// The next pause: between half of the ceiling and the ceiling.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Int64 {
        let pause = Int64.random(in: ceiling / 2...ceiling, using: &generator)
        ceiling = min(ceiling * 2, range.upperBound)
        return pause
    }

    /// The peer is there: start over.
    package mutating func reset() { ceiling = range.lowerBound }
}
