package import ContractKit
package import Primitives

/// A validator as the chain knows it. Its address is an operator's host and port, no person's data, and stands here
/// as bytes because text on the chain is identifiers only.
package struct ValidatorRow: Record, Hashable {
    package var consensusKey = PublicKey.unset
    /// SHA-256 of the SubjectPublicKeyInfo of each TLS key that it may present.
    package var tlsPins: [Digest] = []
    package var address: [UInt8] = []
    package var organisation = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.publicKey(1, "consensus_key", &consensusKey)
        try visitor.list(2, "tls_pins", &tlsPins, of: .digest, count: 1...4)
        try visitor.bytes(3, "address", &address, count: 1...255)
        try visitor.identifier(4, "organisation", &organisation)
    }
}

/// The parameters of the chain, with the ranges that keep any value of them from halting it.
package struct ParametersRow: Record, Hashable {
    /// W: sequences in flight.
    package var window: UInt64 = 16
    /// V: the furthest that valid-until may lie ahead, and the least distance of two rotations of one account.
    package var validity: UInt64 = 4096
    /// R: sequences in a primary's turn.
    package var turn: UInt64 = 64
    /// S: blocks between snapshots.
    package var snapshotInterval: UInt64 = 1024
    package var heartbeatMilliseconds: UInt64 = 1000
    package var viewTimeoutMilliseconds: UInt64 = 4000
    package var viewTimeoutCapMilliseconds: UInt64 = 60_000
    package var clockDriftMilliseconds: UInt64 = 10_000
    package var batchCount: UInt64 = 1000
    package var batchByteCount: UInt64 = 1 << 20
    package var transactionByteCount: UInt64 = 64 << 10
    package var transactionCallCount: UInt64 = 16
    package var transactionWork: UInt64 = 1_000_000
    /// How many blocks back a turn that ended in a view change keeps its validator from proposing.
    package var exclusion: UInt64 = 64

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "window", &window, in: 1...256)
        try visitor.unsigned(2, "validity", &validity, in: 16...1_000_000)
        try visitor.unsigned(3, "turn", &turn, in: 1...1_000_000)
        try visitor.unsigned(4, "snapshot_interval", &snapshotInterval, in: 16...1_000_000)
        try visitor.unsigned(5, "heartbeat_milliseconds", &heartbeatMilliseconds, in: 10...600_000)
        try visitor.unsigned(6, "view_timeout_milliseconds", &viewTimeoutMilliseconds, in: 50...600_000)
        try visitor.unsigned(7, "view_timeout_cap_milliseconds", &viewTimeoutCapMilliseconds, in: 50...3_600_000)
        try visitor.unsigned(8, "clock_drift_milliseconds", &clockDriftMilliseconds, in: 100...600_000)
        try visitor.unsigned(9, "batch_count", &batchCount, in: 1...10_000)
        try visitor.unsigned(10, "batch_byte_count", &batchByteCount, in: 1024...(8 << 20))
        try visitor.unsigned(11, "transaction_byte_count", &transactionByteCount, in: 512...(1 << 20))
        try visitor.unsigned(12, "transaction_call_count", &transactionCallCount, in: 1...256)
        try visitor.unsigned(13, "transaction_work", &transactionWork, in: 1000...1_000_000_000)
        try visitor.unsigned(14, "exclusion", &exclusion, in: 0...10_000)
    }
}
