import Consensus
import Primitives
import Simulator
import Testing

/// The orders of events that chance seldom meets.
@Suite struct ScenarioTests {
    @Test("while all rules hold, every scripted attack fails", arguments: Scenario.allCases)
    func holds(scenario: Scenario) {
        #expect(scenario.run(nil) == nil)
    }

    @Test("with its rule broken, every scripted attack succeeds", arguments: Scenario.allCases)
    func breaks(scenario: Scenario) throws {
        let mutation = try #require(Mutation.named(scenario.rawValue))
        let violation = try #require(scenario.run(mutation))
        #expect(!violation.hasPrefix("SCRIPT"), "\(violation)")
    }
}
