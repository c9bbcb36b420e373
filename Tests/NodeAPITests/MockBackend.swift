import LedgerCrypto
import NodeRuntime
import Primitives
import Synchronization

/// A node that answers what a test tells it to, and remembers what it was asked.
final class MockBackend: NodeBackend {
    struct State {
        var submitted: [[UInt8]] = []
        var waited: [[Digest]] = []
        var questions: [QueryQuestion] = []
        var feedRequests: [(cursor: EventCursor?, filter: EventFilter)] = []
        /// What becomes of a transaction, by its place among those submitted together.
        var answer: @Sendable (Int, Digest) -> (TransactionStatus, isOverload: Bool) = { _, _ in
            (TransactionStatus(.pending), false)
        }
        var statuses: [Digest: TransactionStatus] = [:]
        var afterWaiting = TransactionStatus(.pending)
        var blocks: [Height: BlockView] = [:]
        var accounts: [AccountID: AccountView] = [:]
        var proofs: [ProofQuestion: [UInt8]] = [:]
        var coseReceipts: [Digest: [UInt8]] = [:]
        var queryAnswer: Result<QueryAnswer, BackendError> = .failure(
            BackendError(.invalid, code: "SCHEMA", message: "nothing is set")
        )
        var rows: [[UInt8]: RowView] = [:]
        var versions: Result<RowVersions, BackendError> = .failure(
            BackendError(.gone, code: "PRUNED", message: "nothing is set")
        )
        var versionRequests: [(key: [UInt8], through: Height?, limit: Int)] = []
        var isReady = true
        var certified = Height(7)
        var batches: [EventBatch] = []
        /// How the feed ends once the batches are through; nil keeps it open.
        var feedEnd: FeedEnd?
        /// Repeats the batches without end, for readers that do not keep up.
        var repeatsForEver = false
    }

    let state: Mutex<State>
    /// One element whenever a feed is let go.
    let endedFeeds: AsyncStream<Void>
    private let feedEnded: AsyncStream<Void>.Continuation

    init(_ prepare: (inout State) -> Void = { _ in }) {
        var initial = State()
        prepare(&initial)
        state = Mutex(initial)
        (endedFeeds, feedEnded) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(64))
    }

    func submit(_ transactions: [[UInt8]]) async -> [SubmissionAnswer] {
        state.withLock { state in
            state.submitted += transactions
            return transactions.enumerated().map { index, bytes in
                let id = SHA256Function.digest(of: bytes)
                let (status, isOverload) = state.answer(index, id)
                return SubmissionAnswer(id: id, reference: id, status: status, isOverload: isOverload)
            }
        }
    }

    func statuses(of ids: [Digest]) async -> [TransactionStatus] {
        state.withLock { state in ids.map { state.statuses[$0] ?? TransactionStatus(.unknown) } }
    }

    func waitFinal(_ ids: [Digest], until deadline: ContinuousClock.Instant) async -> [TransactionStatus] {
        state.withLock { state in
            state.waited.append(ids)
            return ids.map { _ in state.afterWaiting }
        }
    }

    func proof(of subject: ProofQuestion) async throws(BackendError) -> [UInt8]? {
        state.withLock { $0.proofs[subject] }
    }

    func coseReceipt(of id: Digest) async throws(BackendError) -> [UInt8]? { state.withLock { $0.coseReceipts[id] } }

    func block(at height: Height) async throws(BackendError) -> BlockView? { state.withLock { $0.blocks[height] } }

    func account(_ id: AccountID) async throws(BackendError) -> AccountView? { state.withLock { $0.accounts[id] } }

    func row(_ key: [UInt8], at height: Height?) async throws(BackendError) -> RowView {
        let row = state.withLock { $0.rows[key] } ?? RowView(height: Height(7), value: nil, since: nil)
        guard let height, height != row.height else { return row }
        throw BackendError(.notFound, code: "HEIGHT", message: "height \(height.number) is not there yet")
    }

    func versions(of key: [UInt8], through height: Height?, limit: Int) async throws(BackendError) -> RowVersions {
        let result = state.withLock { state in
            state.versionRequests.append((key, height, limit))
            return state.versions
        }
        return try result.get()
    }

    func query(_ question: QueryQuestion) async throws(BackendError) -> QueryAnswer {
        let result = state.withLock { state in
            state.questions.append(question)
            return state.queryAnswer
        }
        return try result.get()
    }

    func events(after cursor: EventCursor?, filter: EventFilter) async throws(BackendError) -> EventFeed {
        let (batches, end, repeats) = state.withLock { state in
            state.feedRequests.append((cursor, filter))
            return (state.batches, state.feedEnd, state.repeatsForEver)
        }
        let position = Mutex(0)
        let ended = feedEnded
        // Ends the wait of a feed that stays open when its reader goes away.
        let (silence, _) = AsyncStream.makeStream(of: Never.self)
        let release = Release { ended.yield(()) }
        return EventFeed {
            defer { withExtendedLifetime(release) {} }
            let next = position.withLock { position in
                defer { position += 1 }
                return repeats && !batches.isEmpty ? position % batches.count : position
            }
            if next < batches.count { return batches[next] }
            if let end { throw end }
            for await _ in silence {}
            return nil
        }
    }

    func nodeStatus() async -> NodeStatus {
        NodeStatus(
            index: 2,
            height: Height(9),
            view: 3,
            primary: 3,
            stateRoot: Digest(repeating: 5),
            certifiedHeight: state.withLock { $0.certified },
            peers: 3,
            votes: true
        )
    }

    func validators() async -> [ValidatorView] {
        guard let key = PublicKey([2] + Digest(repeating: 9).bytes) else { return [] }
        return [
            ValidatorView(
                index: 0,
                organisation: "city",
                address: "127.0.0.1:7200",
                key: key,
                pin: Digest(repeating: 4),
                isConnected: true,
                isContested: false
            )
        ]
    }

    func metrics() async -> [MetricFamily] {
        [MetricFamily("akashi_height", help: "The last executed height.", kind: .gauge, number: 9)]
    }

    var isReady: Bool { get async { state.withLock { $0.isReady } } }

    var genesis: [UInt8] { [0xA1, 1, 2] }
}

/// Calls back when the last holder lets go.
private final class Release: Sendable {
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) { self.action = action }

    deinit { action() }
}

extension Digest {
    init(repeating byte: UInt8) {
        let word = UInt64(byte) &* 0x0101_0101_0101_0101
        self.init(words: (word, word, word, word))
    }
}
