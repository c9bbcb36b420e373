package import Primitives

/// What rows are found by. Its bytes order as its values do, and no key's bytes begin another's of the same type, so
/// that keys can be put behind one another.
package protocol TableKey: Hashable, Sendable {
    func append(to bytes: inout [UInt8])
    /// Reads back what `append` wrote.
    static func read(from reader: inout KeyReader) -> Self?
}

/// Takes keys apart again.
package struct KeyReader {
    private let bytes: [UInt8]
    private var offset: Int

    package init(_ bytes: [UInt8], from offset: Int = 0) {
        self.bytes = bytes
        self.offset = Swift.min(Swift.max(offset, 0), bytes.count)
    }

    package var isAtEnd: Bool { offset == bytes.count }

    package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, bytes.count - offset >= count else { return nil }
        defer { offset += count }
        return bytes[offset..<(offset + count)]
    }

    package mutating func takeRest() -> [UInt8] {
        defer { offset = bytes.count }
        return Array(bytes[offset...])
    }

    /// The bytes up to a terminator, which is passed over.
    package mutating func take(upTo terminator: UInt8) -> ArraySlice<UInt8>? {
        guard let end = bytes[offset...].firstIndex(of: terminator) else { return nil }
        defer { offset = end + 1 }
        return bytes[offset..<end]
    }
}

extension TableKey {
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// A whole key and nothing after it.
    package init?(bytes: [UInt8]) {
        var reader = KeyReader(bytes)
        guard let key = Self.read(from: &reader), reader.isAtEnd else { return nil }
        self = key
    }
}

extension Digest: TableKey {
    package static func read(from reader: inout KeyReader) -> Digest? { reader.take(byteCount).flatMap { Digest($0) } }
}

extension AccountID: TableKey {
    package func append(to bytes: inout [UInt8]) { digest.append(to: &bytes) }
    package static func read(from reader: inout KeyReader) -> AccountID? {
        Digest.read(from: &reader).map { AccountID($0) }
    }
}

extension PublicKey: TableKey {
    package func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: self.bytes) }
    package static func read(from reader: inout KeyReader) -> PublicKey? {
        reader.take(byteCount).flatMap { PublicKey($0) }
    }
}

/// Big-endian, so that bytes order as numbers.
extension UInt64: TableKey {
    package func append(to bytes: inout [UInt8]) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: self >> shift))
        }
    }
    package static func read(from reader: inout KeyReader) -> UInt64? {
        reader.take(8)?.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension UInt8: TableKey {
    package func append(to bytes: inout [UInt8]) { bytes.append(self) }
    package static func read(from reader: inout KeyReader) -> UInt8? { reader.take(1)?.first }
}

extension Height: TableKey {
    package func append(to bytes: inout [UInt8]) { number.append(to: &bytes) }
    package static func read(from reader: inout KeyReader) -> Height? { UInt64.read(from: &reader).map { Height($0) } }
}

/// Terminated by a zero, which no identifier contains: a shorter identifier orders before those that it begins.
extension Identifier: TableKey {
    package func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.bytes)
        bytes.append(0)
    }
    package static func read(from reader: inout KeyReader) -> Identifier? {
        reader.take(upTo: 0).flatMap { Identifier(bytes: Array($0)) }
    }
}

/// A choice as a key: its number.
package struct ChoiceKey<Value: Choice>: TableKey {
    package let value: Value

    package init(_ value: Value) { self.value = value }

    package func append(to bytes: inout [UInt8]) { value.rawValue.append(to: &bytes) }
    package static func read(from reader: inout KeyReader) -> Self? {
        UInt64.read(from: &reader).flatMap { Value(rawValue: $0) }.map { Self($0) }
    }
}

/// One key behind another: rows are ordered by the first, then by the second. Pairs nest.
package struct Pair<First: TableKey, Second: TableKey>: TableKey {
    package let first: First
    package let second: Second

    package init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    package func append(to bytes: inout [UInt8]) {
        first.append(to: &bytes)
        second.append(to: &bytes)
    }

    package static func read(from reader: inout KeyReader) -> Self? {
        guard let first = First.read(from: &reader), let second = Second.read(from: &reader) else { return nil }
        return Self(first, second)
    }
}

/// The key of the one row of a table, and the prefix of all rows of any table.
package struct Whole: TableKey {
    package init() {}
    package func append(to bytes: inout [UInt8]) {}
    package static func read(from reader: inout KeyReader) -> Whole? { Whole() }
}
