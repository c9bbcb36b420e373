import Consensus
import Simulator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `SEED=… MINUTES=… simulate`: random schedules from a seed on, for so many minutes. The last line counts them; the
/// first failing seed is printed, with its trace where `TRACE=1`, and the exit status is 1. `REPLICAS=…` fixes the first
/// n, `LEDGER=1` gives every schedule real ledgers and `LEDGER=0` none, rather than one in 256, `RECONFIGURE=1` changes the validators in every schedule and `RECONFIGURE=0` in none, rather than in each third,
/// `MUTATION=…` breaks a rule, `SLOW=…` names recoveries longer than so many ms. `SCENARIO=…` runs a text scenario,
/// `FIGURES=1` measures what faulty primaries cost.
/// `INCLUSION=1` runs schedules of pools that differ and primaries with favourites instead (rule 25). `MUTATIONS=1` breaks each
/// rule in turn, `TWINS=1` enumerates runs of a validator with two replicas.
@main
enum Simulate {
    static func main() {
        let environment = Environment()
        let first = environment.number("SEED") ?? 1
        if environment.text("MUTATIONS") != nil {
            let folder = environment.text("SCENARIOS") ?? "Tests/Scenarios"
            exit(MutationCommand.run(from: first, folder: folder) ? 0 : 1)
        }
        let mutation = environment.text("MUTATION").flatMap { Mutation.named($0) }
        if let path = environment.text("SCENARIO") {
            exit(ScenarioCommand.run(path, mutation, isTraced: environment.isTraced) ? 0 : 1)
        }
        if environment.text("INCLUSION") != nil {
            exit(InclusionCommand.run(from: first, mutation, environment) ? 0 : 1)
        }
        if environment.text("FIGURES") != nil { exit(FiguresCommand.run(mutation, environment) ? 0 : 1) }
        if environment.text("TWINS") != nil { exit(TwinsCommand.run(environment, mutation) ? 0 : 1) }
        if let violation = search(from: first, mutation, environment) {
            print(violation)
            exit(1)
        }
    }

    /// Runs schedules until one fails or the time is over; one only, if it is traced.
    private static func search(from first: UInt64, _ mutation: Mutation?, _ environment: Environment) -> String? {
        var tally = Tally()
        let begin = Environment.monotonicSeconds()
        var seed = first
        var found: String?
        repeat {
            let usesLedger = environment.usesLedger(seed)
            var schedule = Schedule(
                seed: seed,
                replicas: environment.number("REPLICAS").map { [Int(clamping: $0)] } ?? Schedule.replicas(of: seed),
                rules: mutation?.rules ?? SafetyRules(),
                hostMutations: mutation?.host ?? [],
                reconfigures: environment.number("RECONFIGURE").map { $0 > 0 },
                usesLedger: usesLedger,
                isTraced: environment.isTraced
            )
            let outcome = schedule.run()
            tally.add(outcome)
            for line in outcome.trace { print(line) }
            if environment.isTraced || outcome.recoveryMilliseconds > environment.number("SLOW") ?? .max {
                print("seed \(seed): recovered in \(outcome.recoveryMilliseconds) ms, \(outcome.views) views")
            }
            found = outcome.violation.map { violation in
                let replay = Replay(seed: seed, settings: environment.settings + ["LEDGER=\(usesLedger ? 1 : 0)"])
                return "\(violation)\n\(replay)"
            }
            seed &+= 1
        } while found == nil && !environment.isTraced && Environment.monotonicSeconds() - begin < environment.seconds
        print(tally.summary(seconds: Environment.monotonicSeconds() - begin))
        return found
    }
}

/// The command's settings.
struct Environment {
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
