import Consensus
import Simulator

/// `INCLUSION=1 SEED=… MINUTES=… simulate`: random schedules of rule 25, for so many minutes.
enum InclusionCommand {
    /// False if something was violated.
    static func run(from first: UInt64, _ mutation: Mutation?, _ environment: Environment) -> Bool {
        var seed = first
        var totals = InclusionTally()
        var found: String?
        let begin = Environment.monotonicSeconds()
        repeat {
            var schedule = InclusionSchedule(
                seed: seed,
                rules: mutation?.rules ?? .init(),
                hostMutations: mutation?.host ?? [],
                isTraced: environment.isTraced
            )
            let outcome = schedule.run()
            totals.add(outcome)
            for line in outcome.trace { print(line) }
            found = outcome.violation.map { "seed \(seed): \($0)" }
            seed &+= 1
        } while found == nil && !environment.isTraced && Environment.monotonicSeconds() - begin < environment.seconds
        print(totals.summary)
        if let found { print(found) }
        return found == nil
    }
}
