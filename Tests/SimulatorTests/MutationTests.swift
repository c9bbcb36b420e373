import Consensus
import Primitives
import Simulator
import Testing

/// Each rule, broken on purpose, is noticed: by chance within a few schedules, or by a scripted scenario of its name.
@Suite struct MutationTests {
    /// Broken, it costs view changes and nothing else: a replica votes again for what is certified already.
    static let harmless = ["certified-is-not-accepted"]
    static let scripted = Scenario.allCases.map(\.rawValue)
    static let byChance = Mutation.all.map(\.name).filter { !scripted.contains($0) && !harmless.contains($0) }

    @Test("a broken rule is found by random schedules", arguments: byChance)
    func found(name: String) throws {
        let mutation = try #require(Mutation.named(name))
        for seed in 1...200 as ClosedRange<UInt64> {
            var schedule = Schedule(seed: seed, rules: mutation.rules, hostMutations: mutation.host)
            if schedule.run().violation != nil { return }
        }
        Issue.record("200 schedules did not notice \(name)")
    }

    @Test("every scenario names a mutation, and production breaks no rule")
    func complete() {
        for scenario in Scenario.allCases { #expect(Mutation.named(scenario.rawValue) != nil) }
        #expect(SafetyRules().broken.isEmpty)
        let configuration = Configuration(id: ReplicaID(0), replicas: 4, chain: .zero, hashing: Tokens.hashing)
        #expect(configuration.rules == SafetyRules())
    }
}
