internal import AkashiClient

/// What one validator has used up to a moment, or between two.
package struct ValidatorUse: Sendable {
    package init() {}

    /// CPU time, user and system, all threads.
    package var microseconds: UInt64 = 0
    package var threads: [String: UInt64] = [:]
    package var writtenBytes: UInt64 = 0
    /// Writes of the journal that were synced; each makes durable whatever blocks were written before it.
    package var syncs: UInt64 = 0
    /// Frames to other validators, before TLS.
    package var sentBytes: UInt64 = 0
    /// Resident, at the moment itself.
    package var memory: UInt64 = 0
    package var highestMemory: UInt64 = 0

    /// Of the process, and of its metrics where it answers; nil where there is no such process.
    static func now(of process: Int, at url: String?) async -> ValidatorUse? {
        guard let microseconds = ProcessTime.microseconds(of: process) else { return nil }
        var use = ValidatorUse()
        use.microseconds = microseconds
        use.threads = ProcessTime.threads(of: process)
        use.writtenBytes = ProcessTime.writtenBytes(of: process) ?? 0
        if let memory = ProcessTime.memory(of: process) { (use.memory, use.highestMemory) = memory }
        if let url, let text = try? await NodeClient([url]).metrics() {
            use.syncs = sum(of: "akashi_journal_syncs_total", in: text)
            use.sentBytes = sum(of: "akashi_peer_sent_bytes_total", in: text)
        }
        return use
    }

    /// The sum over a family's samples.
    package static func sum(of family: String, in text: String) -> UInt64 {
        text.split(separator: "\n").reduce(0) { sum, line in
            guard line.hasPrefix(family), let end = line.lastIndex(of: " ") else { return sum }
            let name = line[..<end]
            guard name.count == family.count || name.dropFirst(family.count).first == "{" else { return sum }
            return sum + (Double(line[line.index(after: end)...]).flatMap { UInt64(exactly: $0.rounded()) } ?? 0)
        }
    }

    /// What was used since an earlier moment; memory is that of this one. Nil where counters went back, because the
    /// process is another one.
    package func since(_ earlier: ValidatorUse) -> ValidatorUse? {
        guard microseconds >= earlier.microseconds, writtenBytes >= earlier.writtenBytes, syncs >= earlier.syncs,
            sentBytes >= earlier.sentBytes
        else { return nil }
        var use = self
        use.microseconds -= earlier.microseconds
        use.writtenBytes -= earlier.writtenBytes
        use.syncs -= earlier.syncs
        use.sentBytes -= earlier.sentBytes
        // Threads of a group may have ended meanwhile, and taken their account with them.
        for (name, before) in earlier.threads {
            let after = threads[name] ?? before
            use.threads[name] = after - min(before, after)
        }
        return use
    }
}
