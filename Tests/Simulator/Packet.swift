package import Consensus
package import NodeRuntime
package import Primitives

/// What travels between simulated hosts: consensus messages, and what hosts ask of each other.
package enum Packet: Sendable {
    case consensus(Message)
    /// Transactions for the sender's share of the receiver's pool.
    case gossip([Digest])
    case fetch([Digest])
    case bodies([Digest])
    case blockRequest(from: Height)
    case blocks([CertifiedBlock])
    /// Blocks of a real ledger from a height on.
    case chain(from: Height, [SyncBlock])
}

/// A block with the certificate of exactly this height, where its holder has one.
package struct CertifiedBlock: Sendable {
    package let block: Block
    package let certificate: Certificate?
}
