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
        /// What a share holds beyond that of transactions that its owner tells here: those that the owner took from others
        /// and tells again, because nobody seems to order them, find room although its own clients have filled it.
        package var reserveCount = 1024
        package var reserveByteCount = 8 << 20
        /// How many finished ids are remembered, over all shares.
        package var recentCount = 65_536

        package init() {}

        /// Both for the share and for an account in it.
        fileprivate var withReserve: Limits {
            var limits = self
            limits.count += reserveCount
            limits.byteCount += reserveByteCount
            limits.accountCount += reserveCount
            limits.accountByteCount += reserveByteCount
            return limits
        }
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

    private let limits: Limits
    private var shares: [MempoolShare]
    private var places = MempoolPlaces()
    private var ids: MempoolIDs
    /// The places that a proposal holds. One that was given up or taken by a later proposal may still be listed: the
    /// entry's own sequence decides.
    private var inFlight: [UInt64: [MempoolTicket]] = [:]
    private var inFlightCount = 0
    /// Those passed over because they would have expired; see `MempoolPlaces.Entry`.
    private var strandedCount = 0
    /// No transaction here expires below this height.
    private var nextExpiry = UInt64.max
    private var turn = 0

    package init(shares: Int, limits: Limits = Limits()) {
        precondition(shares > 0, "a pool needs a validator")
        self.limits = limits
        self.shares = [MempoolShare](repeating: MempoolShare(), count: shares)
        self.ids = MempoolIDs(recentCount: limits.recentCount)
    }

    // MARK: Looking

    package var count: Int { places.count }

    /// What all shares may hold together of their owners' own.
    package var capacity: (count: Int, byteCount: Int) {
        (shares.count * limits.count, shares.count * limits.byteCount)
    }

    package var byteCount: Int { shares.reduce(0) { $0 + $1.byteCount } }

    package func count(ofShare share: Int) -> Int { shares.indices.contains(share) ? shares[share].count : 0 }

    /// How many could be taken now: neither proposed nor ordered.
    package var waitingCount: Int { places.count - inFlightCount - strandedCount }

    /// The tickets in all queues, dead ones included: bounded by twice the places.
    package var queueLength: Int { shares.reduce(0) { $0 + $1.tickets.count } }

    package subscript(reference: Digest) -> SignedTransaction? { places[reference]?.transaction }

    package func reference(ofID id: Digest) -> Digest? {
        guard case .waiting(let place) = ids[id] else { return nil }
        return places[place]?.transaction.reference
    }

    /// Whether an id waits here or was finished lately.
    package func isKnown(id: Digest) -> Bool { ids[id] != nil }

    /// The first that wait in a share, in order of arrival.
    package func oldest(ofShare share: Int, count: Int) -> [SignedTransaction] {
        guard shares.indices.contains(share) else { return [] }
        var found: [SignedTransaction] = []
        for ticket in shares[share].tickets where places.isCurrent(ticket) {
            guard let entry = places[ticket.place], entry.sequence == nil else { continue }
            found.append(entry.transaction)
            if found.count == count { break }
        }
        return found
    }

    /// A transaction that is among the first of its share.
    package struct Head: Sendable {
        package let transaction: SignedTransaction
        package let share: Int
        /// In a proposal that is not executed yet.
        package let isProposed: Bool
    }

    /// The first of each share, in order of arrival: what others may have missed, or a primary leaves out (rule 25).
    package mutating func heads(ofEachShare count: Int) -> [Head] {
        var heads: [Head] = []
        for share in shares.indices {
            while let first = shares[share].tickets.first, !places.isCurrent(first) {
                shares[share].tickets.removeFirst()
            }
            var left = count
            for ticket in shares[share].tickets where places.isCurrent(ticket) {
                guard left > 0 else { break }
                guard let entry = places[ticket.place] else { continue }
                left -= 1
                heads.append(
                    Head(transaction: entry.transaction, share: share, isProposed: entry.sequence != nil)
                )
            }
        }
        return heads
    }

    // MARK: Coming in

    /// Whether there is room, before the signature is verified: the answer of the submitter's own share.
    package func checkRoom(
        for transaction: SignedTransaction,
        share: Int,
        withReserve: Bool = false
    ) throws(Refusal) {
        guard shares.indices.contains(share) else { throw Refusal(.busy, "not a validator's share") }
        guard !isKnown(id: transaction.id) else { throw Refusal(.replay, "the transaction is known already") }
        try shares[share].checkRoom(for: transaction, limits: withReserve ? limits.withReserve : limits)
    }

    /// Gives a verified transaction a place in the share of the validator that admitted it, or told it.
    package mutating func insert(
        _ transaction: SignedTransaction,
        share: Int,
        withReserve: Bool = false
    ) throws(Refusal) {
        try checkRoom(for: transaction, share: share, withReserve: withReserve)
        let ticket = places.add(transaction, share: share)
        ids.wait(transaction.id, at: ticket.place)
        nextExpiry = min(nextExpiry, transaction.validUntil.number)
        shares[share].add(transaction, ticket)
    }

    // MARK: Proposing

    /// Takes a batch for a sequence: one of each share in turn, starting one share further each time. What would
    /// have expired at the sequence is left.
    package mutating func take(_ batch: BatchLimits, for sequence: UInt64) -> [SignedTransaction] {
        var taken: [SignedTransaction] = []
        var byteCount = 0
        var open = (0..<shares.count).map { (turn + $0) % shares.count }
        turn = (turn + 1) % shares.count
        while !open.isEmpty, taken.count < batch.count {
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
            let candidate = places.candidate(ticket, for: sequence, atMost: byteCount)
            if case .tooLarge = candidate { return nil }
            shares[share].tickets.removeFirst()
            switch candidate {
            case .taken(let transaction):
                hold(ticket, for: sequence)
                return transaction
            case .stranded: strandedCount += 1
            case .tooLarge, .unavailable: break
            }
        }
        return nil
    }

    /// Marks what another primary proposed, so that this node does not propose it too.
    package mutating func reserve(_ references: [Digest], for sequence: UInt64) {
        for reference in references {
            guard let (ticket, before) = places.reserve(reference, for: sequence), before.sequence != sequence else {
                continue
            }
            if before.isStranded { strandedCount -= 1 }
            if before.sequence != nil { inFlightCount -= 1 }
            hold(ticket, for: sequence)
        }
    }

    private mutating func hold(_ ticket: MempoolTicket, for sequence: UInt64) {
        inFlight[sequence, default: []].append(ticket)
        inFlightCount += 1
    }

    /// Gives back what a proposal held that will not be ordered.
    package mutating func release(sequence: UInt64) { requeue(given(back: { $0 == sequence })) }

    /// After a view change: nothing above the height is proposed any more, and lower sequences are free again.
    package mutating func release(above height: Height) {
        var tickets = given(back: { $0 > height.number })
        if strandedCount > 0 {
            tickets += places.unstrand()
            strandedCount = 0
        }
        requeue(tickets)
    }

    /// What the sequences held.
    private mutating func given(back isReleased: (UInt64) -> Bool) -> [MempoolTicket] {
        var tickets: [MempoolTicket] = []
        for sequence in inFlight.keys.filter(isReleased) {
            for ticket in inFlight.removeValue(forKey: sequence) ?? [] where places.release(ticket, from: sequence) {
                tickets.append(ticket)
            }
        }
        inFlightCount -= tickets.count
        return tickets
    }

    /// Back to the front of the queues, in order of arrival: whatever the order of the tickets, the result is one.
    private mutating func requeue(_ tickets: [MempoolTicket]) {
        // Descending, as each goes before the one put back last.
        for ticket in tickets.sorted(by: { $0.arrival > $1.arrival }) {
            if let share = places.requeue(ticket) { shares[share].tickets.prepend(ticket) }
        }
    }

    // MARK: Going out

    /// Removes what a block executed, whichever copy of it this pool holds, gives back whatever else proposals up to
    /// that height held, and drops what can no longer be ordered. Returns the ids of those that expired.
    package mutating func finish(_ ids: [Digest], at height: Height) -> [Digest] {
        for id in ids {
            if case .waiting(let place) = self.ids.finish(id) { remove(at: place) }
        }
        requeue(given(back: { $0 <= height.number }))
        return expire(at: height)
    }

    /// Removes one transaction, for instance because its account lost its key. Its id is not remembered.
    package mutating func remove(reference: Digest) {
        guard let place = places.place(of: reference), let transaction = places[place]?.transaction else { return }
        ids.forget(transaction.id)
        remove(at: place)
    }

    /// Looks through the pool only once the earliest valid-until has come.
    private mutating func expire(at height: Height) -> [Digest] {
        guard nextExpiry <= height.number else { return [] }
        let expired = places.expired(at: height)
        for (place, id) in expired {
            ids.forget(id)
            remove(at: place)
        }
        nextExpiry = places.earliestExpiry
        return expired.map(\.id)
    }

    private mutating func remove(at place: Int) {
        guard let entry = places.remove(at: place) else { return }
        if entry.sequence != nil { inFlightCount -= 1 }
        if entry.isStranded { strandedCount -= 1 }
        shares[entry.share].remove(entry.transaction)
        shares[entry.share].compact { places.isCurrent($0) }
    }
}
