import AkashiCLI
import Foundation
import Primitives
import Testing

@Suite struct LoadTests {
    @Test("a notice of a block gives the ids in order and the codes of those that failed")
    func notice() {
        let ids = [UInt64(1), 2, 3].map { Digest(words: ($0, 0, 0xABCD, $0 << 60)) }
        let list = ids.map { "\"\($0.hex)\"" }.joined(separator: ",")
        let text =
            #"{"height":3,"time":1003,"transactions":[\#(list)],"#
            + #""failed":[{"index":1,"code":"FUNDS"},{"index":12,"code":"ROLE"}]}"#
        let notice = BlockNotice(Array(text.utf8)[...])
        #expect(notice.ids == ids)
        #expect(notice.failures == [1: "FUNDS", 12: "ROLE"])
    }

    @Test(
        "a notice that is cut off or of another shape gives what can be read and traps on nothing",
        arguments: [
            "", "{}", #"{"transactions":["#, #"{"transactions":["ab"]}"#, #"{"transactions":[1]}"#,
            #"{"transactions":["\#(String(repeating: "z", count: 64))"],"failed":[{"index":"#,
            #"{"transactions":[],"failed":[{"index":99999999999999999999,"code":"X"}]}"#,
        ]
    )
    func damagedNotice(text: String) {
        #expect(BlockNotice(Array(text.utf8)[...]).ids.isEmpty)
    }

    @Test("the command's name in /proc/PID/stat may hold anything")
    func processTime() {
        let stat = "4242 (a) b (c 1 2 3) S 1 2 3 4 5 6 7 8 9 10 150 50 7 3 20 0 8 0 100"
        #expect(ProcessTime.microseconds(inStat: stat, ticksPerSecond: 100) == 2_100_000)
        #expect(ProcessTime.microseconds(inStat: "4242 (akashi) S 1 2", ticksPerSecond: 100) == nil)
        #expect(ProcessTime.microseconds(inStat: "", ticksPerSecond: 100) == nil)
        #expect(ProcessTime.microseconds(of: Int(ProcessInfo.processInfo.processIdentifier)) != nil)
    }

    @Test("each kind of a mix comes as often as its weight")
    func mix() throws {
        let mix = try #require(LoadMix("transfer=3,evidence=1"))
        let kinds = (0..<8).map { mix[$0] }
        #expect(kinds.count { $0 == .transfer } == 6)
        #expect(kinds.count { $0 == .evidence } == 2)
        #expect(mix.kinds == [.transfer, .evidence])
    }

    @Test(arguments: ["", "transfer=0", "transfer=x", "theft", "transfer=101", "=1", ","])
    func mixesThatAreNone(text: String) {
        #expect(LoadMix(text) == nil)
    }

    @Test("every transaction that was sent is counted once, and lateness is never dropped from the latencies")
    func counting() {
        let second: UInt64 = 1_000_000_000
        var report = LoadReport()
        report.count(
            [
                LoadEntry(.final, sentAt: second, finalAt: second + 10_000_000),
                LoadEntry(.final, sentAt: second, finalAt: second + 20_000_000),
                LoadEntry(.failed, sentAt: second, finalAt: second + 30_000_000),
                // Final after the sending ended: committed, but not within the time.
                LoadEntry(.final, sentAt: second, finalAt: 5 * second),
                LoadEntry(.refused, sentAt: second, finalAt: second),
                LoadEntry(.unreached, sentAt: second, finalAt: second),
                LoadEntry(.sent, sentAt: second),
                LoadEntry(),
            ],
            since: second,
            until: 3 * second
        )
        #expect(report.offered == 7)
        #expect(report.final == 4)
        #expect(report.failed == 1)
        #expect(report.refused == 2)
        #expect(report.lost == 1)
        #expect(report.seconds == 2)
        #expect(report.committedPerSecond == 1.5)
        #expect(report.milliseconds(atPercentile: 50) >= 20 && report.milliseconds(atPercentile: 50) < 20.1)
        #expect(report.milliseconds(atPercentile: 100) >= 4000)
    }

    @Test("the run's document has the fields that scripts rely on, and efficiency is what its definition says")
    func document() throws {
        var report = LoadReport()
        report.count(
            (0..<1000).map { _ in LoadEntry(.final, sentAt: 0, finalAt: 1_000_000) },
            since: 0,
            until: 1_000_000_000
        )
        report.validatorMicroseconds = [90_000, 110_000]
        report.verifyMicroseconds = [50, 40]
        #expect(report.efficiency == 0.4)
        let document = try #require(JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any])
        #expect(document["committed_per_s"] as? Double == 1000)
        #expect(document["cpu_us_per_tx_per_validator"] as? Double == 100)
        #expect(document["verify_us"] as? Double == 40)
        #expect(document["efficiency"] as? Double == 0.4)
        #expect(document["lost"] as? Int == 0)
        let latency = try #require(document["latency_ms"] as? [String: Double])
        #expect(latency["p50"] == 1 && latency["p99"] == 1)
    }

    @Test("a run in which nothing became final has no figures that look like some")
    func emptyRun() throws {
        let document = try #require(JSONSerialization.jsonObject(with: Data(LoadReport().json)) as? [String: Any])
        #expect(document["efficiency"] is NSNull)
        #expect(document["cpu_us_per_tx_per_validator"] is NSNull)
        #expect(document["committed_per_s"] as? Double == 0)
    }
}
