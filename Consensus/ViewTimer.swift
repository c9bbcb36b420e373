/// The length of the view timer: it doubles with each view change up to a cap, halves with each certified block, and
/// carries jitter, so that replicas neither drift apart for ever nor fire at once (rule 24).
struct ViewTimer: Sendable {
    private let base: UInt64
    private let cap: UInt64
    private(set) var timeout: UInt64
    private var generator: UInt64

    init(_ configuration: Configuration) {
        base = max(1, configuration.viewTimeout)
        cap = max(base, configuration.viewTimeoutCap)
        timeout = base
        generator = configuration.jitterSeed ^ 0x9E37_79B9_7F4A_7C15
    }

    mutating func onViewChange() { timeout = timeout > cap / 2 ? cap : timeout * 2 }

    mutating func onProgress() { timeout = max(base, timeout / 2) }

    /// The deadline of a timer that starts now: the timeout and up to an eighth of it.
    mutating func deadline(from now: UInt64) -> UInt64 {
        let jitter = next() % (timeout / 8 + 1)
        let (sum, overflow) = now.addingReportingOverflow(timeout + jitter)
        return overflow ? .max : sum
    }

    /// SplitMix64 (Steele, Lea, Flood 2014); no part of the replicated state.
    private mutating func next() -> UInt64 {
        generator &+= 0x9E37_79B9_7F4A_7C15
        var mixed = generator
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
