internal import Primitives

/// A place in the pool, as queues and proposals hold it. Places are used again: the arrival tells whether the place
/// still holds the transaction that the ticket was for.
struct MempoolTicket: Sendable {
    let place: Int
    let arrival: UInt64
}

/// The pool's transactions at fixed places, so that queues and proposals need no look-up to find them.
struct MempoolPlaces: Sendable {
    struct Entry: Sendable {
        let transaction: SignedTransaction
        let share: Int
        let arrival: UInt64
        /// The sequence of the proposal that holds it; nil while it waits.
        var sequence: UInt64?
        /// Whether the share's queue has its ticket.
        var isQueued = true
        /// Passed over because it would have expired at the sequence in question; it may still fit a lower one.
        var isStranded = false
    }

    /// What becomes of the first ticket of a queue.
    enum Candidate {
        case taken(SignedTransaction)
        /// It stays where it is.
        case tooLarge
        /// It would have expired at the sequence: the ticket is dropped, the place kept.
        case stranded
        /// Gone, or proposed by somebody else: the ticket is dropped.
        case unavailable
    }

    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var byReference: [Digest: Int] = [:]
    private var arrivals: UInt64 = 0

    var count: Int { byReference.count }

    subscript(place: Int) -> Entry? { entries[place] }

    subscript(reference: Digest) -> Entry? { byReference[reference].flatMap { entries[$0] } }

    func place(of reference: Digest) -> Int? { byReference[reference] }

    func isCurrent(_ ticket: MempoolTicket) -> Bool { entries[ticket.place]?.arrival == ticket.arrival }

    mutating func add(_ transaction: SignedTransaction, share: Int) -> MempoolTicket {
        arrivals += 1
        let entry = Entry(transaction: transaction, share: share, arrival: arrivals)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        byReference[transaction.reference] = place
        return MempoolTicket(place: place, arrival: arrivals)
    }

    mutating func remove(at place: Int) -> Entry? {
        guard let entry = entries[place] else { return nil }
        entries[place] = nil
        free.append(place)
        byReference[entry.transaction.reference] = nil
        return entry
    }

    /// Takes the transaction of a ticket for a sequence, if it is there and waits.
    mutating func candidate(_ ticket: MempoolTicket, for sequence: UInt64, atMost byteCount: Int) -> Candidate {
        guard let entry = entries[ticket.place], entry.arrival == ticket.arrival else { return .unavailable }
        guard entry.sequence == nil else {
            entries[ticket.place]?.isQueued = false
            return .unavailable
        }
        guard entry.transaction.validUntil.number >= sequence else {
            entries[ticket.place]?.isQueued = false
            entries[ticket.place]?.isStranded = true
            return .stranded
        }
        guard entry.transaction.bytes.count <= byteCount else { return .tooLarge }
        entries[ticket.place]?.isQueued = false
        entries[ticket.place]?.sequence = sequence
        return .taken(entry.transaction)
    }

    /// Holds a transaction for a sequence; where another one holds it already, the later proposal counts.
    mutating func reserve(_ reference: Digest, for sequence: UInt64) -> (ticket: MempoolTicket, before: Entry)? {
        guard let place = byReference[reference], let entry = entries[place] else { return nil }
        entries[place]?.sequence = sequence
        entries[place]?.isStranded = false
        return (MempoolTicket(place: place, arrival: entry.arrival), entry)
    }

    /// Gives the stranded another chance, when lower sequences are free again.
    mutating func unstrand() -> [MempoolTicket] {
        var tickets: [MempoolTicket] = []
        for place in entries.indices {
            guard let entry = entries[place], entry.isStranded else { continue }
            entries[place]?.isStranded = false
            tickets.append(MempoolTicket(place: place, arrival: entry.arrival))
        }
        return tickets
    }

    /// False where the proposal of that sequence does not hold it.
    mutating func release(_ ticket: MempoolTicket, from sequence: UInt64) -> Bool {
        guard isCurrent(ticket), entries[ticket.place]?.sequence == sequence else { return false }
        entries[ticket.place]?.sequence = nil
        return true
    }

    /// The share whose queue the ticket must go back to; nil where it never left.
    mutating func requeue(_ ticket: MempoolTicket) -> Int? {
        guard let entry = entries[ticket.place], !entry.isQueued else { return nil }
        entries[ticket.place]?.isQueued = true
        return entry.share
    }

    /// Those that no sequence above the height can hold, in order of arrival.
    func expired(at height: Height) -> [(place: Int, id: Digest)] {
        entries.indices.compactMap { place -> (place: Int, arrival: UInt64, id: Digest)? in
            guard let entry = entries[place], entry.transaction.validUntil <= height else { return nil }
            return (place, entry.arrival, entry.transaction.id)
        }
        .sorted { $0.arrival < $1.arrival }
        .map { (place: $0.place, id: $0.id) }
    }

    var earliestExpiry: UInt64 {
        entries.reduce(.max) { earliest, entry in min(earliest, entry?.transaction.validUntil.number ?? .max) }
    }
}
