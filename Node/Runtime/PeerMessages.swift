package import Ledger
package import Primitives

/// Bounds on what travels between validators beside consensus messages.
package struct PeerLimits: Sendable {
    /// References of a proposal, and so bodies of a fetch.
    package let references: Int
    package let transactionByteCount: Int
    /// Bodies of one batch, and so of one fetch.
    package let batchByteCount: Int
    /// Transactions of one gossip frame.
    package let gossipCount = 1024
    /// Blocks of one answer when catching up.
    package let blocks = 64

    package init(_ parameters: Parameters) {
        references = Int(clamping: parameters.batchCount)
        transactionByteCount = Int(clamping: parameters.transactionByteCount)
        batchByteCount = Int(clamping: parameters.batchByteCount)
    }
}

/// The fetch lane: bodies that a proposal names and somebody lacks.
package enum FetchMessage: Sendable {
    /// Bodies by reference, for a proposal at a sequence.
    case request(proposal: Digest, sequence: UInt64, references: [Digest])
    /// Some or all of them, in any order; each proves itself by its reference.
    case answer(proposal: Digest, bodies: [[UInt8]])

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 256)
        switch self {
        case .request(let proposal, let sequence, let references):
            encoder.array(4)
            encoder.unsigned(1)
            encoder.byteString(proposal)
            encoder.unsigned(sequence)
            encoder.array(references.count)
            for reference in references { encoder.byteString(reference) }
        case .answer(let proposal, let bodies):
            encoder.array(3)
            encoder.unsigned(2)
            encoder.byteString(proposal)
            encoder.byteStrings(bodies)
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8], limits: PeerLimits) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        let count = try decoder.array(atMost: 4)
        switch (try decoder.unsigned(), count) {
        case (1, 4):
            let proposal = try decoder.digest()
            let sequence = try decoder.unsigned()
            var references: [Digest] = []
            for _ in 0..<(try decoder.array(atMost: limits.references)) { references.append(try decoder.digest()) }
            self = .request(proposal: proposal, sequence: sequence, references: references)
        case (2, 3):
            let proposal = try decoder.digest()
            let bodies = try decoder.byteStrings(count: limits.references, atMost: limits.transactionByteCount)
            self = .answer(proposal: proposal, bodies: bodies)
        default: throw .unexpectedValue
        }
        try decoder.finish()
    }
}

/// The sync lane: certified blocks for a validator that is behind.
package enum SyncMessage: Sendable {
    /// Blocks from this height on.
    case request(from: Height)
    /// Consecutive blocks; the last one has a certificate, which proves all of them. Empty: none to be had here.
    case answer(from: Height, blocks: [SyncBlock])
    /// What the certified block of this height did to the state, for who came to another result.
    case changesRequest(Height)
    case changes(BlockChanges)

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 1024)
        switch self {
        case .request(let from):
            encoder.array(2)
            encoder.unsigned(1)
            encoder.unsigned(from.number)
        case .answer(let from, let blocks):
            encoder.array(3)
            encoder.unsigned(2)
            encoder.unsigned(from.number)
            encoder.array(blocks.count)
            for block in blocks { block.encode(into: &encoder) }
        case .changesRequest(let height):
            encoder.array(2)
            encoder.unsigned(3)
            encoder.unsigned(height.number)
        case .changes(let changes):
            encoder.array(2)
            encoder.unsigned(4)
            changes.encode(into: &encoder)
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8], limits: PeerLimits) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        let count = try decoder.array(atMost: 3)
        switch (try decoder.unsigned(), count) {
        case (1, 2): self = .request(from: Height(try decoder.unsigned()))
        case (2, 3):
            let from = Height(try decoder.unsigned())
            var blocks: [SyncBlock] = []
            for _ in 0..<(try decoder.array(atMost: limits.blocks)) {
                blocks.append(try SyncBlock(from: &decoder, limits: limits))
            }
            self = .answer(from: from, blocks: blocks)
        case (3, 2): self = .changesRequest(Height(try decoder.unsigned()))
        case (4, 2): self = .changes(try BlockChanges(from: &decoder))
        default: throw .unexpectedValue
        }
        try decoder.finish()
    }
}

/// A block as it travels: everything needed to execute it, and what proves it.
package struct SyncBlock: Sendable {
    package let header: Header
    package let certificate: Ledger.Certificate?
    /// The transactions' bytes, in the batch's order, those that execution dropped among them.
    package let bodies: [[UInt8]]

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(3)
        header.encode(into: &encoder)
        if let certificate {
            certificate.encode(into: &encoder)
        } else {
            encoder.null()
        }
        encoder.byteStrings(bodies)
    }

    package init(header: Header, certificate: Ledger.Certificate?, bodies: [[UInt8]]) {
        self.header = header
        self.certificate = certificate
        self.bodies = bodies
    }

    package init(from decoder: inout CBORDecoder, limits: PeerLimits) throws(CBORError) {
        try decoder.array(exactly: 3)
        header = try Header(from: &decoder)
        if decoder.peek() == .null {
            try decoder.null()
            certificate = nil
        } else {
            certificate = try Ledger.Certificate(from: &decoder)
        }
        bodies = try decoder.byteStrings(count: limits.references, atMost: limits.transactionByteCount)
    }
}

/// The transactions lane: what this validator admitted, for the others' pools.
package enum GossipMessage {
    package static func encode(_ transactions: [[UInt8]]) -> [UInt8] {
        var encoder = CBOREncoder(capacity: transactions.reduce(16) { $0 + $1.count + 5 })
        encoder.byteStrings(transactions)
        return encoder.bytes
    }

    package static func decode(_ bytes: [UInt8], limits: PeerLimits) throws(CBORError) -> [[UInt8]] {
        var decoder = CBORDecoder(bytes)
        let transactions = try decoder.byteStrings(count: limits.gossipCount, atMost: limits.transactionByteCount)
        try decoder.finish()
        return transactions
    }
}

extension CBOREncoder {
    fileprivate mutating func byteStrings(_ strings: [[UInt8]]) {
        array(strings.count)
        for string in strings { byteString(string) }
    }
}

extension CBORDecoder {
    fileprivate mutating func byteStrings(count: Int, atMost byteCount: Int) throws(CBORError) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        for _ in 0..<(try array(atMost: count)) { strings.append(try byteString(atMost: byteCount)) }
        return strings
    }
}
