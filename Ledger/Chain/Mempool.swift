internal import DequeModule
package import Primitives

/// Admitted transactions that wait to be ordered.
///
/// Each admitting validator has a share of places of its own, and each account a quota within a share, so that no
/// validator and no account can crowd out others, and the answer "full" comes from one's own share only (rule 25 of
/// the protocol). Batches take from the shares in turn, and from each in order of arrival.
package struct Mempool: Sendable {
    /// Bounds of one share; the pool holds at most that many times the number of shares.
    package struct Limits: Hashable, Sendable {
        package var count = 16_384
        package var byteCount = 32 << 20
        package var accountCount = 4096
        package var accountByteCount = 8 << 20
        /// How many finished ids are remembered, over all shares.
        package var recentCount = 65_536

        package init() {}
    }

    /// What one batch may hold.
    package struct BatchLimits: Hashable, Sendable {
        package var count: Int
        package var byteCount: Int

        package init(count: Int, byteCount: Int) {
            self.count = count
            self.byteCount = byteCount
        }
    }

    private struct Entry {
        let transaction: SignedTransaction
        let share: Int
        let arrival: UInt64
        /// The sequence of the proposal that holds it; nil while it waits.
        var sequence: UInt64?
        /// Whether the share's queue still has its ticket.
        var isQueued = true
    }

    private let limits: Limits
    private var shares: [MempoolShare]
    private var entries: [Digest: Entry] = [:]
    private var references: [Digest: Digest] = [:]
    private var inFlight: [UInt64: Set<Digest>] = [:]
    private var expiries: [UInt64: Set<Digest>] = [:]
    private var recent: RecentIDs
    private var arrivals: UInt64 = 0
    private var turn = 0

    package init(shares: Int, limits: Limits = Limits()) {
        precondition(shares > 0, "a pool needs a validator")
        self.limits = limits
        self.shares = [MempoolShare](repeating: MempoolShare(), count: shares)
        self.recent = RecentIDs(capacity: limits.recentCount)
    }

    // MARK: Looking

    package var count: Int { entries.count }

    package var byteCount: Int { shares.reduce(0) { $0 + $1.byteCount } }

    package func count(ofShare share: Int) -> Int { shares.indices.contains(share) ? shares[share].count : 0 }

    /// How many could be taken now: neither proposed nor ordered.
    package var waitingCount: Int { entries.count - inFlight.values.reduce(0) { $0 + $1.count } }

    /// The tickets in all queues, dead ones included: bounded by twice the places.
    package var queueLength: Int { shares.reduce(0) { $0 + $1.tickets.count } }

    package subscript(reference: Digest) -> SignedTransaction? { entries[reference]?.transaction }

    package func reference(ofID id: Digest) -> Digest? { references[id] }

    /// Whether an id waits here or was finished lately.
    package func isKnown(id: Digest) -> Bool { references[id] != nil || recent.contains(id) }

    // MARK: Coming in

    /// Whether there is room, before the signature is verified: the answer of the submitter's own share.
    package func checkRoom(for transaction: SignedTransaction, share: Int) throws(Refusal) {
        guard shares.indices.contains(share) else { throw Refusal(.busy, "not a validator's share") }
        guard !isKnown(id: transaction.id) else { throw Refusal(.replay, "the transaction is known already") }
        try shares[share].checkRoom(for: transaction, limits: limits)
    }

    /// Gives a verified transaction a place in the share of the validator that admitted it.
    package mutating func insert(_ transaction: SignedTransaction, share: Int) throws(Refusal) {
        try checkRoom(for: transaction, share: share)
        arrivals += 1
        entries[transaction.reference] = Entry(transaction: transaction, share: share, arrival: arrivals)
        references[transaction.id] = transaction.reference
        expiries[transaction.validUntil.number, default: []].insert(transaction.reference)
        shares[share].add(transaction, arrival: arrivals)
    }

    // MARK: Proposing

    /// Takes a batch for a sequence: one of each share in turn, starting one share further each time.
    package mutating func take(_ batch: BatchLimits, for sequence: UInt64) -> [SignedTransaction] {
        var taken: [SignedTransaction] = []
        var byteCount = 0
        var open = (0..<shares.count).map { (turn + $0) % shares.count }
        turn = (turn + 1) % shares.count
        while !open.isEmpty {
            var next: [Int] = []
            for share in open where taken.count < batch.count {
                guard let transaction = takeFirst(of: share, atMost: batch.byteCount - byteCount, for: sequence) else {
                    continue
                }
                taken.append(transaction)
                byteCount += transaction.bytes.count
                next.append(share)
            }
            open = next
        }
        return taken
    }

    private mutating func takeFirst(of share: Int, atMost byteCount: Int, for sequence: UInt64) -> SignedTransaction? {
        while let ticket = shares[share].tickets.first {
            guard let entry = entries[ticket.reference], entry.arrival == ticket.arrival else {
                shares[share].tickets.removeFirst()
                continue
            }
            if entry.sequence == nil, entry.transaction.bytes.count > byteCount { return nil }
            shares[share].tickets.removeFirst()
            entries[ticket.reference]?.isQueued = false
            guard entry.sequence == nil else { continue }
            entries[ticket.reference]?.sequence = sequence
            inFlight[sequence, default: []].insert(ticket.reference)
            return entry.transaction
        }
        return nil
    }

    /// Marks what another primary proposed, so that this node does not propose it too.
    package mutating func reserve(_ references: [Digest], for sequence: UInt64) {
        for reference in references where entries[reference] != nil && entries[reference]?.sequence == nil {
            entries[reference]?.sequence = sequence
            inFlight[sequence, default: []].insert(reference)
        }
    }

    /// Gives back what a proposal held that will not be ordered.
    package mutating func release(sequence: UInt64) { release { $0 == sequence } }

    /// After a view change: nothing above the height is proposed any more.
    package mutating func release(above height: Height) { release { $0 > height.number } }

    /// Puts what the sequences held back to the front of the queues, in order of arrival.
    private mutating func release(where isReleased: (UInt64) -> Bool) {
        var released: Set<Digest> = []
        for sequence in inFlight.keys.filter(isReleased) {
            released.formUnion(inFlight.removeValue(forKey: sequence) ?? [])
        }
        for reference in sorted(released).reversed() {
            guard let entry = entries[reference] else { continue }
            entries[reference]?.sequence = nil
            if !entry.isQueued {
                entries[reference]?.isQueued = true
                shares[entry.share].tickets.prepend(MempoolShare.Ticket(reference: reference, arrival: entry.arrival))
            }
        }
    }

    // MARK: Going out

    /// Removes what a block executed, whichever copy of it this pool holds, gives back whatever else proposals up to
    /// that height held, and drops what can no longer be ordered. Returns the ids of those that expired.
    package mutating func finish(_ ids: [Digest], at height: Height) -> [Digest] {
        for id in ids {
            recent.insert(id)
            if let reference = references[id] { remove(reference) }
        }
        release { $0 <= height.number }
        return expire(at: height)
    }

    /// Removes one transaction, for instance because its account lost its key.
    package mutating func remove(reference: Digest) { remove(reference) }

    private mutating func expire(at height: Height) -> [Digest] {
        let past = expiries.keys.filter { $0 <= height.number }
        let references = sorted(Set(past.flatMap { expiries[$0] ?? [] }))
        return references.compactMap { reference in
            guard let entry = entries[reference] else { return nil }
            remove(reference)
            return entry.transaction.id
        }
    }

    private mutating func remove(_ reference: Digest) {
        guard let entry = entries.removeValue(forKey: reference) else { return }
        references[entry.transaction.id] = nil
        if let sequence = entry.sequence {
            inFlight[sequence]?.remove(reference)
            if inFlight[sequence]?.isEmpty == true { inFlight[sequence] = nil }
        }
        let expiry = entry.transaction.validUntil.number
        expiries[expiry]?.remove(reference)
        if expiries[expiry]?.isEmpty == true { expiries[expiry] = nil }
        shares[entry.share].remove(entry.transaction)
        shares[entry.share].compact { ticket in entries[ticket.reference]?.arrival == ticket.arrival }
    }

    /// In order of arrival: the order of a set is nothing to build on.
    private func sorted(_ references: Set<Digest>) -> [Digest] {
        references.sorted { (entries[$0]?.arrival ?? 0, $0) < (entries[$1]?.arrival ?? 0, $1) }
    }
}
