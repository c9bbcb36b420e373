internal import Histogram

/// What one run showed.
package struct LoadReport: Sendable {
    package init() {}

    package var mode = ""
    package var mix = ""
    package var perRequest = 0
    package var accounts = 0
    package var seconds = 0.0
    /// When the sending ended.
    private var endedAt: UInt64 = 0

    /// Transactions in the measured part, by what became of them.
    package var offered = 0
    package var final = 0
    /// Final, but a contract said no.
    package var failed = 0
    /// Not admitted, or not reached: known at once.
    package var refused = 0
    /// Admitted, and not final when the wait was over.
    package var lost = 0
    /// Those that took effect, by contract and method.
    package var methods: [String: Int] = [:]
    package var notes = LoadNotes()

    package var committedPerSecond = 0.0
    var latency = Histogram<UInt64>(highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
    /// What each validator used over the measured part, until its files were merged.
    package var validators: [ValidatorUse] = []
    package var validatorCount = 0
    /// From the end of the sending until all of it was final or refused.
    package var drainSeconds = 0.0
    package var generatorMicroseconds = 0.0
    /// Of all processors, and how many of them the generator might use.
    package var machineBusyShare = Double.nan
    package var generatorProcessors = 1
    /// By all programs over the loopback interface: requests, answers, frames, with TLS and TCP.
    package var loopbackBytes: UInt64 = 0
    /// Before and after.
    package var verifyMicroseconds: [Double] = []
    /// The greatest share of all processors' time that others took while it was measured.
    package var verifyDisturbance = 0.0
    /// Of all signed transactions.
    package var byteCount = 0
    package var signedCount = 0

    package var offeredPerSecond: Double { seconds > 0 ? Double(offered) / seconds : 0 }
    package var verify: Double { verifyMicroseconds.min() ?? .nan }

    /// A sum over the validators for one committed transaction.
    package func perTransaction(_ value: (ValidatorUse) -> UInt64) -> Double {
        guard !validators.isEmpty, final > 0 else { return .nan }
        return Double(validators.reduce(0) { $0 + value($1) }) / Double(final)
    }

    /// The same, as the mean over the validators.
    package func perTransactionAndValidator(_ value: (ValidatorUse) -> UInt64) -> Double {
        perTransaction(value) / Double(max(1, validators.count))
    }

    /// CPU time of one validator for one committed transaction, in microseconds.
    package var validatorMicrosecondsPerTransaction: Double { perTransactionAndValidator(\.microseconds) }

    package var efficiency: Double { verify / validatorMicrosecondsPerTransaction }

    /// While was sent, not while the rest was waited for.
    package var blocksPerSecond: Double {
        seconds > 0 ? Double(notes.blocks.count { $0.at <= endedAt }) / seconds : 0
    }

    /// Transactions of a block at a percentile of the blocks.
    package func batch(atPercentile percentile: Double) -> Double {
        let sizes = notes.blocks.map(\.count).sorted()
        guard !sizes.isEmpty else { return .nan }
        let place = (Double(sizes.count) * percentile / 100).rounded(.up)
        return Double(sizes[min(max(Int(place), 1), sizes.count) - 1])
    }

    package func milliseconds(atPercentile percentile: Double) -> Double {
        LoadReport.milliseconds(latency, percentile)
    }

    package func lateness(atPercentile percentile: Double) -> Double {
        LoadReport.milliseconds(notes.lateness, percentile)
    }

    private static func milliseconds(_ histogram: Histogram<UInt64>, _ percentile: Double) -> Double {
        histogram.totalCount == 0 ? .nan : Double(histogram.valueAtPercentile(percentile)) / 1000
    }

    /// The generator's share of the processors that it might use, and of what all programs used.
    package var generatorShare: Double {
        seconds > 0 ? generatorMicroseconds / 1e6 / seconds / Double(generatorProcessors) : .nan
    }

    /// What held up the run, as far as the processors tell.
    package var bottleneck: String {
        if generatorShare > 0.85 { return "the load generator: it has no processor time left" }
        if lateness(atPercentile: 99) > 50 { return "the load generator or its turn: 1 % left over 50 ms late" }
        if machineBusyShare > 0.9 { return "processors, which all programs here share" }
        return "no processor: waiting, or no more was offered"
    }

    /// Counts what became of the measured transactions.
    package mutating func count(
        _ entries: some Collection<LoadEntry>,
        methods names: some Collection<String>,
        since start: UInt64,
        until end: UInt64
    ) {
        var inTime = 0
        for (entry, method) in zip(entries, names) where entry.outcome != .unsent {
            offered += 1
            switch entry.outcome {
            case .final, .failed:
                final += 1
                if entry.outcome == .failed { failed += 1 } else { methods[method, default: 0] += 1 }
                if entry.finalAt >= start, entry.finalAt <= end { inTime += 1 }
                latency.record((entry.finalAt &- min(entry.sentAt, entry.finalAt)) / 1000)
            case .refused, .unreached: refused += 1
            case .sent: lost += 1
            case .unsent: break
            }
        }
        seconds = Double(end - start) / 1e9
        endedAt = end
        committedPerSecond = seconds > 0 ? Double(inTime) / seconds : 0
    }
}
