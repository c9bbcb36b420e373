import AkashiCLI
import AkashiClient
import Foundation
import Testing

@Suite("doctor names what is wrong")
struct DiagnosisTests {
    static func report(
        _ index: Int,
        height: Int,
        certified: Int? = nil,
        root: String = "aa",
        votes: Bool = true,
        awaitsAnswers: Bool? = nil,
        joining: Int? = nil
    ) throws -> NodeReport {
        let text = """
            {"index": \(index), "alive": true, "height": \(height), "view": 0, "primary": 0, "state_root": "\(root)",
             "certified_height": \(certified ?? height), "peers": 3,
             "votes": \(votes), "awaits_answers": \(awaitsAnswers.map { "\($0)" } ?? "null"),
             "joining": \(joining.map { "\($0)" } ?? "null")}
            """
        return try JSONDecoder().decode(NodeReport.self, from: Data(text.utf8))
    }

    static func validators(connected: [Bool], contested: Int? = nil) throws -> [ValidatorAnswer] {
        try connected.enumerated().map { index, connected in
            let text = """
                {"index": \(index), "organisation": "o", "address": "127.0.0.1:1", "key": "0\(index)",
                 "connected": \(connected), "contested": \(index == contested)}
                """
            return try JSONDecoder().decode(ValidatorAnswer.self, from: Data(text.utf8))
        }
    }

    @Test("A validator whose journal was lost is named, with what it needs")
    func silenced() throws {
        let reports = try [Self.report(0, height: 100), Self.report(3, height: 100, votes: false)]
        let findings = Diagnosis.findings(reports, try Self.validators(connected: [true, true, true, true]))
        #expect(findings.count == 1 && findings[0].hasPrefix("validator 3 only follows"))
    }

    @Test("A validator that has just started and waits for answers is not taken for one that lost its journal")
    func asking() throws {
        let reports = try [Self.report(0, height: 100), Self.report(3, height: 100, votes: false, awaitsAnswers: true)]
        let findings = Diagnosis.findings(reports, try Self.validators(connected: [true, true, true, true]))
        #expect(findings.count == 1 && findings[0].hasPrefix("validator 3 has started"))
    }

    @Test("A node that takes a snapshot is behind, and it is said that it does")
    func joining() throws {
        let reports = try [Self.report(0, height: 5000), Self.report(3, height: 100, joining: 4096)]
        let findings = Diagnosis.findings(reports, try Self.validators(connected: [true, true, true, true]))
        #expect(findings == ["validator 3 is 4900 blocks behind: it takes the snapshot at height 4096"])
    }

    @Test("A healthy network has no findings")
    func healthy() throws {
        let reports = try (0..<4).map { try Self.report($0, height: 100 + $0) }
        let validators = try Self.validators(connected: [true, true, true, true])
        #expect(Diagnosis.findings(reports, validators).isEmpty)
    }

    @Test("One missing of four is named and blocks still form; two missing and none can")
    func missing() throws {
        let one = try Diagnosis.findings([], Self.validators(connected: [true, true, true, false]))
        #expect(one.count == 1)
        #expect(one.first?.contains("validator 3") == true)
        let two = try Diagnosis.findings([], Self.validators(connected: [true, true, false, false]))
        #expect(two.contains { $0.contains("no block can form: 2 of 4 validators are connected, 3 are needed") })
    }

    @Test("Two processes with one key are told by any node that sees their connections replace each other")
    func contested() throws {
        let all = try Diagnosis.findings([], Self.validators(connected: [true, true, true, true], contested: 2))
        #expect(all.count == 1 && all[0].hasPrefix("validator 2 (o, 127.0.0.1:1) connects again and again"))
    }

    @Test("Who is linked to anybody who answered is there; who lacks a link that others have is named with it")
    func merged() throws {
        func checkup(_ index: Int, height: Int, _ connected: [Bool], contested: Int? = nil) throws -> Checkup {
            var checkup = Checkup()
            checkup.report = try Self.report(index, height: height)
            checkup.validators = try Self.validators(connected: connected, contested: contested)
            return checkup
        }
        let checkups = try [
            checkup(0, height: 9, [true, true, false, false], contested: 1),
            checkup(1, height: 8, [true, true, true, false]),
            Checkup(),
        ]
        let merged = Diagnosis.merged(checkups)
        #expect(merged.map(\.connected) == [true, true, true, false])
        #expect(merged.map { $0.contested == true } == [false, true, false, false])
        #expect(Diagnosis.missingLinks(checkups, merged) == ["validator 0 has no link to validator 2 (o, 127.0.0.1:1)"])
        #expect(Diagnosis.merged([Checkup()]).isEmpty)
    }

    @Test("Lag is told, and two state roots at one height above all")
    func contradictions() throws {
        let lagging = try Diagnosis.findings([Self.report(0, height: 100), Self.report(1, height: 50)], [])
        #expect(lagging.contains { $0.contains("validator 1 is 50 blocks behind") })
        let forked = try Diagnosis.findings(
            [Self.report(0, height: 100, root: "aa"), Self.report(1, height: 100, root: "bb")],
            []
        )
        #expect(forked.contains { $0.contains("differ at height 100") })
        let apart = try Diagnosis.findings(
            [Self.report(0, height: 100, root: "aa"), Self.report(1, height: 101, root: "bb")],
            []
        )
        #expect(apart.isEmpty, "other heights have other roots")
    }
}
