package import Primitives

/// Everything that the HTTP edge needs from a node, and the only door between the two rooms.
///
/// The calls are made per request, never per transaction: what comes as a batch crosses as a batch. None of them
/// blocks a thread of the cooperative pool, and each one has an answer for being overloaded.
package protocol NodeBackend: Sendable {
    /// Admits signed transactions and answers each, in order and in the same number.
    ///
    /// The bytes have their signature in its low form already. `pending` means admitted and gossiped; a transaction
    /// that is known from before answers with the status that it has.
    func submit(_ transactions: [[UInt8]]) async -> [SubmissionAnswer]

    /// The statuses of transactions, in the order of `ids`.
    func statuses(of ids: [Digest]) async -> [TransactionStatus]

    /// As `statuses(of:)`, but waits until none of them is pending, or until the deadline.
    ///
    /// Returns early when the surrounding task is cancelled, which it is when the client hangs up.
    func waitFinal(_ ids: [Digest], until deadline: ContinuousClock.Instant) async -> [TransactionStatus]

    /// A proof file; nil where what is to be proven is not known or not final.
    func proof(of subject: ProofQuestion) async throws(BackendError) -> [UInt8]?

    /// This validator's COSE receipt of a final transaction; nil where the transaction is not final or not known.
    func coseReceipt(of id: Digest) async throws(BackendError) -> [UInt8]?

    /// A certified block; nil above the certified height. A block that is pruned is `gone`.
    func block(at height: Height) async throws(BackendError) -> BlockView?

    /// An account as of the last certified block; nil where there is none.
    func account(_ id: AccountID) async throws(BackendError) -> AccountView?

    /// Asks a contract, as of a height or of the last certified block. Arguments and answer are CBOR maps.
    func query(_ question: QueryQuestion) async throws(BackendError) -> QueryAnswer

    /// What the state held under a key after a height, or after the last certified one.
    func row(_ key: [UInt8], at height: Height?) async throws(BackendError) -> RowView

    /// What it held from a height downwards, the newest version first: a page of so many versions at most.
    func versions(
        of key: [UInt8],
        through height: Height?,
        limit: Int
    ) async throws(BackendError) -> RowVersions

    /// Events of certified blocks after the cursor, or from now on without one: block by block, oldest first.
    ///
    /// The buffer behind the feed is bounded. A reader who lets it fill up is dropped: the feed ends with
    /// `FeedEnd.slowConsumer`, and the reader resumes with its cursor when it can.
    func events(after cursor: EventCursor?, filter: EventFilter) async throws(BackendError) -> EventFeed

    /// What `akashi status` and `testnet/status` show.
    func nodeStatus() async -> NodeStatus

    /// The validators of the present epoch, by index.
    func validators() async -> [ValidatorView]

    /// All figures that `/metrics` shows, in a stable order and with bounded labels.
    func metrics() async -> [MetricFamily]

    /// True once the node has recovered, follows the chain, and admits transactions.
    var isReady: Bool { get async }

    /// The bytes of the genesis file.
    var genesis: [UInt8] { get }
}

/// What a proof file is wanted of.
package enum ProofQuestion: Hashable, Sendable {
    /// A transaction with its receipt.
    case transaction(Digest)
    /// The receipt of a transaction alone.
    case receipt(Digest)
    /// An event, by its place in feeds.
    case event(EventCursor)
    /// What the state held under a key after a height, or after the last certified one, be it a value or nothing.
    case state(key: [UInt8], at: Height?)
}

/// Why the node cannot answer. Codes are stable words in capitals, as those of contracts are.
package struct BackendError: Error, Equatable, Sendable {
    /// What the caller should do about it; the HTTP edge maps it to a status.
    package enum Kind: Equatable, Sendable {
        /// The question is wrong and will be wrong again.
        case invalid
        /// There is no such thing, or not yet.
        case notFound
        /// It was there, and is not kept here any more.
        case gone
        /// A contract refuses to answer.
        case refused
        /// Overloaded, starting or stopping: worth another try after so many seconds.
        case unavailable(retryAfterSeconds: Int)
        /// A fault of this node.
        case fault
    }

    package var kind: Kind
    package var code: String
    package var message: String

    package init(_ kind: Kind, code: String, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }
}
