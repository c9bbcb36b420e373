package import Primitives

/// What PREPARE and COMMIT vote for, and what PRE-PREPARE opens: one digest at one position.
package struct Vote: Hashable, Sendable {
    package let epoch: Epoch
    package let view: View
    package let sequence: Sequence
    package let digest: Digest

    package init(epoch: Epoch, view: View, sequence: Sequence, digest: Digest) {
        self.epoch = epoch
        self.view = view
        self.sequence = sequence
        self.digest = digest
    }

    package func statement(_ kind: Statement.Kind, chain: Digest) -> Statement {
        Statement(
            kind: kind,
            chain: chain,
            epoch: epoch.number,
            view: view.number,
            position: sequence.number,
            digest: digest
        )
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        encoder.unsigned(epoch.number)
        encoder.unsigned(view.number)
        encoder.unsigned(sequence.number)
        encoder.byteString(digest)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 4)
        epoch = Epoch(try decoder.unsigned())
        view = View(try decoder.unsigned())
        sequence = Sequence(try decoder.unsigned())
        digest = try decoder.digest()
    }
}
