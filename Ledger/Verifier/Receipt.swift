internal import LedgerCrypto
package import Primitives

/// Something that a contract says it did: what clients follow.
package struct Event: Hashable, Sendable {
    package let contract: Identifier
    package let name: Identifier
    /// Raised by the contract when the fields change.
    package let version: UInt64
    /// The event's fields as an encoded map.
    package let fields: [UInt8]

    package init(contract: Identifier, name: Identifier, version: UInt64 = 1, fields: [UInt8]) {
        self.contract = contract
        self.name = name
        self.version = version
        self.fields = fields
    }

    /// The SHA-256 of the encoded event, by which a proof file names it.
    package var digest: Digest {
        var encoder = CBOREncoder(capacity: 64 + fields.count)
        encode(into: &encoder)
        return SHA256Function.digest(of: encoder.bytes)
    }
}

/// How one transaction of a block ended. Its encoding is a leaf of the receipts tree.
package struct Receipt: Hashable, Sendable {
    /// The outcome: all calls took effect, or none did.
    package enum Status: Hashable, Sendable {
        case ok
        case failed(RefusalCode, message: String)

        /// `OK`, or the error code's word.
        package var text: String {
            switch self {
            case .ok: "OK"
            case .failed(let code, _): code.text
            }
        }
    }

    package let transaction: Digest
    package let height: Height
    /// The position in the block.
    package let index: UInt64
    package let status: Status
    /// Empty where the transaction failed.
    package let events: [Event]
    /// Units of metered work.
    package let used: UInt64

    package static let greatestMessageByteCount = 200
    static let greatestEventCount = 10_000

    /// A message longer than the greatest is cut at a character's start, the same way everywhere.
    package init(
        transaction: Digest,
        height: Height,
        index: UInt64,
        status: Status,
        events: [Event],
        used: UInt64
    ) {
        self.transaction = transaction
        self.height = height
        self.index = index
        self.status = status.shortened
        self.events = events
        self.used = used
    }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 128)
        encode(into: &encoder)
        return encoder.bytes
    }

    /// The leaf hash in the receipts tree.
    package var leaf: Digest { BlockTree.leaf(encoded) }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try self.init(from: &decoder)
        try decoder.finish()
    }
}

extension Receipt {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.map(6)
        encoder.unsigned(1)
        encoder.byteString(transaction)
        encoder.unsigned(2)
        encoder.unsigned(height.number)
        encoder.unsigned(3)
        encoder.unsigned(index)
        encoder.unsigned(4)
        status.encode(into: &encoder)
        encoder.unsigned(5)
        encoder.array(events.count)
        for event in events { event.encode(into: &encoder) }
        encoder.unsigned(6)
        encoder.unsigned(used)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 6)
        try decoder.key(1)
        transaction = try decoder.digest()
        try decoder.key(2)
        height = Height(try decoder.unsigned())
        try decoder.key(3)
        index = try decoder.unsigned()
        try decoder.key(4)
        status = try Status(from: &decoder)
        try decoder.key(5)
        var events: [Event] = []
        for _ in 0..<(try decoder.array(atMost: Receipt.greatestEventCount)) {
            events.append(try Event(from: &decoder))
        }
        self.events = events
        try decoder.key(6)
        used = try decoder.unsigned()
    }
}

/// `[0]`, or `[code, message]`.
extension Receipt.Status {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .ok:
            encoder.array(1)
            encoder.unsigned(0)
        case .failed(let code, let message):
            encoder.array(2)
            encoder.unsigned(code.rawValue)
            encoder.text(message)
        }
    }

    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        let count = try decoder.array(atMost: 2)
        let number = try decoder.unsigned()
        switch (count, number) {
        case (1, 0): self = .ok
        case (2, _):
            guard let code = RefusalCode(rawValue: number) else { throw .unexpectedValue }
            self = .failed(code, message: try decoder.text(atMost: Receipt.greatestMessageByteCount))
        default: throw .unexpectedValue
        }
    }

    fileprivate var shortened: Receipt.Status {
        guard case .failed(let code, let message) = self, message.utf8.count > Receipt.greatestMessageByteCount else {
            return self
        }
        var bytes = Array(message.utf8.prefix(Receipt.greatestMessageByteCount))
        // Do not end inside a UTF-8 sequence: drop its continuation bytes, then its first byte.
        if message.utf8.dropFirst(bytes.count).first.map({ $0 & 0xC0 == 0x80 }) == true {
            while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        }
        return .failed(code, message: String(decoding: bytes, as: UTF8.self))
    }
}

extension Event {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        encoder.text(contract)
        encoder.text(name)
        encoder.unsigned(version)
        encoder.raw(fields)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 4)
        contract = try decoder.identifier()
        name = try decoder.identifier()
        version = try decoder.unsigned()
        fields = Array(decoder.bytes[try decoder.skipRecord()])
    }
}
