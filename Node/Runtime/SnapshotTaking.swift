internal import Ledger
internal import Primitives
internal import Synchronization

/// The store and the plan of one snapshot, and when progress was last told.
final class SnapshotTaking: Sendable {
    private static let progressInterval = Duration.seconds(5)

    private let store: Mutex<SnapshotStore?>
    let plan: Mutex<SnapshotPlan>
    private let told = Mutex(ContinuousClock.now)

    init(_ store: SnapshotStore, sources: [Int]) {
        plan = Mutex(SnapshotPlan(store.tasks, sources: sources))
        self.store = Mutex(store)
    }

    func withStore<Result: Sendable>(_ body: (inout SnapshotStore) throws -> Result) throws -> Result {
        try store.withLock { store in
            guard var open = store.take() else { throw CancellationError() }
            defer { store = open }
            return try body(&open)
        }
    }

    /// A thread may hold on to its last piece of work: the database is closed all the same.
    func close() { store.withLock { $0 = nil } }

    var isDone: Bool { plan.withLock { $0.isDone } }

    var isToTell: Bool {
        told.withLock { told in
            guard ContinuousClock.now - told >= SnapshotTaking.progressInterval else { return false }
            told = .now
            return true
        }
    }
}

/// A source says that it does not have what it offered.
struct WithheldError: Error {}

extension SnapshotStore {
    /// - Throws: `UnprovenError` for an answer that is not what was asked for; `WithheldError`; a fault of this machine.
    mutating func take(
        _ answer: [UInt8],
        of task: SnapshotTask,
        _ height: Height,
        _ limits: PeerLimits
    ) throws -> [SnapshotTask]? {
        switch (task, try? SnapshotMessage(decoding: answer, limits: limits)) {
        case (.state, .part(height, task, let part)?):
            guard let part else { throw WithheldError() }
            return try take(part, for: task)
        case (.blocks, .blocks(height, task, let blocks)?):
            guard !blocks.isEmpty else { throw WithheldError() }
            return try take(blocks, for: task)
        default: throw UnprovenError("it answers another question")
        }
    }
}
