import Consensus
import Simulator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Random schedules from a seed on, for so many minutes; or what else its settings say (`--help`). The last line counts the
/// schedules; the first failing seed is printed, with its trace where `TRACE=1`, and the exit status is 1.
@main
enum Simulate {
    static func main() {
        let environment = Environment()
        if CommandLine.arguments.contains("--help") { return print(Environment.usage) }
        if let problem = environment.problem(CommandLine.arguments.dropFirst()) {
            print("simulate: \(problem)\n\n\(Environment.usage)")
            exit(2)
        }
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
