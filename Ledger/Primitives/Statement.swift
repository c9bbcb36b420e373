/// What a validator signs: every signature is bound to the protocol, the chain, the kind of message and a position,
/// so that none can be carried over to another (rule 11 of the protocol).
package struct Statement: Hashable, Sendable {
    package enum Kind: UInt64, Hashable, Sendable, CaseIterable {
        case prePrepare = 1
        case prepare = 2
        case viewChange = 3
        case newView = 4
        case attest = 5
    }

    package static let domain = "akashi/1"

    package let kind: Kind
    package let chain: Digest
    package let epoch: UInt64
    /// 0 for attestations, which hold whatever the view in which the batch committed.
    package let view: UInt64
    /// The sequence, or for attestations the height.
    package let position: UInt64
    package let digest: Digest

    package init(kind: Kind, chain: Digest, epoch: UInt64, view: UInt64, position: UInt64, digest: Digest) {
        self.kind = kind
        self.chain = chain
        self.epoch = epoch
        self.view = kind == .attest ? 0 : view
        self.position = position
        self.digest = digest
    }

    /// The CBOR array `[domain, kind, chain, epoch, view, position, digest]`; signed with ES256K over its SHA-256.
    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 112)
        encoder.array(7)
        encoder.text(Statement.domain)
        encoder.unsigned(kind.rawValue)
        encoder.byteString(chain)
        encoder.unsigned(epoch)
        encoder.unsigned(view)
        encoder.unsigned(position)
        encoder.byteString(digest)
        return encoder.bytes
    }
}
