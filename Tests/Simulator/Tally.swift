/// Totals over many schedules.
package struct Tally: Sendable {
    package private(set) var schedules = 0
    package private(set) var steps = 0
    package private(set) var heights: UInt64 = 0
    package private(set) var faults = 0
    package private(set) var speculations = 0
    package private(set) var installs = 0
    package private(set) var evidence = 0
    package private(set) var viewsEntered = 0
    package private(set) var nullBatches = 0
    package private(set) var epochs: UInt64 = 0
    package private(set) var wipes = 0
    /// With real ledgers: transactions by what became of them, damages to disks and executors, and hosts that stopped.
    package private(set) var ledgers = 0
    package private(set) var done = 0
    package private(set) var failed = 0
    package private(set) var dropped = 0
    package private(set) var damages = 0
    package private(set) var stops = 0
    package private(set) var restores = 0
    package private(set) var silenced = 0
    package private(set) var excused = 0
    package private(set) var footprint = 0
    package private(set) var slowest: UInt64 = 0
    package private(set) var mostViews: UInt64 = 0

    package init() {}

    package mutating func add(_ outcome: Schedule.Outcome) {
        schedules += 1
        steps += outcome.steps
        heights += outcome.heights
        faults += outcome.faults
        speculations += outcome.speculations
        installs += outcome.installs
        evidence += outcome.evidence
        viewsEntered += outcome.viewsEntered
        nullBatches += outcome.nullBatches
        epochs += outcome.epochs
        wipes += outcome.wipes
        ledgers += outcome.done > 0 ? 1 : 0
        done += outcome.done
        failed += outcome.failed
        dropped += outcome.dropped
        damages += outcome.damages
        stops += outcome.stops
        restores += outcome.restores
        silenced += outcome.silenced
        excused += outcome.excused
        footprint = max(footprint, outcome.footprint)
        slowest = max(slowest, outcome.recoveryMilliseconds)
        mostViews = max(mostViews, outcome.views)
    }

    package func summary(seconds: Double) -> String {
        let hourly = seconds > 0 ? Int(Double(schedules) / seconds * 3600) : 0
        let rate = seconds > 0 ? Int(Double(steps) / seconds) : 0
        return
            "schedules \(schedules) (\(hourly)/h), steps \(steps) (\(rate)/s), heights \(heights), faults \(faults), views \(viewsEntered), null batches \(nullBatches), epochs \(epochs), lost journals \(wipes), images put back \(restores) (found out \(silenced), contradicted what no answer knew \(excused)), blocks caught up "
            + "\(installs), executed from certificates \(speculations), evidence \(evidence), slowest recovery \(slowest) ms "
            + "with \(mostViews) views, largest footprint \(footprint), real ledgers \(ledgers): \(done) transactions done, \(failed) failed, "
            + "\(dropped) dropped, \(damages) damages, \(stops) stops"
    }
}
