package import Primitives

/// An ordered list of transaction references at one sequence, with the time that its proposer gives it (rule 2).
///
/// The digest covers every field and is computed here, when the proposal is built or decoded: it never travels
/// (failures.md 3). A re-proposal in a later view is the same value with the same digest.
package struct Proposal: Hashable, Sendable {
    package let epoch: Epoch
    package let sequence: Sequence
    /// The view in which it was first proposed.
    package let originView: View
    package let proposer: ReplicaID
    /// Milliseconds since 1970 by the proposer's clock.
    package let time: UInt64
    /// RFC 9162 leaf hashes of the transactions' bytes as received.
    package let references: [Digest]
    package let digest: Digest

    package init(
        epoch: Epoch,
        sequence: Sequence,
        originView: View,
        proposer: ReplicaID,
        time: UInt64,
        references: [Digest],
        hashing: Hashing
    ) {
        self.epoch = epoch
        self.sequence = sequence
        self.originView = originView
        self.proposer = proposer
        self.time = time
        self.references = references
        var encoder = CBOREncoder(capacity: 64 + 34 * references.count)
        Proposal.encode(epoch, sequence, originView, proposer, time, references, into: &encoder)
        self.digest = hashing(encoder.bytes)
    }

    /// What is voted on where nothing was prepared: one constant in every view (rule 3). No proposal hashes to it.
    package static let nullDigest = Digest.zero

    package static func == (left: Proposal, right: Proposal) -> Bool { left.digest == right.digest }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// What is executed at a sequence.
package enum Batch: Hashable, Sendable {
    case proposal(Proposal)
    /// Nothing; its header copies the parent's origin view and has no proposer (rule 3).
    case null

    package var digest: Digest {
        switch self {
        case .proposal(let proposal): proposal.digest
        case .null: Proposal.nullDigest
        }
    }
}

extension Proposal {
    package func encode(into encoder: inout CBOREncoder) {
        Proposal.encode(epoch, sequence, originView, proposer, time, references, into: &encoder)
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        try decoder.array(exactly: 6)
        let epoch = Epoch(try decoder.unsigned())
        let sequence = Sequence(try decoder.unsigned())
        let originView = View(try decoder.unsigned())
        let proposer = try decoder.replica(limits)
        let time = try decoder.unsigned()
        var references: [Digest] = []
        for _ in 0..<(try decoder.array(atMost: limits.references)) { references.append(try decoder.digest()) }
        self.init(
            epoch: epoch,
            sequence: sequence,
            originView: originView,
            proposer: proposer,
            time: time,
            references: references,
            hashing: hashing
        )
    }

    private static func encode(
        _ epoch: Epoch,
        _ sequence: Sequence,
        _ originView: View,
        _ proposer: ReplicaID,
        _ time: UInt64,
        _ references: [Digest],
        into encoder: inout CBOREncoder
    ) {
        encoder.array(6)
        encoder.unsigned(epoch.number)
        encoder.unsigned(sequence.number)
        encoder.unsigned(originView.number)
        encoder.replica(proposer)
        encoder.unsigned(time)
        encoder.array(references.count)
        for reference in references { encoder.byteString(reference) }
    }
}
