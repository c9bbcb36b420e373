internal import Histogram
internal import NodeAPI
internal import Primitives

/// What one run showed.
package struct LoadReport: Sendable {
    package init() {}

    package var mode = ""
    package var mix = ""
    package var perRequest = 0
    var accounts = 0
    var validators = 0
    package var seconds = 0.0

    /// Transactions in the measured part, by what became of them.
    package var offered = 0
    package var final = 0
    /// Final, but a contract said no.
    package var failed = 0
    /// Not admitted, or not reached: known at once.
    package var refused = 0
    /// Admitted, and not final when the wait was over.
    package var lost = 0
    var codes: [String: Int] = [:]

    package var committedPerSecond = 0.0
    var latency = Histogram<UInt64>(highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
    /// CPU time of each validator over the measured part, in microseconds.
    package var validatorMicroseconds: [Double] = []
    var validatorMemory: [UInt64] = []
    var generatorMicroseconds = 0.0
    /// Before and after.
    package var verifyMicroseconds: [Double] = []
    var byteCount = 0

    var offeredPerSecond: Double { seconds > 0 ? Double(offered) / seconds : 0 }
    var verify: Double { verifyMicroseconds.min() ?? .nan }

    /// CPU time of one validator for one committed transaction, in microseconds: the mean over the validators.
    var validatorMicrosecondsPerTransaction: Double {
        guard !validatorMicroseconds.isEmpty, final > 0 else { return .nan }
        return validatorMicroseconds.reduce(0, +) / Double(validatorMicroseconds.count) / Double(final)
    }

    package var efficiency: Double { verify / validatorMicrosecondsPerTransaction }

    package func milliseconds(atPercentile percentile: Double) -> Double {
        latency.totalCount == 0 ? .nan : Double(latency.valueAtPercentile(percentile)) / 1000
    }

    /// Counts what became of the measured transactions.
    package mutating func count(_ entries: some Collection<LoadEntry>, since start: UInt64, until end: UInt64) {
        var inTime = 0
        for entry in entries {
            guard entry.outcome != .unsent else { continue }
            offered += 1
            switch entry.outcome {
            case .final, .failed:
                final += 1
                if entry.outcome == .failed { failed += 1 }
                if entry.finalAt >= start, entry.finalAt <= end { inTime += 1 }
                latency.record((entry.finalAt &- min(entry.sentAt, entry.finalAt)) / 1000)
            case .refused, .unreached: refused += 1
            case .sent: lost += 1
            case .unsent: break
            }
        }
        seconds = Double(end - start) / 1e9
        committedPerSecond = seconds > 0 ? Double(inTime) / seconds : 0
    }

    // MARK: For people

    package var table: String {
        let cpu = zip(validatorMicroseconds.indices, validatorMicroseconds).map { index, microseconds in
            "\(index): \(decimal(microseconds / 1_000_000, 2))"
        }
        let memory = validatorMemory.map { "\($0 >> 20)" }.joined(separator: ", ")
        var rows: [(String, String)] = [
            ("load", "\(mode), \(mix), \(perRequest) per request, \(accounts) accounts, \(validators) validators"),
            ("offered", "\(offered) in \(decimal(seconds, 1)) s, \(decimal(offeredPerSecond, 0)) per second"),
            ("committed", "\(final), \(decimal(committedPerSecond, 0)) per second"),
            (
                "latency ms",
                "p50 \(decimal(milliseconds(atPercentile: 50), 1))  p95 \(decimal(milliseconds(atPercentile: 95), 1))  "
                    + "p99 \(decimal(milliseconds(atPercentile: 99), 1))  "
                    + "max \(decimal(milliseconds(atPercentile: 100), 1))"
            ),
            ("validators' CPU s", cpu.isEmpty ? "not measured: no pids" : cpu.joined(separator: "  ")),
            ("CPU µs per transaction and validator", decimal(validatorMicrosecondsPerTransaction, 1)),
            ("t_verify µs", verifyMicroseconds.map { decimal($0, 1) }.joined(separator: " before, ") + " after"),
            ("efficiency", decimal(efficiency, 3)),
            ("generator's CPU s", decimal(generatorMicroseconds / 1_000_000, 2)),
            ("validators' memory MiB", memory.isEmpty ? "not measured" : memory),
            ("rejected", "\(refused)"),
            ("failed in a contract", "\(failed)"),
            ("lost", "\(lost)"),
        ]
        for (code, count) in codes.sorted(by: { $0.key < $1.key }) { rows.append(("  \(code)", "\(count)")) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }.joined(separator: "\n")
    }

    private func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = Int64((value * scale).rounded())
        guard places > 0 else { return String(rounded) }
        let (whole, part) = rounded.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
        let digits = String(part)
        return (rounded < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: places - digits.count) + digits
    }

    // MARK: For programs

    /// The fields that scripts rely on (interfaces.md, "Fixed points"), and the rest of the table.
    package var json: [UInt8] {
        var text = JSONText(capacity: 1024)
        text.object { text in
            text.member("mode", mode)
            text.member("mix", mix)
            text.member("per_request", UInt64(perRequest))
            text.member("accounts", UInt64(accounts))
            text.member("validators", UInt64(validators))
            text.member("seconds", figure: seconds)
            text.member("offered_per_s", figure: offeredPerSecond)
            text.member("committed_per_s", figure: committedPerSecond)
            text.name("latency_ms")
            text.object { text in
                text.member("p50", figure: milliseconds(atPercentile: 50))
                text.member("p95", figure: milliseconds(atPercentile: 95))
                text.member("p99", figure: milliseconds(atPercentile: 99))
                text.member("max", figure: milliseconds(atPercentile: 100))
            }
            text.member("cpu_us_per_tx_per_validator", figure: validatorMicrosecondsPerTransaction)
            text.name("validator_cpu_s")
            text.array { text in
                for microseconds in validatorMicroseconds { text.figure(microseconds / 1_000_000) }
            }
            text.name("validator_memory_bytes")
            text.array { text in
                for bytes in validatorMemory { text.number(bytes) }
            }
            text.member("generator_cpu_s", figure: generatorMicroseconds / 1_000_000)
            text.member("verify_us", figure: verify)
            text.member("efficiency", figure: efficiency)
            text.member("offered", UInt64(offered))
            text.member("committed", UInt64(final))
            text.member("failed", UInt64(failed))
            text.member("rejected", UInt64(refused))
            text.member("lost", UInt64(lost))
            text.name("codes")
            text.object { text in
                for (code, count) in codes.sorted(by: { $0.key < $1.key }) { text.member(code, UInt64(count)) }
            }
        }
        return text.bytes
    }
}
