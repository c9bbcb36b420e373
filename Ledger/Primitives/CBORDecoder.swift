/// Reads deterministic CBOR (RFC 8949 §4.2.1) and refuses every other form of the same value.
///
/// What it accepts, `CBOREncoder` writes back byte for byte. It allocates nothing from a length before it has seen
/// that so many bytes are there, and its recursion is bounded by `CBORLimits.nesting`.
package struct CBORDecoder: Sendable {
    package let bytes: [UInt8]
    package private(set) var offset: Int
    private let limits: CBORLimits

    package init(_ bytes: [UInt8], limits: CBORLimits = .standard) {
        self.bytes = bytes
        self.offset = 0
        self.limits = limits
    }

    package var isAtEnd: Bool { offset == bytes.count }

    /// Trailing bytes are an error: call this after the last item.
    package func finish() throws(CBORError) {
        guard isAtEnd else { throw .trailingBytes }
    }

    /// The kind of the next item, nil at the end and for bytes that start no supported item.
    package func peek() -> CBORKind? {
        guard offset < bytes.count else { return nil }
        switch bytes[offset] >> 5 {
        case 0: return .unsigned
        case 1: return .negative
        case 2: return .byteString
        case 3: return .text
        case 4: return .array
        case 5: return .map
        case 6: return .tag
        default:
            switch bytes[offset] {
            case 0xF4, 0xF5: return .boolean
            case 0xF6: return .null
            default: return nil
            }
        }
    }

    // MARK: Scalars

    package mutating func unsigned() throws(CBORError) -> UInt64 { try argument(of: 0) }

    package mutating func integer() throws(CBORError) -> Int64 {
        let isNegative = peek() == .negative
        guard let magnitude = Int64(exactly: try argument(of: isNegative ? 1 : 0)) else { throw .unexpectedValue }
        return isNegative ? ~magnitude : magnitude
    }

    /// The n of a negative integer −1 − n, whose range is wider than that of `Int64`.
    mutating func negative() throws(CBORError) -> UInt64 { try argument(of: 1) }

    package mutating func boolean() throws(CBORError) -> Bool {
        guard offset < bytes.count else { throw .truncated }
        let byte = bytes[offset]
        guard byte == 0xF4 || byte == 0xF5 else { throw .unexpectedKind }
        offset += 1
        return byte == 0xF5
    }

    package mutating func null() throws(CBORError) {
        guard offset < bytes.count else { throw .truncated }
        guard bytes[offset] == 0xF6 else { throw .unexpectedKind }
        offset += 1
    }

    package mutating func tag() throws(CBORError) -> UInt64 { try argument(of: 6) }

    // MARK: Strings

    package mutating func byteString(atMost limit: Int) throws(CBORError) -> [UInt8] {
        Array(bytes[try string(of: 2, atMost: limit)])
    }

    package mutating func byteString(exactly count: Int) throws(CBORError) -> [UInt8] {
        let range = try string(of: 2, atMost: .max)
        guard range.count == count else { throw .unexpectedValue }
        return Array(bytes[range])
    }

    /// The range of the content of a byte string, for a caller that needs no copy.
    package mutating func byteStringRange(atMost limit: Int) throws(CBORError) -> Range<Int> {
        try string(of: 2, atMost: limit)
    }

    /// Steps into a byte string whose content is CBOR itself, without a copy; `leave` checks that it was read to its
    /// end, so that nothing is read across it.
    package mutating func enterByteString(atMost limit: Int) throws(CBORError) -> Range<Int> {
        let content = try string(of: 2, atMost: limit)
        offset = content.lowerBound
        return content
    }

    /// Passes over bytes that are known in full beforehand, such as a constant header.
    package mutating func expect(_ known: [UInt8]) throws(CBORError) {
        guard bytes.count - offset >= known.count else { throw .truncated }
        for position in 0..<known.count where bytes[offset + position] != known[position] { throw .unexpectedValue }
        offset += known.count
    }

    package func leave(_ content: Range<Int>) throws(CBORError) {
        guard offset >= content.upperBound else { throw .trailingBytes }
        guard offset == content.upperBound else { throw .truncated }
    }

    package mutating func digest() throws(CBORError) -> Digest {
        let range = try string(of: 2, atMost: .max)
        guard range.count == Digest.byteCount, let digest = Digest(bytes, at: range.lowerBound) else {
            throw .unexpectedValue
        }
        return digest
    }

    package mutating func publicKey() throws(CBORError) -> PublicKey {
        let range = try string(of: 2, atMost: .max)
        guard let key = PublicKey(bytes[range]) else { throw .unexpectedValue }
        return key
    }

    package mutating func signature() throws(CBORError) -> Signature {
        let range = try string(of: 2, atMost: .max)
        guard range.count == Signature.byteCount, let r = Digest(bytes, at: range.lowerBound),
            let s = Digest(bytes, at: range.lowerBound + Digest.byteCount)
        else { throw .unexpectedValue }
        return Signature(r: r, s: s)
    }

    package mutating func text(atMost limit: Int) throws(CBORError) -> String {
        let range = try string(of: 3, atMost: limit)
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    package mutating func identifier() throws(CBORError) -> Identifier {
        let range = try string(of: 3, atMost: Identifier.maximumByteCount)
        guard let identifier = Identifier(bytes: Array(bytes[range])) else { throw .unexpectedValue }
        return identifier
    }

    // MARK: Containers

    /// The number of elements that follow. Each takes at least one byte, so the count is bounded by the input.
    package mutating func array(atMost limit: Int) throws(CBORError) -> Int {
        try count(of: 4, atMost: limit, bytesEach: 1)
    }

    package mutating func array(exactly count: Int) throws(CBORError) {
        guard try self.count(of: 4, atMost: .max, bytesEach: 1) == count else { throw .unexpectedValue }
    }

    /// The number of key and value pairs that follow.
    package mutating func map(atMost limit: Int) throws(CBORError) -> Int {
        try count(of: 5, atMost: limit, bytesEach: 2)
    }

    package mutating func map(exactly count: Int) throws(CBORError) {
        guard try self.count(of: 5, atMost: .max, bytesEach: 2) == count else { throw .unexpectedValue }
    }

    /// The next key of a map with unsigned keys; each must be greater than the one before. Start with nil.
    package mutating func mapKey(after previous: inout UInt64?) throws(CBORError) -> UInt64 {
        let key = try unsigned()
        if let previous, key <= previous { throw .keyOrder }
        previous = key
        return key
    }

    /// The next key of a map whose keys are all known: it must be this one.
    package mutating func key(_ expected: UInt64) throws(CBORError) {
        guard try unsigned() == expected else { throw .unexpectedValue }
    }

    // MARK: Whole items

    /// Passes over one item, checking all of it, and returns where it stands.
    @discardableResult
    package mutating func skipItem() throws(CBORError) -> Range<Int> {
        let start = offset
        try skip(nesting: limits.nesting)
        return start..<offset
    }

    private mutating func skip(nesting: Int) throws(CBORError) {
        guard offset < bytes.count else { throw .truncated }
        switch bytes[offset] >> 5 {
        case 0: _ = try argument(of: 0)
        case 1: _ = try argument(of: 1)
        case 2: _ = try string(of: 2, atMost: .max)
        case 3: try skipText()
        case 4:
            guard nesting > 0 else { throw .tooDeep }
            for _ in 0..<(try array(atMost: .max)) { try skip(nesting: nesting - 1) }
        case 5:
            guard nesting > 0 else { throw .tooDeep }
            try skipPairs(nesting: nesting - 1)
        case 6:
            guard nesting > 0 else { throw .tooDeep }
            _ = try tag()
            try skip(nesting: nesting - 1)
        default:
            try skipSimple()
        }
    }

    private mutating func skipText() throws(CBORError) {
        let range = try string(of: 3, atMost: .max)
        if bytes[range].allSatisfy({ $0 < 0x80 }) { return }
        guard String(validating: bytes[range], as: UTF8.self) != nil else { throw .notUTF8 }
    }

    /// Keys of any kind, in the bytewise order of their encodings, each once.
    private mutating func skipPairs(nesting: Int) throws(CBORError) {
        var previous: Range<Int>?
        for _ in 0..<(try map(atMost: .max)) {
            let start = offset
            try skip(nesting: nesting)
            let key = start..<offset
            if let previous, !bytes[previous].lexicographicallyPrecedes(bytes[key]) { throw .keyOrder }
            previous = key
            try skip(nesting: nesting)
        }
    }

    private mutating func skipSimple() throws(CBORError) {
        switch bytes[offset] {
        case 0xF4, 0xF5, 0xF6: offset += 1
        case 0xFF: throw .indefiniteLength
        default: throw .unsupported
        }
    }

    // MARK: Records

    /// Passes over a record as contracts have them: a map with unsigned keys, in which all maps are such records, and
    /// which has no tags.
    @discardableResult
    package mutating func skipRecord() throws(CBORError) -> Range<Int> {
        let start = offset
        guard peek() == .map else { throw .unexpectedKind }
        try skipValue(nesting: limits.nesting)
        return start..<offset
    }

    private mutating func skipValue(nesting: Int) throws(CBORError) {
        switch peek() {
        case .array:
            guard nesting > 0 else { throw .tooDeep }
            for _ in 0..<(try array(atMost: .max)) { try skipValue(nesting: nesting - 1) }
        case .map:
            guard nesting > 0 else { throw .tooDeep }
            var previous: UInt64?
            for _ in 0..<(try map(atMost: .max)) {
                _ = try mapKey(after: &previous)
                try skipValue(nesting: nesting - 1)
            }
        case .tag: throw .unsupported
        default: try skip(nesting: 0)
        }
    }

    // MARK: Heads

    private mutating func string(of major: UInt8, atMost limit: Int) throws(CBORError) -> Range<Int> {
        let length = try argument(of: major)
        guard length <= UInt64(bytes.count - offset) else { throw .truncated }
        guard length <= UInt64(limit) else { throw .tooLong }
        let start = offset
        offset += Int(length)
        return start..<offset
    }

    private mutating func count(of major: UInt8, atMost limit: Int, bytesEach: Int) throws(CBORError) -> Int {
        let count = try argument(of: major)
        guard count <= UInt64((bytes.count - offset) / bytesEach) else { throw .truncated }
        guard count <= UInt64(limit) else { throw .tooLong }
        return Int(count)
    }

    /// Reads a head of the given major type and its argument, which must be in the shortest form.
    private mutating func argument(of major: UInt8) throws(CBORError) -> UInt64 {
        guard offset < bytes.count else { throw .truncated }
        let initial = bytes[offset]
        guard initial >> 5 == major else { throw .unexpectedKind }
        let additional = initial & 31
        if additional < 24 {
            offset += 1
            return UInt64(additional)
        }
        guard additional < 28 else { throw additional == 31 ? .indefiniteLength : .unsupported }
        let byteCount = 1 << Int(additional - 24)
        guard bytes.count - offset > byteCount else { throw .truncated }
        var value: UInt64 = 0
        for position in (offset + 1)...(offset + byteCount) {
            value = value << 8 | UInt64(bytes[position])
        }
        let smallest: UInt64 = byteCount == 1 ? 24 : 1 << UInt64(byteCount * 4)
        guard value >= smallest else { throw .notShortest }
        offset += byteCount + 1
        return value
    }
}
