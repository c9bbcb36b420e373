package import Primitives

/// Everything that somebody with nothing but the genesis needs to be sure of one transaction, receipt or event, or of
/// some rows of the state.
package struct ProofFile: Sendable {
    package static let version: UInt64 = 1
    package static let greatestByteCount = 16 << 20

    /// A transaction, its receipt, and where both stand in the block.
    package struct Inclusion: Hashable, Sendable {
        /// The transaction as received.
        package let transaction: [UInt8]
        /// The encoded receipt.
        package let receipt: [UInt8]
        package let transactionPath: InclusionPath
        package let receiptPath: InclusionPath

        package init(
            transaction: [UInt8],
            receipt: [UInt8],
            transactionPath: InclusionPath,
            receiptPath: InclusionPath
        ) {
            self.transaction = transaction
            self.receipt = receipt
            self.transactionPath = transactionPath
            self.receiptPath = receiptPath
        }
    }

    /// A receipt, and where it stands in the block: how a transaction ended, without what it asked for.
    package struct ReceiptInclusion: Hashable, Sendable {
        /// The encoded receipt.
        package let receipt: [UInt8]
        package let path: InclusionPath

        package init(receipt: [UInt8], path: InclusionPath) {
            self.receipt = receipt
            self.path = path
        }
    }

    /// What is proven.
    package enum Subject: Sendable {
        case inclusion(Inclusion)
        case receipt(ReceiptInclusion)
        /// The event of a receipt that has this digest. It is named by its digest rather than by its number, because
        /// each number would be a true proof of some event of the receipt.
        case event(digest: Digest, ReceiptInclusion)
        /// Keys of the state, each with its value or without one; at least one.
        case states([StateProof])
    }

    /// How one epoch handed over to the next: its last header with the certificate, and the next validators.
    package struct Handover: Sendable {
        package let header: Header
        package let certificate: Certificate
        package let nextValidators: ValidatorSet

        package init(header: Header, certificate: Certificate, nextValidators: ValidatorSet) {
            self.header = header
            self.certificate = certificate
            self.nextValidators = nextValidators
        }
    }

    /// One for each epoch that ended before the header's, from epoch 0 on.
    package let handovers: [Handover]
    package let header: Header
    /// Of the header, or of the last of its descendants.
    package let certificate: Certificate
    package let subject: Subject
    /// The headers from the next one on, up to the certified one: empty where the header itself has a certificate.
    package let descendants: [Header]

    package init(
        handovers: [Handover] = [],
        header: Header,
        descendants: [Header] = [],
        certificate: Certificate,
        subject: Subject
    ) {
        self.handovers = handovers
        self.header = header
        self.descendants = descendants
        self.certificate = certificate
        self.subject = subject
    }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 4096)
        encoder.map(6)
        encoder.unsigned(1)
        encoder.unsigned(ProofFile.version)
        encoder.unsigned(2)
        encoder.array(handovers.count)
        for handover in handovers { handover.encode(into: &encoder) }
        encoder.unsigned(3)
        header.encode(into: &encoder)
        encoder.unsigned(4)
        certificate.encode(into: &encoder)
        encoder.unsigned(5)
        subject.encode(into: &encoder)
        encoder.unsigned(6)
        encoder.array(descendants.count)
        for descendant in descendants { descendant.encode(into: &encoder) }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        guard bytes.count <= ProofFile.greatestByteCount else { throw .tooLong }
        var decoder = CBORDecoder(bytes)
        try decoder.map(exactly: 6)
        try decoder.key(1)
        guard try decoder.unsigned() == ProofFile.version else { throw .unexpectedValue }
        try decoder.key(2)
        var handovers: [Handover] = []
        for _ in 0..<(try decoder.array(atMost: .max)) { handovers.append(try Handover(from: &decoder)) }
        self.handovers = handovers
        try decoder.key(3)
        header = try Header(from: &decoder)
        try decoder.key(4)
        certificate = try Certificate(from: &decoder)
        try decoder.key(5)
        subject = try Subject(from: &decoder)
        try decoder.key(6)
        var descendants: [Header] = []
        for _ in 0..<(try decoder.array(atMost: .max)) { descendants.append(try Header(from: &decoder)) }
        self.descendants = descendants
        try decoder.finish()
    }
}

extension ProofFile.Handover {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(3)
        header.encode(into: &encoder)
        certificate.encode(into: &encoder)
        nextValidators.encode(into: &encoder)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 3)
        header = try Header(from: &decoder)
        certificate = try Certificate(from: &decoder)
        nextValidators = try ValidatorSet(from: &decoder)
    }
}
