import ContractKit
import ContractTesting
import Primitives
import SeededRandom
import Testing
import TrustStore

@Suite struct VerdictTests {
    @Test("a missing step is INCONCLUSIVE, and the last one that was missing makes it PASS")
    func missingStep() throws {
        var store = Store()
        try store.register("complete", condition(build), condition(inspection))
        #expect(try store.verdict("complete").outcome == .inconclusive)
        try store.append(store.body())
        #expect(try store.verdict("complete").outcome == .inconclusive)
        let last = try store.append(store.body { $0.step = inspection })
        let verdict = try store.verdict("complete")
        #expect(verdict.outcome == .pass && verdict.inputs.contains(last) && verdict.inputs.count == 2)
    }

    @Test("evidence of another media type does not count where the rule names one")
    func mediaType() throws {
        var store = Store()
        try store.register("bill", condition(build) { $0.mediaType = .constant("spdx-json") })
        try store.append(store.body())
        #expect(try store.verdict("bill").outcome == .inconclusive)
        try store.append(store.body { $0.mediaType = .constant("spdx-json") })
        try store.append(store.body("later"))
        #expect(try store.verdict("bill").outcome == .pass)
    }

    @Test(
        "a reading decides at its threshold and on both sides of it",
        arguments: [
            (Comparison.atMost, [Int64(5_499): Outcome.pass, 5_500: .pass, 5_501: .fail]),
            (.atLeast, [5_499: .fail, 5_500: .pass, 5_501: .pass]),
            (.equals, [5_499: .fail, 5_500: .pass, 5_501: .fail, -5_500: .fail]),
        ]
    )
    func threshold(comparison: Comparison, outcomes: [Int64: Outcome]) throws {
        for (value, outcome) in outcomes {
            var store = Store()
            let threshold = Threshold(metric: noise, unit: decibel, comparison: comparison, value: 5_500)
            try store.register("quiet", condition(build) { $0.threshold = threshold })
            try store.append(store.body { $0.readings = [reading(value)] })
            #expect(try store.verdict("quiet").outcome == outcome)
        }
    }

    @Test("a reading that is missing, of another metric or in another unit is INCONCLUSIVE")
    func noReading() throws {
        for readings in [[], [reading(1, build)], [reading(1, noise, build)]] {
            var store = Store()
            try store.register("quiet", condition(build) { $0.threshold = atMost(5_500) })
            try store.append(store.body { $0.readings = readings })
            #expect(try store.verdict("quiet").outcome == .inconclusive)
        }
    }

    @Test("the newest count, by observation and not by recording; older evidence does not matter")
    func newestCount() throws {
        var store = Store()
        try store.register(
            "quiet",
            condition(build) {
                $0.threshold = atMost(100)
                $0.count = 2
            }
        )
        let now = store.bed.time
        func sample(_ value: Int64, observed: UInt64) -> EvidenceBody {
            store.body("\(value)") { ($0.readings, $0.observedAt) = ([reading(value)], observed) }
        }
        try store.append(sample(50, observed: now - 10))
        #expect(try store.verdict("quiet").outcome == .inconclusive)
        try store.append(sample(60, observed: now - 20))
        #expect(try store.verdict("quiet").outcome == .pass)
        try store.append(sample(999, observed: now - 30))
        #expect(try store.verdict("quiet").outcome == .pass)
        try store.append(sample(998, observed: now - 5))
        #expect(try store.verdict("quiet").outcome == .fail)
    }

    @Test("content that changed between two steps is FAIL: a modified component is not genuine")
    func matches() throws {
        var store = Store()
        try store.register("genuine", condition(inspection) { $0.matches = build })
        try store.append(store.body("firmware") { $0.step = inspection })
        #expect(try store.verdict("genuine").outcome == .inconclusive)
        try store.append(store.body("firmware"))
        #expect(try store.verdict("genuine").outcome == .pass)
        store.bed.advance(milliseconds: 10)
        try store.append(store.body("modified") { $0.step = inspection })
        #expect(try store.verdict("genuine").outcome == .fail)
    }

    @Test("evidence is fresh up to the last millisecond and STALE at the bound")
    func freshness() throws {
        var store = Store()
        try store.register("daily", condition(build) { $0.freshness = 1_000 })
        try store.append(store.body())
        let start = store.bed.time
        for (delay, outcome) in [(UInt64(0), Outcome.pass), (999, .pass), (1_000, .stale), (1_001, .stale)] {
            store.bed.time = start + delay
            #expect(try store.verdict("daily").outcome == outcome)
        }
        try store.append(store.body("next day"))
        #expect(try store.verdict("daily").outcome == .pass)
    }

    @Test("of several conditions the worst decides: FAIL before INCONCLUSIVE before STALE before PASS")
    func worstWins() throws {
        let steps = ["pass", "stale", "inconclusive", "fail"].map { Identifier.constant($0) }
        for mask in 1..<16 {
            var store = Store()
            let chosen = steps.indices.filter { mask & (1 << $0) != 0 }
            let conditions = chosen.map { index in
                condition(steps[index]) {
                    if index == 1 { $0.freshness = 5 }
                    if index == 3 { $0.threshold = atMost(1) }
                }
            }
            try store.run(Store.registration("worst", conditions), Who.scheme)
            for index in [0, 1, 3] {
                try store.append(store.body("\(index)") { ($0.step, $0.readings) = (steps[index], [reading(2)]) })
            }
            store.bed.advance(milliseconds: 5)
            let expected: [Outcome] = [.pass, .stale, .inconclusive, .fail]
            #expect(try store.verdict("worst").outcome == expected[chosen.max() ?? 0])
        }
    }

    @Test("a correction replaces what it corrects, in the verdict too")
    func correctionCounts() throws {
        var store = Store()
        try store.register("quiet", condition(build) { $0.threshold = atMost(100) })
        let wrong = try store.append(store.body("loud") { $0.readings = [reading(900)] })
        try store.run(Store.assessment("quiet"), Who.auditor)
        #expect(try store.verdict("quiet").outcome == .fail)
        let right = try store.append(
            store.body("loud corrected") {
                $0.readings = [reading(90)]
                $0.corrects = wrong
                // Observed before: what was corrected no longer counts, however new it was.
                $0.observedAt -= 500
            }
        )
        #expect(try store.verdict("quiet").outcome == .pass)
        #expect(try store.verdict("quiet").inputs == [right])
    }

    @Test("an input that rests on corrected evidence is STALE, as far up as the rule looks", arguments: UInt64(0)...4)
    func restsOnCorrected(ancestry: UInt64) throws {
        var store = Store()
        try store.register("sound", condition(inspection), ancestry: ancestry)
        let part = try store.append(store.body("part") { $0.subject = .zero })
        let module = try store.append(store.body("module") { ($0.subject, $0.parents) = (.zero, [part]) })
        try store.append(store.body("product") { ($0.step, $0.parents) = (inspection, [module]) })
        #expect(try store.verdict("sound").outcome == .pass)
        try store.append(store.body("recalled") { ($0.subject, $0.corrects) = (.zero, part) })
        #expect(try store.verdict("sound").outcome == (ancestry >= 2 ? .stale : .pass))
    }
}

@Suite struct AssessmentTests {
    @Test("the queue recomputes a verdict when an input becomes too old, and says so once")
    func queueFollowsAge() throws {
        var store = Store()
        try store.register("daily", condition(build) { $0.freshness = 1_000 })
        try store.append(store.body())
        try store.run(Store.assessment("daily"), Who.auditor)
        #expect(try store.bed.events(VerdictGiven.self).map(\.outcome) == [.pass])
        let staleAt = try #require(try store.verdict("daily").staleAt)
        store.bed.time = staleAt - 1
        #expect(try store.bed.applyDeadlines() == 0)
        store.bed.time = staleAt
        let asked = try store.verdict("daily")
        #expect(try store.bed.applyDeadlines() == 1)
        #expect(try store.bed.events(VerdictGiven.self).map(\.outcome) == [.stale])
        #expect(try store.verdict("daily") == asked)
        store.bed.advance(milliseconds: 5_000)
        #expect(try store.bed.applyDeadlines() == 0)
    }

    @Test("the queue recomputes a verdict when new evidence or a correction arrives")
    func queueFollowsInputs() throws {
        var store = Store()
        try store.register("quiet", condition(build) { $0.threshold = atMost(100) })
        let first = try store.append(store.body { $0.readings = [reading(50)] })
        try store.run(Store.assessment("quiet"), Who.auditor)
        store.bed.advance(milliseconds: 10)
        try store.bed.applyDeadlines()
        try store.append(store.body("loud") { $0.readings = [reading(500)] })
        store.bed.advance(milliseconds: 10)
        #expect(try store.bed.applyDeadlines() == 1)
        #expect(try store.bed.events(VerdictGiven.self).map(\.outcome) == [.fail])
        // Evidence that changes nothing is looked at and not announced.
        try store.append(store.body("older") { ($0.readings, $0.observedAt) = ([reading(1)], 5) })
        store.bed.advance(milliseconds: 10)
        #expect(try store.bed.applyDeadlines() == 1)
        #expect(try store.bed.events(VerdictGiven.self).isEmpty)
        #expect(try store.verdict("quiet").evidenceCount == 3)
        #expect(first != .zero)
    }

    @Test("a query is never behind: it computes what the queue will find", arguments: UInt64(1)...6)
    func queryEqualsQueue(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var store = Store()
        try store.register(
            "both",
            condition(build) {
                $0.freshness = 2_000
                $0.threshold = atMost(50)
                $0.count = 2
            },
            condition(inspection) { $0.matches = build }
        )
        var own: [Digest] = []
        try own.append(store.append(store.body("first")))
        try store.run(Store.assessment("both"), Who.auditor)
        for number in 0..<120 {
            store.bed.advance(milliseconds: UInt64.random(in: 0...900, using: &generator))
            let body = store.body("\(number % 5) \(number)") {
                $0.step = Bool.random(using: &generator) ? build : inspection
                $0.content = TestOrganisation.digest("\(Int.random(in: 0...1, using: &generator))")
                $0.readings = [reading(Int64.random(in: 0...60, using: &generator))]
                $0.observedAt -= UInt64.random(in: 0...1_500, using: &generator)
                $0.corrects = Int.random(in: 0...3, using: &generator) == 0 ? own.randomElement(using: &generator) : nil
            }
            if store.refusal(AppendEvidence(body), Who.maker) == nil { own.append(try Store.id(body, by: Who.maker)) }
            let asked = try store.verdict("both")
            try store.bed.applyDeadlines()
            let stored = try store.verdict("both")
            #expect(asked.outcome == stored.outcome && asked.inputs == stored.inputs && asked.staleAt == stored.staleAt)
        }
        #expect(own.count > 60)
    }

    @Test("a verdict keeps the rule version that it was assessed with until it is assessed again")
    func keepsVersion() throws {
        var store = Store()
        try store.register("quiet", condition(build) { $0.threshold = atMost(100) })
        try store.append(store.body { $0.readings = [reading(50)] })
        try store.run(Store.assessment("quiet"), Who.auditor)
        try store.register("quiet", condition(build) { $0.threshold = atMost(10) })
        #expect(try store.verdict("quiet").outcome == .pass)
        #expect(try store.verdict("quiet").ruleVersion == 1)
        try store.run(Store.assessment("quiet"), Who.auditor)
        #expect(try store.verdict("quiet").outcome == .fail)
        #expect(try store.verdict("quiet").ruleVersion == 2)
        var query = RuleQuery()
        query.name = .constant("quiet")
        #expect(try store.ask(query).version == 2)
        query.version = 1
        #expect(try store.ask(query).rule.conditions[0].threshold?.value == 100)
        query.version = 3
        #expect(throws: ContractError.self) { try store.ask(query) }
    }

    @Test("rules and assessments are refused for each of their reasons and change nothing")
    func refuses() throws {
        var store = Store()
        try store.register("quiet", condition(build))
        let before = store.bed.state
        for actor in [Who.nobody, Who.maker, Who.auditor] {
            #expect(store.refusal(Store.registration("mine", [condition(build)]), actor) == .role)
        }
        #expect(store.refusal(Store.registration("quiet", [condition(build)]), Who.otherScheme) == .duplicate)
        #expect(store.refusal(Store.registration("empty", []), Who.scheme) == .schema)
        let many = Array(repeating: condition(build), count: 9)
        #expect(store.refusal(Store.registration("long", many), Who.scheme) == .schema)
        #expect(store.refusal(Store.registration("deep", [condition(build)], ancestry: 5), Who.scheme) == .schema)
        #expect(store.refusal(Store.registration("none", [condition(build) { $0.count = 0 }]), Who.scheme) == .schema)
        #expect(store.refusal(Store.assessment("quiet"), Who.auditor) == .reference)
        #expect(store.refusal(Store.assessment("loud"), Who.auditor) == .reference)
        #expect(store.bed.state == before)
        try store.append(store.body())
        for actor in [Who.nobody, Who.sensor] { #expect(store.refusal(Store.assessment("quiet"), actor) == .role) }
        for actor in [Who.auditor, Who.scheme, Who.maker] { try store.run(Store.assessment("quiet"), actor) }
    }

    @Test("a verdict that is given again moves its deadline: the queue holds the newest and no other")
    func oneEntryInTheQueue() throws {
        var store = Store()
        try store.register("daily", condition(build) { $0.freshness = 1_000 })
        try store.append(store.body())
        try store.run(Store.assessment("daily"), Who.auditor)
        let first = try #require(try store.verdict("daily").staleAt)
        store.bed.advance(milliseconds: 400)
        try store.append(store.body("newer"))
        try store.bed.applyDeadlines()
        #expect(try store.verdict("daily").staleAt == first + 400)
        store.bed.time = first
        #expect(try store.bed.applyDeadlines() == 0)
        store.bed.time = first + 400
        #expect(try store.bed.applyDeadlines() == 1)
    }

    @Test("a subject is assessed by a bounded number of rules, so appending stays bounded")
    func boundedRules() throws {
        var store = Store()
        try store.append(store.body())
        for number in 0...16 { try store.register("rule-\(number)", condition(build)) }
        for number in 0..<16 { try store.run(Store.assessment("rule-\(number)"), Who.auditor) }
        #expect(store.refusal(Store.assessment("rule-16"), Who.auditor) == .limit)
        try store.run(Store.assessment("rule-3"), Who.auditor)
        try store.append(store.body("more"))
        #expect(try store.bed.applyDeadlines() == 16)
    }
}
