import AkashiCLI
import Foundation
import Primitives
import SeededRandom
import Testing

@Suite struct ReportTests {
    private static let second: UInt64 = 1_000_000_000

    /// A run of so many transactions in a second, each final after the milliseconds that are given.
    private static func report(_ milliseconds: [UInt64], cpu: [UInt64] = [], verify: [Double] = []) -> LoadReport {
        var report = LoadReport()
        let entries = milliseconds.map { LoadEntry(.final, sentAt: 0, finalAt: $0 * 1_000_000) }
        report.count(entries, methods: entries.map { _ in "marketplace transfer" }, since: 0, until: second)
        report.validators = cpu.map { microseconds in
            var use = ValidatorUse()
            use.microseconds = microseconds
            use.threads = ["engine": microseconds / 4, "signatures": microseconds / 2]
            use.writtenBytes = 1_000_000
            use.syncs = 10
            return use
        }
        report.verifyMicroseconds = verify
        return report
    }

    private static func document(_ report: LoadReport) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any])
    }

    @Test("every transaction that was sent is counted once, and lateness is never dropped from the latencies")
    func counting() {
        let second = Self.second
        var report = LoadReport()
        let entries = [
            LoadEntry(.final, sentAt: second, finalAt: second + 10_000_000),
            LoadEntry(.final, sentAt: second, finalAt: second + 20_000_000),
            LoadEntry(.failed, sentAt: second, finalAt: second + 30_000_000),
            // Final after the sending ended: committed, but not within the time.
            LoadEntry(.final, sentAt: second, finalAt: 5 * second),
            LoadEntry(.refused, sentAt: second, finalAt: second),
            LoadEntry(.unreached, sentAt: second, finalAt: second),
            LoadEntry(.sent, sentAt: second),
            LoadEntry(),
        ]
        let methods = ["a", "b", "a", "a", "a", "b", "b", "b"]
        report.count(entries, methods: methods, since: second, until: 3 * second)
        #expect(report.offered == 7)
        #expect(report.final == 4)
        #expect(report.failed == 1)
        #expect(report.refused == 2)
        #expect(report.lost == 1)
        #expect(report.seconds == 2)
        #expect(report.committedPerSecond == 1.5)
        #expect(report.methods == ["a": 2, "b": 1])
        #expect(report.milliseconds(atPercentile: 50) >= 20 && report.milliseconds(atPercentile: 50) < 20.1)
        #expect(report.milliseconds(atPercentile: 100) >= 4000)
    }

    @Test("percentiles are those of the sorted latencies, to a thousandth", arguments: [UInt64(1), 2, 3])
    func percentiles(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // Over five orders of magnitude, as latencies under overload are.
        let nanoseconds = (0..<5000).map { place in
            UInt64.random(in: 1...999, using: &random) * [1000, 10_000, 100_000, 1_000_000, 10_000_000][place % 5]
        }
        var report = LoadReport()
        report.count(
            nanoseconds.map { LoadEntry(.final, sentAt: 0, finalAt: $0) },
            methods: nanoseconds.map { _ in "" },
            since: 0,
            until: Self.second
        )
        let sorted = nanoseconds.sorted()
        for percentile in [1.0, 25, 50, 90, 95, 99, 99.9, 100] {
            // Which of two neighbours a percentile names between them is a matter of rounding.
            let place = Int(percentile / 100 * Double(sorted.count))
            let least = Double(sorted[max(0, place - 2)]) / 1e6
            let most = Double(sorted[min(place + 1, sorted.count - 1)]) / 1e6
            let found = report.milliseconds(atPercentile: percentile)
            #expect(found >= least * 0.999 - 0.001 && found <= most * 1.001 + 0.001, "\(percentile): \(found)")
        }
    }

    @Test("the run's document has the fields that scripts rely on, and efficiency is what its definition says")
    func document() throws {
        let report = Self.report(Array(repeating: 1, count: 1000), cpu: [88_000, 112_000], verify: [50, 40])
        #expect(report.efficiency == 0.4)
        let document = try Self.document(report)
        #expect(document["committed_per_s"] as? Double == 1000)
        #expect(document["cpu_us_per_tx_per_validator"] as? Double == 100)
        #expect(document["verify_us"] as? Double == 40)
        #expect(document["efficiency"] as? Double == 0.4)
        #expect(document["lost"] as? Int == 0)
        #expect(document["written_bytes_per_tx_per_validator"] as? Double == 1000)
        #expect(document["syncs_per_tx_per_validator"] as? Double == 0.01)
        let latency = try #require(document["latency_ms"] as? [String: Double])
        #expect(latency["p50"] == 1 && latency["p99"] == 1)
        let uses = try #require(document["validator_use"] as? [[String: Any]])
        let threads = try #require(uses.last?["threads_cpu_s"] as? [String: Double])
        #expect(uses.count == 2 && threads == ["engine": 0.028, "signatures": 0.056])
    }

    @Test("a run in which nothing became final has no figures that look like some")
    func emptyRun() throws {
        let document = try Self.document(LoadReport())
        #expect(document["efficiency"] is NSNull)
        #expect(document["cpu_us_per_tx_per_validator"] is NSNull)
        #expect(document["committed_per_s"] as? Double == 0)
        #expect(LoadTable([]).text.isEmpty)
        #expect(LoadTable([LoadReport()]).text.contains("efficiency"))
    }

    @Test("of several runs the table shows each one, the median and the spread")
    func medianAndSpread() throws {
        let reports = [100, 400, 200].map { Self.report(Array(repeating: 1, count: $0), cpu: [40_000], verify: [40]) }
        let rows = LoadTable(reports).text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let committed = try #require(rows.first { $0.starts(with: ["committed", "per", "second"]) })
        #expect(Array(committed.suffix(5)) == ["100", "400", "200", "200", "300"])
        // 40 µs to verify, 400, 100 and 200 µs for a transaction.
        let efficiency = try #require(rows.first { $0.first == "efficiency" })
        #expect(Array(efficiency.suffix(5)) == ["0.100", "0.400", "0.200", "0.200", "0.300"])
        let signatures = try #require(rows.first { $0.starts(with: ["threads:", "signatures"]) })
        #expect(Array(signatures.suffix(5)) == ["200.0", "50.0", "100.0", "100.0", "150.0"])
    }

    @Test("the median is the middle value, or lies between the two in the middle")
    func median() {
        #expect(LoadTable.median([1, 2, 9]) == 2)
        #expect(LoadTable.median([1, 2, 4, 9]) == 3)
        #expect(LoadTable.median([]).isNaN)
    }

    @Test("numbers are shown with their places, and what is none with a dash")
    func decimals() {
        #expect(LoadTable.decimal(0.0496, 3) == "0.050")
        #expect(LoadTable.decimal(12.5, 0) == "13")
        #expect(LoadTable.decimal(-1.05, 2) == "-1.05")
        #expect(LoadTable.decimal(.nan, 1) == "-")
        #expect(LoadTable.decimal(.infinity, 1) == "-")
    }

    @Test("where the generator has no processor time left, the report says so")
    func bottleneck() {
        var report = Self.report([1])
        report.machineBusyShare = 0.5
        report.generatorMicroseconds = 1_900_000
        report.generatorProcessors = 2
        #expect(report.bottleneck.contains("load generator"))
        report.generatorMicroseconds = 100_000
        #expect(!report.bottleneck.contains("load generator"))
        report.machineBusyShare = 0.99
        #expect(report.bottleneck.contains("processors"))
    }
}
