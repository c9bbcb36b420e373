import Consensus
import Simulator

/// `TWINS=1 ROUNDS=… SIDES=… TURN=… MINUTES=… simulate`: all runs of so many rounds in which one of four validators has a
/// twin, or as many as there is time for, and how many that is in an hour.
enum TwinsCommand {
    /// False if something was violated.
    static func run(_ environment: Environment, _ mutation: Mutation?) -> Bool {
        var settings = Twins.Settings()
        settings.rounds = Int(clamping: environment.number("ROUNDS") ?? 3)
        settings.sides = min(5, max(2, Int(clamping: environment.number("SIDES") ?? 2)))
        settings.turn = environment.number("TURN") ?? 1
        settings.checksProgress = environment.text("AGREEMENT") == nil
        if let mutation { settings.rules = mutation.rules }
        var twins = Twins(settings)
        let begin = Environment.monotonicSeconds()
        let limit = environment.seconds
        twins.run { Environment.monotonicSeconds() - begin < limit }
        let seconds = Environment.monotonicSeconds() - begin
        let hourly = seconds > 0 ? Int(Double(twins.scenarios) / seconds * 3600) : 0
        print(
            "twins: \(twins.scenarios) of \(twins.total) runs of \(settings.rounds) rounds, \(hourly) in an hour, "
                + "\(twins.steps) steps counted from each run's beginning"
        )
        if let violation = twins.violation { print(violation) }
        return twins.violation == nil
    }
}
