import Simulator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `SEED=… MINUTES=… simulate`: random schedules from a seed on, for so many minutes. The last line counts them; the
/// first failing seed is printed, with its trace where `TRACE=1`, and the exit status is 1.
@main
enum Simulate {
    static func main() {
        let environment = Environment()
        let first = environment.number("SEED") ?? 1
        let seconds = environment.seconds
        var tally = Tally()
        let begin = Environment.monotonicSeconds()
        var seed = first
        repeat {
            var schedule = Schedule(seed: seed, isTraced: environment.isTraced)
            let outcome = schedule.run()
            tally.add(outcome)
            if let violation = outcome.violation {
                for line in outcome.trace { print(line) }
                print("seed \(seed): \(violation)")
                print(tally.summary(seconds: Environment.monotonicSeconds() - begin))
                exit(1)
            }
            seed &+= 1
        } while environment.isTraced == false && Environment.monotonicSeconds() - begin < seconds
        print(tally.summary(seconds: Environment.monotonicSeconds() - begin))
    }
}

/// The command's settings.
struct Environment {
    func text(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }

    var isTraced: Bool { text("TRACE") != nil }

    /// `MINUTES`, which may be a fraction; one by default.
    var seconds: Double { (text("MINUTES").flatMap { Double($0) } ?? 1) * 60 }

    static func monotonicSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
