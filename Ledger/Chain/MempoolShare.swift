internal import DequeModule
internal import Primitives

/// The places of one admitting validator: a queue in order of arrival, and what each account holds in it.
struct MempoolShare: Sendable {
    private struct Holding: Sendable {
        var count = 0
        var byteCount = 0

        mutating func add(_ size: Int) {
            count += 1
            byteCount += size
        }
    }

    /// A ticket outlives a transaction that leaves from the middle, until the queue is compacted or it comes up.
    var tickets: Deque<MempoolTicket> = []
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

    mutating func add(_ transaction: SignedTransaction, _ ticket: MempoolTicket) {
        count += 1
        byteCount += transaction.bytes.count
        holdings[transaction.account, default: Holding()].add(transaction.bytes.count)
        tickets.append(ticket)
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
    mutating func compact(isLive: (MempoolTicket) -> Bool) {
        guard tickets.count > 2 * count + 64 else { return }
        tickets.removeAll { !isLive($0) }
    }
}
