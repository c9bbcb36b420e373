package import Primitives

/// What consensus ordered at one height, or what a certified block says was ordered there.
package struct OrderedBatch: Sendable {
    /// Where the transactions' bytes are kept.
    package enum Bodies: Hashable, Sendable {
        /// There are none.
        case none
        /// In `bodies` already, under this digest: the journal wrote them before PREPARE.
        case stored(Digest)
        /// To be written with the block, under this digest: the block came from a peer.
        case new(Digest)
    }

    package let height: Height
    /// Nil for a null batch, whose header copies its parent's.
    package let originView: UInt64?
    /// Nil for a null batch.
    package let proposer: UInt64?
    /// The proposal's time in milliseconds; zero for a null batch.
    package let time: UInt64
    package let transactions: [SignedTransaction]
    package let bodies: Bodies

    /// A committed batch.
    package init(
        height: Height,
        originView: UInt64,
        proposer: UInt64,
        time: UInt64,
        transactions: [SignedTransaction],
        bodies: Bodies
    ) {
        self.height = height
        self.originView = originView
        self.proposer = proposer
        self.time = time
        self.transactions = transactions
        self.bodies = bodies
    }

    /// The null batch: the same in every view.
    package init(nullAt height: Height) {
        self.height = height
        originView = nil
        proposer = nil
        time = 0
        transactions = []
        bodies = .none
    }

    /// The batch behind a certified block. Executed again it gives the same header, because what was dropped is left
    /// out already, and a block's time is not before its proposal's.
    package init(of header: Header, transactions: [SignedTransaction]) {
        height = header.height
        originView = header.proposer == nil ? nil : header.originView
        proposer = header.proposer
        time = header.time
        self.transactions = transactions
        bodies = transactions.isEmpty ? .none : .new(header.transactionsRoot)
    }
}

/// What a block did.
package struct ExecutedBlock: Sendable {
    package let header: Header
    package let headerDigest: Digest
    /// The transactions that stand in the block, in order.
    package let transactions: [SignedTransaction]
    /// One for each transaction; and behind them, under the zero id, one for what the chain itself did, if it did anything.
    package let receipts: [Receipt]
    package let events: [BlockEvent]
    /// Accounts whose row changed: what is remembered about their keys and roles is out of date.
    package let changedAccounts: [AccountID]
    /// How many rows of the state changed.
    package let changedRowCount: Int
    /// How many transactions were dropped without trace: executed before, or expired.
    package let droppedCount: Int
    /// Where the epoch ends, if that is known: this very height if the block is the epoch's last.
    package let boundary: Height?
}
