package import Primitives

/// What consensus has to know of an executed block.
package struct BlockSummary: Hashable, Sendable {
    package let epoch: Epoch
    package let height: Height
    /// The digest of the block's header, which replicas attest.
    package let header: Digest
    /// The header's time in milliseconds.
    package let time: UInt64
    /// The view in which its batch was first proposed; a null block copies its parent's.
    package let originView: View
    /// Nil for a null block.
    package let proposer: ReplicaID?
    /// Where the epoch ends, as far as this block and those before it say: a height from this one on (rule 26). It is
    /// this very height at the epoch's last block, and only there.
    package let boundary: Height?

    package init(
        epoch: Epoch,
        height: Height,
        header: Digest,
        time: UInt64,
        originView: View,
        proposer: ReplicaID?,
        boundary: Height? = nil
    ) {
        self.epoch = epoch
        self.height = height
        self.header = header
        self.time = time
        self.originView = originView
        self.proposer = proposer
        self.boundary = boundary
    }
}

extension BlockSummary {
    /// The next block belongs to the next epoch.
    package var endsEpoch: Bool { boundary == height }
}

/// A batch to be executed at a sequence.
package struct Execution: Hashable, Sendable {
    package let epoch: Epoch
    package let sequence: Sequence
    package let batch: Batch

    package init(epoch: Epoch, sequence: Sequence, batch: Batch) {
        self.epoch = epoch
        self.sequence = sequence
        self.batch = batch
    }
}
