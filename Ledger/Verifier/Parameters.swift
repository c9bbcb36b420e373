package import Primitives

/// The parameters of the chain. They start in the genesis file; every one has a range, which is checked wherever
/// parameters are decoded, so that no value of them can halt the chain (failure 24).
package struct Parameters: Hashable, Sendable {
    /// W: sequences in flight above the low watermark.
    package var window: UInt64 = 16
    /// V: the furthest that valid-until may lie ahead.
    package var validity: UInt64 = 4096
    /// R: sequences in a primary's turn.
    package var turn: UInt64 = 64
    /// S: blocks between snapshots.
    package var snapshotInterval: UInt64 = 1024
    /// The longest that a primary stays silent; also the liveness timer's base.
    package var heartbeatMilliseconds: UInt64 = 1000
    /// How long a replica waits for progress before it asks for another view.
    package var viewTimeoutMilliseconds: UInt64 = 4000
    /// The cap of the view timeout's doubling.
    package var viewTimeoutCapMilliseconds: UInt64 = 60_000
    /// How far a fresh proposal's time may be from the own clock.
    package var clockDriftMilliseconds: UInt64 = 10_000
    package var batchCount: UInt64 = 1000
    package var batchByteCount: UInt64 = 1 << 20
    package var transactionByteCount: UInt64 = 64 << 10
    package var transactionCallCount: UInt64 = 16
    /// Units of metered work that one transaction may use.
    package var transactionWork: UInt64 = 1_000_000
    /// How many blocks back a turn that ended in a view change keeps its validator out of the active set.
    package var exclusion: UInt64 = 4096

    package init() {}

    package static let standard = Parameters()

    package var transactionLimits: TransactionLimits {
        // The ranges below keep both far inside Int.
        TransactionLimits(byteCount: Int(transactionByteCount), callCount: Int(transactionCallCount))
    }

    private struct Field {
        let key: UInt64
        let path: any WritableKeyPath<Parameters, UInt64> & Sendable
        let range: ClosedRange<UInt64>
    }

    /// One description for encoding, decoding and checking.
    private static let fields: [Field] = [
        Field(key: 1, path: \.window, range: 1...256),
        Field(key: 2, path: \.validity, range: 16...1_000_000),
        Field(key: 3, path: \.turn, range: 1...1_000_000),
        Field(key: 4, path: \.snapshotInterval, range: 16...1_000_000),
        Field(key: 5, path: \.heartbeatMilliseconds, range: 10...600_000),
        Field(key: 6, path: \.viewTimeoutMilliseconds, range: 50...600_000),
        Field(key: 7, path: \.viewTimeoutCapMilliseconds, range: 50...3_600_000),
        Field(key: 8, path: \.clockDriftMilliseconds, range: 100...600_000),
        Field(key: 9, path: \.batchCount, range: 1...10_000),
        Field(key: 10, path: \.batchByteCount, range: 1024...(8 << 20)),
        Field(key: 11, path: \.transactionByteCount, range: 512...(1 << 20)),
        Field(key: 12, path: \.transactionCallCount, range: 1...256),
        Field(key: 13, path: \.transactionWork, range: 1000...1_000_000_000),
        Field(key: 14, path: \.exclusion, range: 0...10_000),
    ]

    /// Each value in its range, a batch has room for a transaction, and the timeout's cap is above its base.
    package var isValid: Bool {
        Parameters.fields.allSatisfy { $0.range.contains(self[keyPath: $0.path]) }
            && batchByteCount >= transactionByteCount && viewTimeoutCapMilliseconds >= viewTimeoutMilliseconds
            && heartbeatMilliseconds <= viewTimeoutMilliseconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: Parameters.fields.count)
        for field in Parameters.fields {
            try decoder.key(field.key)
            self[keyPath: field.path] = try decoder.unsigned()
        }
        guard isValid else { throw .unexpectedValue }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.map(Parameters.fields.count)
        for field in Parameters.fields {
            encoder.unsigned(field.key)
            encoder.unsigned(self[keyPath: field.path])
        }
    }
}
