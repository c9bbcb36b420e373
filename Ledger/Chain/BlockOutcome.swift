internal import ContractKit
internal import Contracts
internal import Governance
internal import Primitives

/// What comes together while a block executes.
struct BlockOutcome {
    let height: Height
    let time: UInt64
    var dropped: [Int] = []
    private(set) var transactions: [SignedTransaction] = []
    private var receipts: [Receipt] = []
    private var deadlineEvents: [Event] = []
    private var deadlineWork: UInt64 = 0
    private var events: [BlockEvent] = []

    init(height: Height, time: UInt64) {
        self.height = height
        self.time = time
    }

    mutating func add(_ transaction: SignedTransaction, _ status: Receipt.Status, _ events: [Event], used: UInt64) {
        let receipt = Receipt(
            transaction: transaction.id,
            height: height,
            index: UInt64(receipts.count),
            status: status,
            events: events,
            used: used
        )
        transactions.append(transaction)
        receipts.append(receipt)
        for event in events {
            self.events.append(BlockEvent(event: event, account: transaction.account, transaction: transaction.id))
        }
    }

    mutating func addDeadlines(_ events: [Event], used: UInt64) {
        deadlineEvents = events
        deadlineWork = used
        for event in events {
            self.events.append(BlockEvent(event: event, account: AccountID(.zero), transaction: .zero))
        }
    }

    /// The receipts of the transactions, and behind them one under the zero id for what deadlines did, so that their
    /// events can be proven as any other.
    func sealedReceipts() -> [Receipt] {
        guard !deadlineEvents.isEmpty else { return receipts }
        let receipt = Receipt(
            transaction: .zero,
            height: height,
            index: UInt64(receipts.count),
            status: .ok,
            events: deadlineEvents,
            used: deadlineWork
        )
        return receipts + [receipt]
    }

    func block(_ header: Header, receipts: [Receipt], changes: [StateChange]) -> ExecutedBlock {
        ExecutedBlock(
            header: header,
            headerDigest: header.digest,
            transactions: transactions,
            receipts: receipts,
            events: events,
            changedAccounts: changes.compactMap { AccountRows.account(of: $0.key) },
            changedRowCount: changes.count,
            droppedCount: dropped.count
        )
    }
}

/// Which rows of the state are accounts.
enum AccountRows {
    private static let prefix = Governance.stateKey(ofAccount: .unset).prefix(2)

    static func account(of key: StateKey) -> AccountID? {
        guard key.count == 2 + Digest.byteCount, key.prefix(2) == prefix else { return nil }
        return Digest(key.dropFirst(2)).map { AccountID($0) }
    }
}
