package import Consensus
import Primitives

/// What notices that a rule is broken: a text scenario, a scripted order, or a random schedule.
package struct MutationSearch: Sendable {
    package struct Finding: Sendable {
        package let place: String
        package let reason: String
    }

    /// Text scenarios by name.
    package let scenarios: [(name: String, scenario: TextScenario)]

    package init(scenarios: [(name: String, scenario: TextScenario)]) { self.scenarios = scenarios }

    /// The text scenarios that fail.
    package func inScenarios(_ mutation: Mutation?) -> [Finding] {
        scenarios.compactMap { name, scenario in
            do throws(ScenarioError) {
                try ScenarioRun(scenario, mutation: mutation).run()
                return nil
            } catch {
                return Finding(place: name, reason: error.description)
            }
        }
    }

    /// The scripted order of the rule's name.
    package func inOrder(_ mutation: Mutation) -> Finding? {
        guard let order = Scenario(rawValue: mutation.name), let violation = order.run(mutation) else { return nil }
        return Finding(place: "order \(order.rawValue)", reason: violation)
    }

    /// The first of so many random schedules that fails.
    package func byChance(_ mutation: Mutation, from seed: UInt64 = 1, schedules: UInt64) -> Finding? {
        for seed in seed..<seed + schedules {
            var schedule = Schedule(seed: seed, rules: mutation.rules, hostMutations: mutation.host)
            guard let violation = schedule.run().violation else { continue }
            return Finding(place: "seed \(seed)", reason: violation)
        }
        for seed in seed..<seed + schedules / 4 {
            var schedule = InclusionSchedule(seed: seed, rules: mutation.rules, hostMutations: mutation.host)
            guard let violation = schedule.run().violation else { continue }
            return Finding(place: "inclusion seed \(seed)", reason: violation)
        }
        return nil
    }

    /// What the simulator says of a replica in whose state an invariant is broken; nil if it notices nothing.
    package static func notice(_ invariant: Invariant) -> String? {
        var options = Options()
        options.isCalm = true
        let world = World(seed: 1, options: options)
        world.network.latency = 1...1
        world.start()
        world.run(until: 1000) { world.checker.finalTop.number < 3 }
        let host = world.hosts[0]
        world.checker.checkState(of: host, after: .start)
        guard world.checker.violation == nil else { return nil }
        host.replica?.violate(invariant)
        world.checker.checkState(of: host, after: .start)
        return world.checker.violation
    }
}
