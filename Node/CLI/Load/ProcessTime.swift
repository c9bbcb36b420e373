internal import Foundation
internal import Glibc

/// The CPU time of processes, from /proc: user and system, all threads, ended children's included.
package enum ProcessTime {
    /// Microseconds used so far; nil where there is no such process.
    package static func microseconds(of process: Int) -> UInt64? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return nil }
        return microseconds(inStat: text, ticksPerSecond: UInt64(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Fields 14 to 17 of proc(5). The second field is the command in parentheses and may hold anything, so the count
    /// starts behind the last parenthesis.
    package static func microseconds(inStat text: String, ticksPerSecond: UInt64) -> UInt64? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 14, ticksPerSecond > 0 else { return nil }
        let ticks = fields[11...14].compactMap { UInt64($0) }
        guard ticks.count == 4 else { return nil }
        return ticks.reduce(0, +) * 1_000_000 / ticksPerSecond
    }

    /// The generator's own, in microseconds.
    static var own: UInt64 { microseconds(of: Int(getpid())) ?? 0 }

    /// CPU time of the calling thread in nanoseconds, by the scheduler's own account; nil where the kernel keeps none.
    static var threadNanoseconds: UInt64? {
        guard let text = try? String(contentsOfFile: "/proc/thread-self/schedstat", encoding: .utf8) else { return nil }
        return text.split(separator: " ").first.flatMap { UInt64($0) }
    }

    /// Resident memory in bytes.
    static func memory(of process: Int) -> UInt64? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return nil }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The process ids in the `pid` files of a test network's validators, by index.
    static func validators(in directory: String) -> [Int] {
        var processes: [Int] = []
        while let text = try? String(contentsOfFile: "\(directory)/validator-\(processes.count)/pid", encoding: .utf8),
            let process = Int(text.filter(\.isNumber))
        {
            processes.append(process)
        }
        return processes
    }
}
