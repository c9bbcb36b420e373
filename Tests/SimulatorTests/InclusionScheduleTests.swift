import Simulator
import Testing

/// Rule 25 in random schedules; `INCLUSION=1 SEED=… MINUTES=… simulate` runs any number more.
@Suite struct InclusionScheduleTests {
    #if DEBUG
        static let budget = 2
    #else
        static let budget = 20
    #endif

    @Test("what correct validators admit is ordered within the bound", arguments: 0..<4 as Range<UInt64>)
    func bounded(part: UInt64) {
        var tally = InclusionTally()
        for seed in 1000 * part..<1000 * part + UInt64(Self.budget) {
            var schedule = InclusionSchedule(seed: seed)
            let outcome = schedule.run()
            tally.add(outcome)
            if let violation = outcome.violation { Issue.record("seed \(seed): \(violation)") }
        }
        #expect(tally.demands > 0, "primaries with favourites lose their turns")
        #expect(tally.admitted > 100 && tally.refused > 100)
    }
}
