internal import Foundation

/// What the machine as a whole does: its processors, and its loopback interface.
package struct MachineUse: Sendable {
    /// Ticks of all processors, and those of them in which they did something.
    var ticks: UInt64 = 0
    var busyTicks: UInt64 = 0
    var loopbackBytes: UInt64 = 0

    static var now: MachineUse {
        var use = MachineUse(stat: (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? "")
        let path = "/sys/class/net/lo/statistics/tx_bytes"
        let bytes = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        use.loopbackBytes = UInt64(bytes.filter(\.isNumber)) ?? 0
        return use
    }

    /// The first line of /proc/stat (proc(5)): user, nice, system, idle, waiting for disk, interrupts, stolen.
    package init(stat text: String) {
        let line = text.split(separator: "\n").first ?? ""
        let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
        guard fields.count == 8 else { return }
        ticks = fields.reduce(0, +)
        busyTicks = ticks - fields[3] - fields[4]
    }

    /// The share of all processors' time since an earlier moment in which they did something.
    package func busyShare(since earlier: MachineUse) -> Double {
        guard ticks > earlier.ticks else { return .nan }
        return Double(busyTicks - min(earlier.busyTicks, busyTicks)) / Double(ticks - earlier.ticks)
    }

    /// Waits until the machine has hardly anything to do, for so long at most.
    static func waitUntilQuiet(seconds: Int) async {
        let end = ContinuousClock.now + .seconds(seconds)
        var before = MachineUse.now
        while ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(500))
            let after = MachineUse.now
            if after.busyShare(since: before) < 0.2 { return }
            before = after
        }
    }

    /// The processors that this process may use, by number; lists like `0-3,8` (proc(5), Cpus_allowed_list).
    static var allowed: [Int] {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        return line.map { processors(in: $0.dropFirst("Cpus_allowed_list:".count)) } ?? []
    }

    package static func processors(in list: some StringProtocol) -> [Int] {
        list.split { $0 == "," || $0.isWhitespace }.flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 4096 else { return [] }
            return Array(first...last)
        }
    }
}
