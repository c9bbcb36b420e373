extension Schedule {
    /// What came of a run.
    package struct Outcome: Sendable {
        package var violation: String?
        package var steps = 0
        package var heights: UInt64 = 0
        package var faults = 0
        package var views: UInt64 = 0
        package var recoveryMilliseconds: UInt64 = 0
        package var speculations = 0
        package var installs = 0
        package var evidence = 0
        package var viewsEntered = 0
        package var nullBatches = 0
        package var epochs: UInt64 = 0
        package var wipes = 0
        /// Of runs with real ledgers: transactions that took effect, that failed, and that were dropped without trace.
        package var done = 0
        package var failed = 0
        package var dropped = 0
        /// Bits that flipped in logs, rows that changed behind the executor's back, and hosts that stopped by themselves.
        package var damages = 0
        package var stops = 0
        package var restores = 0
        package var silenced = 0
        package var excused = 0
        package var footprint = 0
        package var fingerprint: UInt64 = 0
        package var trace: [String] = []
        package var isLivenessChecked = false
    }
}
