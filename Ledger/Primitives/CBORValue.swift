/// Any item of the chain's CBOR as a tree: for conversions driven by a schema, for inspection, and for tests.
///
/// Code on the way of a transaction reads with `CBORDecoder` instead, without building a tree.
package indirect enum CBORValue: Sendable {
    case unsigned(UInt64)
    /// The integer −1 − n.
    case negative(UInt64)
    case byteString([UInt8])
    case text(String)
    case array([CBORValue])
    /// Pairs in any order; encoding sorts them. A repeated key is kept by neither the encoder nor the decoder.
    case map([Pair])
    case tagged(UInt64, CBORValue)
    case boolean(Bool)
    case null

    /// One entry of a map.
    package struct Pair: Sendable {
        package let key: CBORValue
        package let value: CBORValue

        package init(_ key: CBORValue, _ value: CBORValue) {
            self.key = key
            self.value = value
        }
    }

    package init(integer: Int64) {
        self = integer >= 0 ? .unsigned(UInt64(integer)) : .negative(UInt64(bitPattern: ~integer))
    }

    package init(decoding bytes: [UInt8], limits: CBORLimits = .standard) throws(CBORError) {
        var decoder = CBORDecoder(bytes, limits: limits)
        self = try decoder.value()
        try decoder.finish()
    }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder()
        encode(into: &encoder)
        return encoder.bytes
    }

    package func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .unsigned(let value): encoder.unsigned(value)
        case .negative(let value): encoder.negative(value)
        case .byteString(let value): encoder.byteString(value)
        case .text(let value): encoder.text(value)
        case .array(let elements):
            encoder.array(elements.count)
            for element in elements { element.encode(into: &encoder) }
        case .map(let pairs):
            encodeSorted(pairs, into: &encoder)
        case .tagged(let number, let value):
            encoder.tag(number)
            value.encode(into: &encoder)
        case .boolean(let value): encoder.boolean(value)
        case .null: encoder.null()
        }
    }

    private func encodeSorted(_ pairs: [Pair], into encoder: inout CBOREncoder) {
        let sorted = pairs.map { (key: $0.key.encoded, value: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var unique: [(key: [UInt8], value: CBORValue)] = []
        for pair in sorted where unique.last?.key != pair.key { unique.append(pair) }
        encoder.map(unique.count)
        for pair in unique {
            encoder.raw(pair.key)
            pair.value.encode(into: &encoder)
        }
    }
}

extension CBORValue: Hashable {
    /// Equal means equal bytes; text compared as `String` would also equate different spellings.
    package static func == (left: CBORValue, right: CBORValue) -> Bool { left.encoded == right.encoded }

    package func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}

extension CBORValue {
    /// The value under an unsigned key of a map.
    package subscript(key: UInt64) -> CBORValue? {
        guard case .map(let pairs) = self else { return nil }
        for pair in pairs {
            if case .unsigned(key) = pair.key { return pair.value }
        }
        return nil
    }
}

extension CBORDecoder {
    /// Reads one item of any kind. It is checked as a whole first, so building the tree cannot go too deep.
    package mutating func value() throws(CBORError) -> CBORValue {
        var probe = self
        try probe.skipItem()
        return try checkedValue()
    }

    private mutating func checkedValue() throws(CBORError) -> CBORValue {
        switch peek() {
        case .unsigned: return .unsigned(try unsigned())
        case .negative: return .negative(try negative())
        case .byteString: return .byteString(try byteString(atMost: .max))
        case .text: return .text(try text(atMost: .max))
        case .array:
            var elements: [CBORValue] = []
            for _ in 0..<(try array(atMost: .max)) { elements.append(try checkedValue()) }
            return .array(elements)
        case .map:
            var pairs: [CBORValue.Pair] = []
            for _ in 0..<(try map(atMost: .max)) {
                let key = try checkedValue()
                pairs.append(CBORValue.Pair(key, try checkedValue()))
            }
            return .map(pairs)
        case .tag:
            let number = try tag()
            return .tagged(number, try checkedValue())
        case .boolean: return .boolean(try boolean())
        case .null:
            try null()
            return .null
        case nil: throw isAtEnd ? .truncated : .unsupported
        }
    }
}
