internal import ContractKit
internal import Contracts
internal import Governance
internal import Primitives

/// What comes together while a block executes.
struct BlockOutcome {
    let height: Height
    let time: UInt64
    var dropped: [Int] = []
    /// Where the epoch ends, if that is known.
    var boundary: Height?
    private(set) var transactions: [SignedTransaction] = []
    private var receipts: [Receipt] = []
    /// What the chain itself did: deadlines, and the end of the epoch.
    private var ownEvents: [Event] = []
    private var ownWork: UInt64 = 0
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

    mutating func addOwn(_ events: [Event], used: UInt64) {
        ownEvents += events
        ownWork += used
        for event in events {
            self.events.append(BlockEvent(event: event, account: AccountID(.zero), transaction: .zero))
        }
    }

    /// The receipts of the transactions, and behind them one under the zero id for what the chain itself did, so that its
    /// events can be proven as any other.
    func sealedReceipts() -> [Receipt] {
        guard !ownEvents.isEmpty else { return receipts }
        let receipt = Receipt(
            transaction: .zero,
            height: height,
            index: UInt64(receipts.count),
            status: .ok,
            events: ownEvents,
            used: ownWork
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
            droppedCount: dropped.count,
            boundary: boundary
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
