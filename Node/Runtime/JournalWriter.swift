internal import Consensus
internal import Ledger
internal import NIOPosix
internal import Primitives
internal import Storage
internal import Synchronization

/// Writes the replica's journal on a thread of its own, as many entries at a time as have gathered.
///
/// Everything is written in the order in which it was given, into the one log that also carries the blocks. A write that
/// somebody waits for is synced, and carries everything before it; a write that nobody waits for is not.
final class JournalWriter: Sendable {
    typealias Entry = JournalLog.Entry

    private struct Waiting {
        var entries: [Entry] = []
        var reached: [@Sendable () -> Void] = []
        var isScheduled = false
        var figures = JournalFigures()
    }

    private let log: JournalLog
    private let thread: NIOThreadPool
    private let end: EndSignal
    private let waiting = Mutex(Waiting())

    init(store: ChainStore, thread: NIOThreadPool, end: EndSignal) {
        log = JournalLog(store)
        self.thread = thread
        self.end = end
    }

    var figures: JournalFigures { waiting.withLock { $0.figures } }

    func append(_ entry: Entry) {
        waiting.withLock { $0.entries.append(entry) }
        schedule()
    }

    /// Calls back, on the journal's thread, once everything appended so far is durable.
    func sync(then reached: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.reached.append(reached) }
        schedule()
    }

    private func schedule() {
        let mustStart = waiting.withLock { waiting -> Bool in
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        guard mustStart else { return }
        thread.submit { state in
            if case .active = state { self.drain() }
        }
    }

    private func drain() {
        while true {
            let (entries, reached) = waiting.withLock { waiting -> ([Entry], [@Sendable () -> Void]) in
                defer {
                    waiting.entries = []
                    waiting.reached = []
                }
                if waiting.entries.isEmpty, waiting.reached.isEmpty { waiting.isScheduled = false }
                return (waiting.entries, waiting.reached)
            }
            guard !entries.isEmpty || !reached.isEmpty else { return }
            do throws(StorageError) {
                try log.write(entries, synced: !reached.isEmpty)
            } catch {
                // A validator that cannot write its journal may not vote: it stops.
                end.raise(.fault("the journal cannot be written: \(error)"))
                return
            }
            waiting.withLock { $0.figures.count(entries: entries.count, synced: !reached.isEmpty) }
            for callback in reached { callback() }
        }
    }
}

/// Figures of the journal for `/metrics`.
struct JournalFigures: Sendable {
    var entries: UInt64 = 0
    var writes: UInt64 = 0
    var syncs: UInt64 = 0

    mutating func count(entries: Int, synced: Bool) {
        self.entries += UInt64(entries)
        writes += 1
        syncs += synced ? 1 : 0
    }
}
