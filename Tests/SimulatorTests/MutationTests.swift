import Consensus
import Primitives
import Simulator
import Testing

/// Each rule and each invariant, broken on purpose, is noticed.
@Suite struct MutationTests {
    @Test(
        "a broken rule is found by a scenario, a scripted order or random schedules",
        arguments: Mutation.all.map(\.name)
    )
    func found(name: String) throws {
        let mutation = try #require(Mutation.named(name))
        let search = MutationSearch(
            scenarios: try TextScenarioTests.names.map { ($0, try TextScenarioTests.read($0)) }
        )
        if search.byChance(mutation, schedules: 40) != nil { return }
        if let finding = search.inOrder(mutation) {
            #expect(!finding.reason.hasPrefix("SCRIPT"))
            return
        }
        #expect(!search.inScenarios(mutation).isEmpty, "nothing noticed \(name)")
    }

    @Test("a broken invariant is named, and no other", arguments: Invariant.allCases)
    func noticed(invariant: Invariant) {
        #expect(MutationSearch.notice(invariant) == "INVARIANT of 0: \(invariant.rawValue)")
    }

    @Test("every scripted order names a mutation, and production breaks no rule")
    func complete() {
        for scenario in Scenario.allCases { #expect(Mutation.named(scenario.rawValue) != nil) }
        #expect(SafetyRules().broken == nil)
        let configuration = Configuration(id: ReplicaID(0), replicas: 4, chain: .zero, hashing: Tokens.hashing)
        #expect(configuration.rules == SafetyRules())
    }
}
