internal import LedgerCrypto
package import Primitives

/// A block's header: what the block did, in one digest that validators sign.
///
/// It holds the *result* of the block, the state root, so one certificate proves transactions, receipts and state.
package struct Header: Hashable, Sendable {
    package static let version: UInt64 = 1

    package var chain: Digest
    package var epoch: UInt64
    package var height: Height
    /// The digest of the header before; for the first block, the chain id.
    package var parent: Digest
    /// The view in which the batch was first proposed; re-proposals keep it.
    package var originView: UInt64
    /// The index of the validator that first proposed the batch; nil for a null batch.
    package var proposer: UInt64?
    /// Milliseconds since 1970, strictly ascending.
    package var time: UInt64
    package var transactionsRoot: Digest
    package var receiptsRoot: Digest
    package var stateRoot: Digest
    /// The validators of this block's epoch.
    package var validatorsDigest: Digest
    /// The validators of the next block: differs from `validatorsDigest` at an epoch's last block only.
    package var nextValidatorsDigest: Digest

    package init(
        chain: Digest,
        epoch: UInt64,
        height: Height,
        parent: Digest,
        originView: UInt64,
        proposer: UInt64?,
        time: UInt64,
        transactionsRoot: Digest,
        receiptsRoot: Digest,
        stateRoot: Digest,
        validatorsDigest: Digest,
        nextValidatorsDigest: Digest
    ) {
        self.chain = chain
        self.epoch = epoch
        self.height = height
        self.parent = parent
        self.originView = originView
        self.proposer = proposer
        self.time = time
        self.transactionsRoot = transactionsRoot
        self.receiptsRoot = receiptsRoot
        self.stateRoot = stateRoot
        self.validatorsDigest = validatorsDigest
        self.nextValidatorsDigest = nextValidatorsDigest
    }

    /// The digest that the parent field of the next header and all attestations hold. Computed at each call.
    package var digest: Digest { SHA256Function.digest(of: encoded) }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 320)
        encode(into: &encoder)
        return encoder.bytes
    }

    /// The next block belongs to the next epoch (rule 26 of the protocol).
    package var endsEpoch: Bool { validatorsDigest != nextValidatorsDigest }

    /// What a validator signs when it attests this header.
    package var attestation: Statement {
        Statement(kind: .attest, chain: chain, epoch: epoch, view: 0, position: height.number, digest: digest)
    }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try self.init(from: &decoder)
        try decoder.finish()
    }
}

extension Header {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.map(13)
        encoder.unsigned(1)
        encoder.unsigned(Header.version)
        encoder.unsigned(2)
        encoder.byteString(chain)
        encoder.unsigned(3)
        encoder.unsigned(epoch)
        encoder.unsigned(4)
        encoder.unsigned(height.number)
        encoder.unsigned(5)
        encoder.byteString(parent)
        encoder.unsigned(6)
        encoder.unsigned(originView)
        encoder.unsigned(7)
        if let proposer { encoder.unsigned(proposer) } else { encoder.null() }
        encoder.unsigned(8)
        encoder.unsigned(time)
        encoder.unsigned(9)
        encoder.byteString(transactionsRoot)
        encoder.unsigned(10)
        encoder.byteString(receiptsRoot)
        encoder.unsigned(11)
        encoder.byteString(stateRoot)
        encoder.unsigned(12)
        encoder.byteString(validatorsDigest)
        encoder.unsigned(13)
        encoder.byteString(nextValidatorsDigest)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 13)
        try decoder.key(1)
        guard try decoder.unsigned() == Header.version else { throw .unexpectedValue }
        try decoder.key(2)
        chain = try decoder.digest()
        try decoder.key(3)
        epoch = try decoder.unsigned()
        try decoder.key(4)
        height = Height(try decoder.unsigned())
        try decoder.key(5)
        parent = try decoder.digest()
        try decoder.key(6)
        originView = try decoder.unsigned()
        try decoder.key(7)
        if decoder.peek() == .null {
            try decoder.null()
            proposer = nil
        } else {
            proposer = try decoder.unsigned()
        }
        try decoder.key(8)
        time = try decoder.unsigned()
        try decoder.key(9)
        transactionsRoot = try decoder.digest()
        try decoder.key(10)
        receiptsRoot = try decoder.digest()
        try decoder.key(11)
        stateRoot = try decoder.digest()
        try decoder.key(12)
        validatorsDigest = try decoder.digest()
        try decoder.key(13)
        nextValidatorsDigest = try decoder.digest()
    }
}
