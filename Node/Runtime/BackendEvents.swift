package import Primitives

/// A place in the chain's order of events: everything up to and including it has been seen.
///
/// Written `height-index` as the id of a server-sent event. A block's own notice stands after its events and has
/// the index that is their number, so that resuming after it goes on with the next block.
package struct EventCursor: Hashable, Comparable, Sendable {
    package var height: Height
    package var index: UInt32

    package init(height: Height, index: UInt32) {
        self.height = height
        self.index = index
    }

    package static func < (left: EventCursor, right: EventCursor) -> Bool {
        left.height == right.height ? left.index < right.index : left.height < right.height
    }
}

/// Which events a reader wants. A field that is nil does not narrow the choice.
package struct EventFilter: Equatable, Sendable {
    package var contract: String?
    package var name: String?
    /// The account that signed the transaction, or that the event is about.
    package var account: AccountID?
    /// Whether contracts' events are wanted at all.
    package var includesEvents: Bool
    /// Whether a notice is wanted for each certified block, with the ids of its transactions.
    package var includesBlocks: Bool

    package init(
        contract: String? = nil,
        name: String? = nil,
        account: AccountID? = nil,
        includesEvents: Bool = true,
        includesBlocks: Bool = false
    ) {
        self.contract = contract
        self.name = name
        self.account = account
        self.includesEvents = includesEvents
        self.includesBlocks = includesBlocks
    }
}

/// One event of a contract.
package struct EventView: Equatable, Sendable {
    /// The event's number among all events of its block.
    package var index: UInt32
    package var contract: String
    package var name: String
    package var account: AccountID
    package var transaction: Digest
    /// The event's fields as an integer-keyed CBOR map.
    package var fields: [UInt8]

    package init(
        index: UInt32,
        contract: String,
        name: String,
        account: AccountID,
        transaction: Digest,
        fields: [UInt8]
    ) {
        self.index = index
        self.contract = contract
        self.name = name
        self.account = account
        self.transaction = transaction
        self.fields = fields
    }
}

/// What one certified block has for a reader, so that a block costs one hop however many events it has.
package struct EventBatch: Equatable, Sendable {
    package var height: Height
    /// The block's own time, in milliseconds.
    package var time: UInt64
    /// How many events the block has in all, whatever the filter lets through.
    package var eventCount: UInt32
    package var events: [EventView]
    /// The block's transactions where the filter asks for blocks; nil otherwise.
    package var transactions: [BlockView.Item]?

    package init(
        height: Height,
        time: UInt64,
        eventCount: UInt32,
        events: [EventView],
        transactions: [BlockView.Item]? = nil
    ) {
        self.height = height
        self.time = time
        self.eventCount = eventCount
        self.events = events
        self.transactions = transactions
    }
}

/// Why a feed ended, when not because its reader went away.
package enum FeedEnd: Error, Equatable, Sendable {
    case slowConsumer
    case nodeStopping
    /// The next block is no longer kept here, or cannot be read.
    case blockMissing(Height)
}

/// Batches of events, one per block. Made with a bounded buffering policy.
package typealias EventFeed = AsyncThrowingStream<EventBatch, any Error>
