/// Counts a transaction's work in units, about a tenth of a microsecond each, so that a block's work is bounded
/// whatever the calls are. The prices are part of the replicated rules.
package struct Meter: Sendable {
    package let limit: UInt64
    package private(set) var used: UInt64 = 0

    package init(limit: UInt64) { self.limit = limit }

    /// What a transaction may use where the parameters say nothing else.
    package static let standardLimit: UInt64 = 1_000_000

    package mutating func charge(_ units: UInt64) throws(ContractError) {
        let (sum, overflow) = used.addingReportingOverflow(units)
        guard !overflow, sum <= limit else {
            used = limit
            throw ContractError(.limit, "the transaction's work is used up")
        }
        used = sum
    }

    /// This meter with another's use added, up to the limit.
    func adding(_ other: Meter) -> Meter {
        var result = self
        let (sum, overflow) = used.addingReportingOverflow(other.used)
        result.used = overflow ? limit : Swift.min(sum, limit)
        return result
    }
}

/// Prices in units.
package enum Price {
    package static let call: UInt64 = 20
    package static let read: UInt64 = 40
    package static let write: UInt64 = 100
    package static let event: UInt64 = 20
    package static let hash: UInt64 = 5
    package static let verification: UInt64 = 400
    /// Bytes are paid by the sixteen.
    package static func bytes(_ count: Int) -> UInt64 { UInt64(count / 16) + 1 }
}
