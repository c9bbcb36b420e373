internal import Foundation
internal import Glibc

/// What processes use, from /proc.
package enum ProcessTime {
    /// Microseconds of CPU time used so far, user and system, all threads and ended children; nil where there is no such
    /// process.
    package static func microseconds(of process: Int) -> UInt64? {
        text("\(process)/stat").flatMap { microseconds(inStat: $0, ticksPerSecond: ticksPerSecond) }
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
        text("thread-self/schedstat").flatMap { $0.split(separator: " ").first }.flatMap { UInt64($0) }
    }

    /// Microseconds of each group of threads by the threads' names. The scheduler's account is finer than ticks, which
    /// threads that sleep often hardly ever meet.
    static func threads(of process: Int) -> [String: UInt64] {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        var groups: [String: UInt64] = [:]
        for id in ids {
            guard let name = text("\(process)/task/\(id)/comm"),
                let account = text("\(process)/task/\(id)/schedstat")?.split(separator: " ").first,
                let nanoseconds = UInt64(account)
            else { continue }
            groups[ThreadGroup.name(of: name), default: 0] += nanoseconds / 1000
        }
        return groups
    }

    /// The figure behind a name in a file of lines `name: number`.
    package static func number(_ name: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            return UInt64(line.dropFirst(name.count + 1).filter(\.isNumber))
        }
        return nil
    }

    /// Bytes that the process caused to be written to disk.
    static func writtenBytes(of process: Int) -> UInt64? {
        text("\(process)/io").flatMap { number("write_bytes", in: $0) }
    }

    /// Resident memory now and at its highest, in bytes.
    static func memory(of process: Int) -> (now: UInt64, highest: UInt64)? {
        guard let text = text("\(process)/status"), let now = number("VmRSS", in: text),
            let highest = number("VmHWM", in: text)
        else { return nil }
        return (now << 10, highest << 10)
    }

    /// Lets the highest resident memory begin anew (proc(5), clear_refs); without effect on another's process.
    static func forgetHighestMemory(of process: Int) {
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(process)/clear_refs"))
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

    private static let ticksPerSecond = UInt64(sysconf(Int32(_SC_CLK_TCK)))

    private static func text(_ path: String) -> String? {
        try? String(contentsOfFile: "/proc/" + path, encoding: .utf8)
    }
}

/// Groups of a validator's threads in plain words.
package enum ThreadGroup {
    static let background = "background writing"

    /// By how the kernel shows the names: at most the last 15 bytes.
    private static let names: [(part: String, group: String)] = [
        ("engine", "engine"), ("peers", "peers"), ("journal", "journal"), ("execution", "execution"),
        ("joining", "joining"), ("crypto", "signatures"), ("reading", "reading"), ("rocksdb", background),
        ("SGLTN", "HTTP"),
        ("NIO-ELT", "network loops"), ("qos", "tasks"), ("akashi", "main"),
    ]

    package static func name(of thread: String) -> String {
        let thread = thread.trimmingCharacters(in: .whitespacesAndNewlines)
        return names.first { thread.contains($0.part) }?.group ?? thread
    }
}
