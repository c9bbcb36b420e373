import Consensus
import Simulator
import Testing

/// Every run of so many rounds, not a sample; `make twins` goes deeper.
@Suite struct TwinsTests {
    @Test("sides are enumerated, each division once", arguments: [(2, 16), (3, 41), (4, 51), (5, 52)])
    func divisions(sides: Int, count: Int) {
        let partitions = Twins.partitions(of: 5, atMost: sides)
        #expect(partitions.count == count && Set(partitions).count == count)
    }

    #if !DEBUG
        @Test("two rounds, any sides: the correct three agree, and go on once the network is good")
        func twoRounds() {
            var settings = Twins.Settings()
            settings.sides = 5
            expectAll(settings, 97_344)
        }

        @Test("three rounds, two sides: the correct three agree")
        func threeRounds() {
            var settings = Twins.Settings()
            settings.rounds = 3
            settings.checksProgress = false
            expectAll(settings, 442_368)
        }
    #else
        @Test("two rounds, two sides: the correct three agree, and go on once the network is good")
        func twoRounds() { expectAll(Twins.Settings(), 9216) }
    #endif

    private func expectAll(_ settings: Twins.Settings, _ count: Int) {
        var twins = Twins(settings)
        twins.run()
        #expect(twins.violation == nil)
        #expect(twins.total == count && twins.scenarios == count)
    }

    @Test(
        "twins find a quorum that is too small, and a NEW-VIEW that forgets",
        arguments: [
            SafetyRules.Mutation.quorumOf2f, .newViewIgnoresPrepared,
        ]
    )
    func broken(rule: SafetyRules.Mutation) {
        var settings = Twins.Settings()
        settings.rounds = rule == .quorumOf2f ? 2 : 3
        settings.rules = SafetyRules(broken: rule)
        var twins = Twins(settings)
        twins.run()
        #expect(twins.violation?.contains("AGREEMENT") ?? false)
    }
}
