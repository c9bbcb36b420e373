package import Ledger
package import Primitives

/// The follow channel: a snapshot for who is far behind. Questions and answers, in the same frames as those for blocks.
package enum SnapshotMessage: Sendable {
    /// How epochs ended from this one on, and what snapshots there are.
    case offersRequest(epoch: UInt64)
    case offers(epoch: UInt64, handovers: [ProofFile.Handover], offers: [SnapshotOffer])
    /// Something of the snapshot at a height.
    case request(Height, SnapshotTask)
    /// Nil: there is no such thing here.
    case part(Height, SnapshotTask, StatePart?)
    case blocks(Height, SnapshotTask, [HistoricBlock])

    /// Handovers of one answer.
    package static let handoverLimit = 32

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 4096)
        switch self {
        case .offersRequest(let epoch):
            encoder.array(2)
            encoder.unsigned(5)
            encoder.unsigned(epoch)
        case .offers(let epoch, let handovers, let offers):
            encoder.array(4)
            encoder.unsigned(6)
            encoder.unsigned(epoch)
            encoder.array(handovers.count)
            for handover in handovers { handover.encode(into: &encoder) }
            encoder.array(offers.count)
            for offer in offers { offer.encode(into: &encoder) }
        case .request(let height, let task):
            encoder.array(3)
            encoder.unsigned(7)
            encoder.unsigned(height.number)
            task.encode(into: &encoder)
        case .part(let height, let task, let part):
            encoder.array(4)
            encoder.unsigned(8)
            encoder.unsigned(height.number)
            task.encode(into: &encoder)
            if let part { part.encode(into: &encoder) } else { encoder.null() }
        case .blocks(let height, let task, let blocks):
            encoder.array(4)
            encoder.unsigned(9)
            encoder.unsigned(height.number)
            task.encode(into: &encoder)
            encoder.array(blocks.count)
            for block in blocks { block.encode(into: &encoder) }
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8], limits: PeerLimits) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        let count = try decoder.array(atMost: 4)
        switch (try decoder.unsigned(), count) {
        case (5, 2): self = .offersRequest(epoch: try decoder.unsigned())
        case (6, 4): self = try SnapshotMessage.offers(from: &decoder)
        case (7, 3):
            let height = Height(try decoder.unsigned())
            self = .request(height, try SnapshotTask(from: &decoder))
        case (8, 4):
            let height = Height(try decoder.unsigned())
            let task = try SnapshotTask(from: &decoder)
            if decoder.peek() == .null {
                try decoder.null()
                self = .part(height, task, nil)
            } else {
                self = .part(height, task, try StatePart(from: &decoder))
            }
        case (9, 4):
            let height = Height(try decoder.unsigned())
            let task = try SnapshotTask(from: &decoder)
            var blocks: [HistoricBlock] = []
            for _ in 0..<(try decoder.array(atMost: limits.blocks)) {
                blocks.append(try HistoricBlock(from: &decoder, limits: limits))
            }
            self = .blocks(height, task, blocks)
        default: throw .unexpectedValue
        }
        try decoder.finish()
    }

    private static func offers(from decoder: inout CBORDecoder) throws(CBORError) -> SnapshotMessage {
        let epoch = try decoder.unsigned()
        var handovers: [ProofFile.Handover] = []
        for _ in 0..<(try decoder.array(atMost: handoverLimit)) {
            handovers.append(try ProofFile.Handover(from: &decoder))
        }
        var offers: [SnapshotOffer] = []
        for _ in 0..<(try decoder.array(atMost: Int(Parameters.offeredSnapshots))) {
            offers.append(try SnapshotOffer(from: &decoder))
        }
        return .offers(epoch: epoch, handovers: handovers, offers: offers)
    }
}

extension SnapshotTask {
    /// `[1, path, from]`, the path as one nibble per byte; or `[2 or 3, from]`, of whole blocks or of headers.
    fileprivate func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .state(let path, let from):
            encoder.array(3)
            encoder.unsigned(1)
            encoder.byteString(path.nibbles)
            encoder.unsigned(UInt64(from))
        case .blocks(let from, let isWhole):
            encoder.array(2)
            encoder.unsigned(isWhole ? 2 : 3)
            encoder.unsigned(from.number)
        }
    }

    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        let count = try decoder.array(atMost: 3)
        switch (try decoder.unsigned(), count) {
        case (1, 3):
            guard let path = StatePath(try decoder.byteString(atMost: StatePath.greatestDepth)),
                let from = Int(exactly: try decoder.unsigned()), from < StatePart.childCount
            else { throw .unexpectedValue }
            self = .state(path, from: from)
        case (2, 2): self = .blocks(from: Height(try decoder.unsigned()), isWhole: true)
        case (3, 2): self = .blocks(from: Height(try decoder.unsigned()), isWhole: false)
        default: throw .unexpectedValue
        }
    }
}

extension SnapshotOffer {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        header.encode(into: &encoder)
        certificate.encode(into: &encoder)
    }

    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 2)
        let header = try Header(from: &decoder)
        self.init(header: header, certificate: try Ledger.Certificate(from: &decoder))
    }
}

extension HistoricBlock {
    /// `[header, certificate or null]`, and for a whole one `, [transaction, …], [receipt, …]`.
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.array(content == nil ? 2 : 4)
        header.encode(into: &encoder)
        if let certificate { certificate.encode(into: &encoder) } else { encoder.null() }
        guard let content else { return }
        for strings in [content.transactions, content.receipts] {
            encoder.array(strings.count)
            for string in strings { encoder.byteString(string) }
        }
    }

    fileprivate init(from decoder: inout CBORDecoder, limits: PeerLimits) throws(CBORError) {
        let count = try decoder.array(atMost: 4)
        guard count == 2 || count == 4 else { throw .unexpectedValue }
        let header = try Header(from: &decoder)
        var certificate: Ledger.Certificate?
        if decoder.peek() == .null {
            try decoder.null()
        } else {
            certificate = try Ledger.Certificate(from: &decoder)
        }
        var content: Content?
        if count == 4 {
            let transactions = try Self.strings(&decoder, limits.references, atMost: limits.transactionByteCount)
            // One more for what the chain itself did.
            content = Content(
                transactions: transactions,
                receipts: try Self.strings(&decoder, limits.references + 1, atMost: .max)
            )
        }
        self.init(header: header, certificate: certificate, content: content)
    }

    private static func strings(
        _ decoder: inout CBORDecoder,
        _ count: Int,
        atMost byteCount: Int
    ) throws(CBORError) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        for _ in 0..<(try decoder.array(atMost: count)) { strings.append(try decoder.byteString(atMost: byteCount)) }
        return strings
    }
}
