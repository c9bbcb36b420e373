import Primitives

/// Bounds on what a message may hold, checked before anything is allocated for it (failures.md 15, 16).
package struct MessageLimits: Hashable, Sendable {
    /// Validators of the epoch: bounds indexes, signatures of a certificate, names in a NEW-VIEW.
    package let replicas: Int
    /// Prepared certificates of a VIEW-CHANGE.
    package let window: Int
    /// References of a proposal.
    package let references: Int
    /// COMMITs of a testimony: one for each sequence of which votes are kept.
    package var commits: Int { 2 * window }

    package init(replicas: Int, window: Int, references: Int) {
        self.replicas = replicas
        self.window = window
        self.references = references
    }
}

extension CBOREncoder {
    mutating func replica(_ replica: ReplicaID) { unsigned(UInt64(replica.index)) }

    mutating func signature(_ signature: Signature) { byteString(signature.bytes) }
}

extension CBORDecoder {
    /// An index out of range is refused where it is read (failures.md 18).
    mutating func replica(_ limits: MessageLimits) throws(CBORError) -> ReplicaID {
        guard let index = Int(exactly: try unsigned()), index < limits.replicas else { throw .unexpectedValue }
        return ReplicaID(index)
    }
}
