/// Totals over many schedules of rule 25.
package struct InclusionTally: Sendable {
    package private(set) var schedules = 0
    package private(set) var admitted = 0
    package private(set) var refused = 0
    package private(set) var heights: UInt64 = 0
    package private(set) var honestDemands = 0
    package private(set) var honestComplaints = 0
    package private(set) var demands = 0
    /// In hundredths, the longest wait compared with its bound.
    package private(set) var closest: UInt64 = 0

    package init() {}

    package mutating func add(_ outcome: InclusionSchedule.Outcome) {
        schedules += 1
        admitted += outcome.admitted
        refused += outcome.refused
        heights += outcome.heights
        if outcome.isHonest {
            honestDemands += outcome.demands
            honestComplaints += outcome.complaints
        } else {
            demands += outcome.demands
        }
        closest = max(closest, 100 * outcome.longest / max(1, outcome.bound))
    }

    package var summary: String {
        "schedules \(schedules), heights \(heights), admitted \(admitted), refused for want of room \(refused), "
            + "demands of favourites' successors \(demands), complaints of honest primaries \(honestComplaints) with "
            + "\(honestDemands) demands, longest wait \(closest) % of its bound"
    }
}
