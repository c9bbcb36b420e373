package import Consensus
internal import DequeModule

/// What the replica wants to send, held back until everything that it persisted before is durable.
///
/// "Journal before send" is decided here and nowhere else: each entry carries the ticket of the last synced write that
/// the replica asked for before it, and leaves, in order, once the journal has reached that ticket.
package struct Outbox {
    package enum Entry {
        case sign(Draft)
        case send(Message, to: ReplicaID)
        case broadcast(Message)
    }

    private var waiting: Deque<(ticket: UInt64, entry: Entry)> = []
    package private(set) var issued: UInt64 = 0
    package private(set) var durable: UInt64 = 0

    package init() {}

    package var count: Int { waiting.count }

    /// A number for the next synced write; whatever is added from now on waits for it.
    package mutating func issueTicket() -> UInt64 {
        issued += 1
        return issued
    }

    package mutating func add(_ entry: Entry) { waiting.append((issued, entry)) }

    /// The journal is durable up to and including this ticket.
    package mutating func reach(_ ticket: UInt64) { durable = max(durable, ticket) }

    /// The next entry that may leave now.
    package mutating func next() -> Entry? {
        guard let first = waiting.first, first.ticket <= durable else { return nil }
        return waiting.removeFirst().entry
    }
}
