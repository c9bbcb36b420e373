import Consensus
import Foundation
import Simulator
import Testing

/// The scenarios of Tests/Scenarios, each with the golden trace of its run. `RECORD_TRACES=1` writes the traces anew.
@Suite struct TextScenarioTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Scenarios")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".scenario") }.map { String($0.dropLast(".scenario".count)) }.sorted()
    }()

    static func read(_ name: String) throws -> TextScenario {
        let text = try String(contentsOf: folder.appending(path: "\(name).scenario"), encoding: .utf8)
        return try TextScenario(parsing: text)
    }

    @Test("a scenario holds, and runs as its golden trace says", arguments: names)
    func runs(name: String) throws {
        let run = ScenarioRun(try Self.read(name))
        do throws(ScenarioError) {
            try run.run()
        } catch {
            Issue.record("\(name), \(error)\n\(run.trace)")
            return
        }
        let golden = Self.folder.appending(path: "\(name).trace")
        let trace = run.trace
        if ProcessInfo.processInfo.environment["RECORD_TRACES"] != nil {
            try trace.write(to: golden, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == trace)
    }

    @Test("every numbered step of docs/protocol.md has a scenario")
    func steps() throws {
        let covered = try Set(Self.names.flatMap { try Self.read($0).settings.covers })
        // The random id of step 22 is a matter of the host.
        for step in Array(1...21) + [23] { #expect(covered.contains("step \(step)"), "step \(step)") }
        for step in 1...6 { #expect(covered.contains("epochs \(step)"), "Epochs, \(step)") }
    }

    /// The others belong to other layers; docs/scenarios.md says which test shows them.
    @Test("every failure of another system that consensus alone can show has a scenario")
    func failures() throws {
        let covered = try Set(Self.names.flatMap { try Self.read($0).settings.covers })
        for item in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 17, 18, 19, 20, 23, 26, 27] {
            #expect(covered.contains("failure \(item)"), "failure \(item)")
        }
    }

    @Test("no golden trace is left without its scenario")
    func strays() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let traces = files.filter { $0.hasSuffix(".trace") }.map { String($0.dropLast(".trace".count)) }
        #expect(Set(traces) == Set(Self.names) && !Self.names.isEmpty)
    }
}

@Suite struct ScenarioParserTests {
    @Test(
        "what is not understood is named with its line",
        arguments: [
            ("tick 5s", "line 1: 'shows' says what it is for"),
            ("shows x\npartion 0|1", "line 2: 'partion' is no statement"),
            ("shows x\n\n# comment\ntick 5", "line 4: a duration is written like 200ms, 5s, 3min or 1h, not '5'"),
            ("shows x\ntick 5s later", "line 2: 'later' is one word too many"),
            ("shows x\nreplicas 4\ncrash 4", "line 3: '4' is no replica: they are 0 to 3"),
            ("shows x\nreplicas 32", "line 2: the number of replicas is at most 31"),
            ("shows x\nreplicas 0", "line 2: 'replicas' is at least 1"),
            ("shows x\ntick 1s\nreplicas 4", "line 3: 'replicas' stands before the first action"),
            ("shows x\npartition 0,1", "line 2: a partition is written like 0,1|2,3"),
            ("shows x\npartition 0,1|1,2", "line 2: a replica is on one side of a partition"),
            ("shows x\nimage 1\nrestore 2", "line 3: of 2 there is no image to put back"),
            ("shows x\nexclusion 99999999999", "line 2: the exclusion is at most 1048576"),
            ("shows x\ncut 0 1", "line 2: 'to' was expected, not '1'"),
            ("shows x\ndrop prepares", "line 2: 'prepares' is no kind of message"),
            ("shows x\nlose 30", "line 2: a percentage is written like 30%, not '30'"),
            ("shows x\nexpect peace", "line 2: 'peace' is nothing to expect"),
            ("shows x\nexpect view", "line 2: the view is missing"),
            ("shows x\nawait height 3", "line 2: 'within' was expected, not 'the end'"),
            ("shows x\n0 attests 3 to all", "line 2: only faulty replicas act, 0 is correct"),
            ("shows x\nfaulty 0\n0 sings to all", "line 3: a faulty replica does not know how it 'sings'"),
            ("shows x\nmiscompute 2", "line 2: only faulty replicas miscompute"),
        ]
    )
    func errors(text: String, expected: String) {
        let error = #expect(throws: ScenarioError.self) { try TextScenario(parsing: text) }
        #expect(error?.description == expected)
    }

    @Test("an expectation that fails ends the run, with its line and what there is instead")
    func failing() throws {
        let texts = [
            ("expect height >= 3", "line 2: 0 has height 0"),
            ("await final a within 1s", "line 2: in vain: 0 does not have a"),
            ("crash 1\nexpect view 0 of 1", "line 3: 1 is down"),
            ("timeout 2\nexpect view 0", "line 3: 2 waits for view 1"),
            ("crash all\nexpect view 0", "line 3: nobody runs"),
        ]
        for (text, expected) in texts {
            let run = ScenarioRun(try TextScenario(parsing: "shows x\n" + text))
            let error = #expect(throws: ScenarioError.self) { try run.run() }
            #expect(error?.description == expected)
        }
    }
}
