import Consensus
import Simulator

/// `FIGURES=1 HEIGHTS=… simulate`: what a silent, a slow and a favourites-picking primary cost, for four, seven and thirteen
/// validators, as the table of docs/protocol.md.
enum FiguresCommand {
    static func run(_ mutation: Mutation?, _ environment: Environment) -> Bool {
        print(
            "| Load | n | Faulty | Seconds for the blocks | Longest without a block | View changes | Longest wait | Throughput lost |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        var isSound = true
        for isLoaded in [false, true] {
            for replicas in [4, 7, 13] {
                var setting = Figures.Setting()
                setting.isLoaded = isLoaded
                setting.replicas = replicas
                setting.heights = environment.number("HEIGHTS") ?? 2000
                if let mutation { setting.rules = mutation.rules }
                isSound = rows(setting) && isSound
            }
        }
        return isSound
    }

    private static func rows(_ base: Figures.Setting) -> Bool {
        var reference = 0.0
        for fault in Figures.Fault.allCases {
            let most = Quorum(replicas: base.replicas).faults
            for faulty in fault == .none ? [0] : Set([1, most]).sorted() {
                var setting = base
                setting.fault = fault
                setting.faulty = faulty
                var figures = Figures(setting)
                let outcome = figures.run()
                if let violation = outcome.violation {
                    print("\(fault.rawValue) of \(base.replicas): \(violation)")
                    return false
                }
                if fault == .none { reference = outcome.rate }
                let lost = base.isLoaded && reference > 0 ? "\(Int((1 - outcome.rate / reference) * 100 + 0.5)) %" : "–"
                print(
                    "| \(base.isLoaded ? "full" : "light") | \(base.replicas) | \(faulty > 0 ? "\(faulty) " : "")\(fault.rawValue) "
                        + "| \(Int(outcome.seconds)) | \(tenths(outcome.gap)) s | \(outcome.views) "
                        + "| \(outcome.wait) sequences, \(tenths(outcome.waitSeconds)) s | \(lost) |"
                )
            }
        }
        return true
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int(value * 10 + 0.5)
        return "\(tenths / 10).\(tenths % 10)"
    }
}
