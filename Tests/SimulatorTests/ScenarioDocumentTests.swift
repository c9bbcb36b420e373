import Foundation
import Simulator
import Testing

/// The tables of docs/scenarios.md are written from the scenarios, so that they cannot say anything else. `RECORD_TRACES=1`
/// writes them anew, as it does with the golden traces.
@Suite struct ScenarioDocumentTests {
    private let file = TextScenarioTests.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/scenarios.md")

    /// The sections of docs/protocol.md that are numbered, and under which word a scenario covers their paragraphs.
    private static let sections: [(title: String, paragraphs: [String])] = [
        ("Normal case (§4.2)", (1...7).map { "step \($0)" }),
        ("Attestations and watermarks (§4.3)", (8...12).map { "step \($0)" }),
        ("View changes (§4.4)", (13...18).map { "step \($0)" } + ["rule 10"]),
        ("Epochs", ["epochs"] + (1...6).map { "epochs \($0)" }),
        ("Restart", (19...21).map { "step \($0)" }),
    ]

    @Test("the tables of docs/scenarios.md are what the scenarios say")
    func tables() throws {
        let scenarios = try TextScenarioTests.names.map {
            (name: $0, settings: try TextScenarioTests.read($0).settings)
        }
        var expected = try String(contentsOf: file, encoding: .utf8)
        try replace("scenarios", in: &expected, by: Self.list(scenarios))
        try replace("paragraphs", in: &expected, by: Self.paragraphs(scenarios))
        if ProcessInfo.processInfo.environment["RECORD_TRACES"] != nil {
            try expected.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == expected)
    }

    /// What stands between `<!-- name -->` and `<!-- end of name -->`.
    private func replace(_ name: String, in text: inout String, by table: String) throws {
        let start = try #require(text.range(of: "<!-- \(name) -->\n")).upperBound
        let end = try #require(text.range(of: "<!-- end of \(name) -->")).lowerBound
        text.replaceSubrange(start..<end, with: "\n\(table)\n")
    }

    private static func list(_ scenarios: [(name: String, settings: TextScenario.Settings)]) -> String {
        scenarios.reduce(into: "| Scenario | Shows | Covers |\n| --- | --- | --- |\n") { table, scenario in
            let settings = scenario.settings
            table += "| `\(scenario.name)` | \(settings.shows) | \(settings.covers.joined(separator: ", ")) |\n"
        }
    }

    private static func paragraphs(_ scenarios: [(name: String, settings: TextScenario.Settings)]) -> String {
        var table = "| Section of protocol.md | Paragraph | Scenarios |\n| --- | --- | --- |\n"
        for section in sections {
            for paragraph in section.paragraphs {
                let names = scenarios.filter { $0.settings.covers.contains(paragraph) }.map { "`\($0.name)`" }
                table += "| \(section.title) | \(paragraph) | \(names.joined(separator: ", ")) |\n"
            }
        }
        return table
    }
}
