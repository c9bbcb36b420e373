package import Primitives

/// What ATTEST signs: the header of an executed block, without a view (rule 11). It is our checkpoint (§4.3).
package struct Attestation: Hashable, Sendable {
    package let epoch: Epoch
    package let height: Height
    package let header: Digest

    package init(epoch: Epoch, height: Height, header: Digest) {
        self.epoch = epoch
        self.height = height
        self.header = header
    }

    package func statement(chain: Digest) -> Statement {
        Statement(
            kind: .attest,
            chain: chain,
            epoch: epoch.number,
            view: 0,
            position: height.number,
            digest: header
        )
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(3)
        encoder.unsigned(epoch.number)
        encoder.unsigned(height.number)
        encoder.byteString(header)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 3)
        epoch = Epoch(try decoder.unsigned())
        height = Height(try decoder.unsigned())
        header = try decoder.digest()
    }
}
