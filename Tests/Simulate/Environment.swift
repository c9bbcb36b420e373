import Simulator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command's settings.
struct Environment {
    static let usage = """
        SEED=n MINUTES=m simulate         random schedules from seed n on, for m minutes (1; may be a fraction)
          REPLICAS=n                      fixes the first number of validators
          LEDGER=1 | LEDGER=0             real ledgers in all schedules or in none, rather than in one of 256
          RECONFIGURE=1 | RECONFIGURE=0   validators change in all or in none, rather than in each third
          MUTATION=name                   breaks a rule (docs/protocol.md names them)
          SLOW=ms                         names the seeds of recoveries that took longer
          TRACE=1                         one schedule only, with all that happens in it
        SCENARIO=file simulate            a text scenario (docs/scenarios.md)
        INCLUSION=1 simulate              pools that differ and primaries with favourites (rule 25)
        MUTATIONS=1 simulate              breaks each rule in turn; SCENARIOS=folder, Tests/Scenarios if not set
        TWINS=1 simulate                  a validator with two replicas, enumerated; ROUNDS=n SIDES=n TURN=n MINUTES=m
        FIGURES=1 simulate                what faulty primaries cost; HEIGHTS=n
        """

    private static let numbers = [
        "SEED", "REPLICAS", "LEDGER", "RECONFIGURE", "SLOW", "HEIGHTS", "ROUNDS", "SIDES", "TURN",
    ]

    /// What of the settings means nothing: a run with other settings than those meant would look like a proof.
    func problem(_ arguments: some Collection<String>) -> String? {
        if let argument = arguments.first { return "'\(argument)' is no setting: they stand in the environment" }
        for name in Environment.numbers {
            if let text = text(name), !text.isEmpty, UInt64(text) == nil { return "\(name) is a number, not '\(text)'" }
        }
        if let text = text("MINUTES"), !text.isEmpty, !(Double(text).map { $0.isFinite && $0 >= 0 } ?? false) {
            return "MINUTES is a number, not '\(text)'"
        }
        if let replicas = number("REPLICAS"), !(1...31).contains(replicas) { return "REPLICAS is 1 to 31" }
        if let name = text("MUTATION"), Mutation.named(name) == nil {
            return "no rule is called '\(name)'; there are \(Mutation.all.map(\.name).joined(separator: ", "))"
        }
        return nil
    }

    func text(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }

    /// What makes a schedule another one beside its seed, as it was given.
    var settings: [String] {
        ["REPLICAS", "RECONFIGURE", "MUTATION"].compactMap { name in text(name).map { "\(name)=\($0)" } }
    }

    func usesLedger(_ seed: UInt64) -> Bool { number("LEDGER").map { $0 > 0 } ?? Schedule.usesLedger(seed) }

    var isTraced: Bool { text("TRACE") != nil }

    /// `MINUTES`, which may be a fraction; one by default.
    var seconds: Double { (text("MINUTES").flatMap { Double($0) } ?? 1) * 60 }

    static func monotonicSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
