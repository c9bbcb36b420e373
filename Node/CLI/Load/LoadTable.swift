/// The table of one run, or of several with their median and spread.
package struct LoadTable: Sendable {
    private let reports: [LoadReport]
    private var rows: [[String]] = []

    package init(_ reports: [LoadReport]) {
        self.reports = reports
        addRates()
        addCosts()
        addMachine()
        addOutcomes()
    }

    package var text: String {
        guard let first = reports.first else { return "" }
        let heads = reports.count > 1 ? reports.indices.map { "run \($0 + 1)" } + ["median", "spread"] : [""]
        let all = (reports.count > 1 ? [[""] + heads] : []) + rows
        let widths = (0...heads.count).map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 || reports.count == 1 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
        let title =
            "\(first.mode), \(first.mix), \(first.perRequest) per request, \(first.accounts) accounts, "
            + "\(first.validatorCount) validators, \(Int(first.seconds.rounded())) s, "
            + "\(first.signedCount > 0 ? first.byteCount / first.signedCount : 0) bytes per transaction"
        return ([title] + lines.map(LoadTable.withoutEnd) + reports.enumerated().map(bottleneck)).joined(
            separator: "\n"
        )
    }

    private func bottleneck(_ place: Int, _ report: LoadReport) -> String {
        (reports.count > 1 ? "run \(place + 1) " : "") + "held up by \(report.bottleneck)"
    }

    private static func withoutEnd(_ line: String) -> String {
        var line = line[...]
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    /// A row of one figure for each run; with several runs, its median and spread too.
    private mutating func add(_ name: String, _ places: Int, _ value: (LoadReport) -> Double) {
        let values = reports.map(value)
        var cells = [name] + values.map { LoadTable.decimal($0, places) }
        if reports.count > 1 {
            let known = values.filter(\.isFinite).sorted()
            cells.append(LoadTable.decimal(LoadTable.median(known), places))
            cells.append(known.isEmpty ? "-" : LoadTable.decimal(known[known.count - 1] - known[0], places))
        }
        rows.append(cells)
    }

    private mutating func addRates() {
        add("offered per second", 0, \.offeredPerSecond)
        add("committed per second", 0, \.committedPerSecond)
        add("latency p50, ms", 1) { $0.milliseconds(atPercentile: 50) }
        add("latency p95, ms", 1) { $0.milliseconds(atPercentile: 95) }
        add("latency p99, ms", 1) { $0.milliseconds(atPercentile: 99) }
        add("latency max, ms", 1) { $0.milliseconds(atPercentile: 100) }
        add("rest final after the sending, s", 1, \.drainSeconds)
        add("blocks per second", 1, \.blocksPerSecond)
        add("transactions in a block, p50", 0) { $0.batch(atPercentile: 50) }
        add("transactions in a block, max", 0) { $0.batch(atPercentile: 100) }
    }

    private mutating func addCosts() {
        add("verification (t_verify), µs", 1, \.verify)
        add("efficiency", 3, \.efficiency)
        add("CPU per transaction and validator, µs", 1, \.validatorMicrosecondsPerTransaction)
        for group in LoadTable.names(reports.flatMap { $0.validators.map(\.threads) }) {
            add("  threads: \(group)", 1) { report in report.perTransactionAndValidator { $0.threads[group] ?? 0 } }
        }
        for place in 0..<(reports.map(\.validators.count).max() ?? 0) {
            add("CPU of validator \(place), s", 2) { report in
                place < report.validators.count ? Double(report.validators[place].microseconds) / 1e6 : .nan
            }
        }
        add("written per transaction and validator, bytes", 0) { $0.perTransactionAndValidator(\.writtenBytes) }
        add("synced writes per transaction and validator", 3) { $0.perTransactionAndValidator(\.syncs) }
        add("synced writes per block and validator", 2) { report in
            report.perTransactionAndValidator(\.syncs) * Double(report.final) / Double(report.notes.blocks.count)
        }
        add("between validators per transaction, bytes", 0) { $0.perTransaction(\.sentBytes) }
        add("loopback per transaction, bytes", 0) { $0.final > 0 ? Double($0.loopbackBytes) / Double($0.final) : .nan }
        add("highest memory of a validator, MiB", 0) { report in
            report.validators.map { Double($0.highestMemory >> 20) }.max() ?? .nan
        }
    }

    private mutating func addMachine() {
        add("machine's processors busy, %", 0) { $0.machineBusyShare * 100 }
        add("generator's CPU, s", 2) { $0.generatorMicroseconds / 1e6 }
        add("generator's share of its processors, %", 0) { $0.generatorShare * 100 }
        add("left later than appointed p99, ms", 1) { $0.lateness(atPercentile: 99) }
        add("others' share while verification was timed, %", 0) { $0.verifyDisturbance * 100 }
    }

    private mutating func addOutcomes() {
        add("committed", 0) { Double($0.final) }
        for method in LoadTable.names(reports.map(\.methods)) {
            add("  \(method)", 0) { Double($0.methods[method] ?? 0) }
        }
        add("rejected", 0) { Double($0.refused) }
        add("failed in a contract", 0) { Double($0.failed) }
        add("lost", 0) { Double($0.lost) }
        for code in LoadTable.names(reports.map(\.notes.codes)) {
            add("  \(code)", 0) { Double($0.notes.codes[code] ?? 0) }
        }
        for answer in LoadTable.names(reports.map(\.notes.turnedAway)) {
            add("  answered \(answer)", 0) { Double($0.notes.turnedAway[answer] ?? 0) }
        }
    }

    private static func names<Value>(_ parts: [[String: Value]]) -> [String] {
        Set(parts.flatMap(\.keys)).sorted()
    }

    /// The middle value, or the mean of the two in the middle.
    package static func median(_ sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    package static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = Int64((value * scale).rounded())
        guard places > 0 else { return String(rounded) }
        let (whole, part) = rounded.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
        let digits = String(part)
        return (rounded < 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: places - digits.count) + digits
    }
}
