import Foundation

/// What the ledger costs in CPU, without network and consensus: `swift run -c release ledger-benchmark …`
///
/// - `[KEYS …]`: the state, at growing numbers of keys
/// - `execute [TRANSACTIONS]`: whole blocks
/// - `join [ROWS]`: a snapshot, beside copying the bytes
/// - `soak [KEYS]`: a chain of ten thousand keys and more, a tenth as many transactions, and what grows with it
@main
enum LedgerBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.compactMap { Int($0) }
        switch arguments.first {
        case "execute":
            try ExecutionBenchmark.run(transactionsPerBlock: numbers.first ?? 1000)
        case "join":
            try JoinBenchmark.run(rowCount: numbers.first ?? 1_000_000)
        case "soak":
            let keyCount = numbers.first ?? 10_000_000
            try withScratchDirectory { try Soak(in: $0).run(upTo: keyCount) }
        default:
            try StateBenchmark.run(keyCounts: numbers.isEmpty ? [10_000, 100_000, 1_000_000] : numbers)
        }
    }
}

/// User and system time of the process, all threads, or of this thread alone.
func cpuMicroseconds(ofThread: Bool = false) -> Double {
    var usage = rusage()
    // RUSAGE_THREAD is 1; the C header hides it from Swift.
    let who = ofThread ? 1 : __rusage_who_t(RUSAGE_SELF.rawValue)
    guard unsafe getrusage(who, &usage) == 0 else { return 0 }
    func microseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1_000_000 + Double(time.tv_usec) }
    return microseconds(usage.ru_utime) + microseconds(usage.ru_stime)
}

/// A directory of its own for a database, removed afterwards.
func withScratchDirectory(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "akashi-benchmark-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
}

func byteCount(ofDirectory path: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { total, name in
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return total + (attributes[.size] as? Int ?? 0)
    }
}

/// Prints a line at once, also into a file.
func show(_ line: String) {
    print(line)
    fflush(nil)
}

func format(_ number: Double) -> String { String(format: "%.2f", number) }

extension String {
    func padded(_ count: Int) -> String { padding(toLength: count, withPad: " ", startingAt: 0) }
}
