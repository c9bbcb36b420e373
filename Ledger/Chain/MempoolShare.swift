internal import DequeModule
internal import Primitives

/// The places of one admitting validator: a queue in order of arrival, and what each account holds in it.
struct MempoolShare: Sendable {
    /// A place in the queue. It outlives a transaction that leaves from the middle, until the queue is compacted or
    /// the ticket comes up; the arrival tells whether it is still the transaction's own.
    struct Ticket: Sendable {
        let reference: Digest
        let arrival: UInt64
    }

    private struct Holding: Sendable {
        var count = 0
        var byteCount = 0
    }

    var tickets: Deque<Ticket> = []
    private(set) var count = 0
    private(set) var byteCount = 0
    private var holdings: [AccountID: Holding] = [:]

    /// The room of the account is asked for first: its answer is about the submitter alone.
    func checkRoom(for transaction: SignedTransaction, limits: Mempool.Limits) throws(Refusal) {
        let size = transaction.bytes.count
        let holding = holdings[transaction.account] ?? Holding()
        guard holding.count < limits.accountCount, holding.byteCount <= limits.accountByteCount - size else {
            throw Refusal(.quota, "the account has too many transactions waiting here")
        }
        guard count < limits.count, byteCount <= limits.byteCount - size else {
            throw Refusal(.busy, "this validator's places are taken")
        }
    }

    mutating func add(_ transaction: SignedTransaction, arrival: UInt64) {
        count += 1
        byteCount += transaction.bytes.count
        holdings[transaction.account, default: Holding()].count += 1
        holdings[transaction.account, default: Holding()].byteCount += transaction.bytes.count
        tickets.append(Ticket(reference: transaction.reference, arrival: arrival))
    }

    mutating func remove(_ transaction: SignedTransaction) {
        count -= 1
        byteCount -= transaction.bytes.count
        guard var holding = holdings[transaction.account] else { return }
        holding.count -= 1
        holding.byteCount -= transaction.bytes.count
        holdings[transaction.account] = holding.count > 0 ? holding : nil
    }

    /// Drops dead tickets once they are more than the live ones, so that the queue is bounded by the share, at a
    /// constant cost for each removal.
    mutating func compact(isLive: (Ticket) -> Bool) {
        guard tickets.count > 2 * count + 64 else { return }
        tickets.removeAll { !isLive($0) }
    }
}

/// The ids that were finished last, oldest forgotten first.
struct RecentIDs: Sendable {
    private let capacity: Int
    private var order: Deque<Digest> = []
    private var members: Set<Digest> = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    func contains(_ id: Digest) -> Bool { members.contains(id) }

    mutating func insert(_ id: Digest) {
        guard capacity > 0, members.insert(id).inserted else { return }
        order.append(id)
        if order.count > capacity, let oldest = order.popFirst() { members.remove(oldest) }
    }
}
