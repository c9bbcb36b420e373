/// Writes deterministic CBOR (RFC 8949 §4.2.1): shortest heads, definite lengths.
///
/// The caller writes map keys in ascending order; `CBORValue` sorts them where they are not known beforehand.
package struct CBOREncoder: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 64) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins anew in the same memory.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    package mutating func unsigned(_ value: UInt64) { head(0, value) }

    package mutating func integer(_ value: Int64) {
        if value >= 0 {
            head(0, UInt64(value))
        } else {
            head(0x20, UInt64(bitPattern: ~value))
        }
    }

    package mutating func byteString(_ value: [UInt8]) {
        head(0x40, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func byteString(_ value: Digest) {
        bytes.append(0x58)
        bytes.append(UInt8(Digest.byteCount))
        value.append(to: &bytes)
    }

    /// The head of a byte string whose content follows in pieces.
    package mutating func byteStringHead(_ count: Int) { head(0x40, UInt64(count)) }

    package mutating func text(_ value: String) {
        head(0x60, UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    package mutating func text(_ value: Identifier) {
        head(0x60, UInt64(value.bytes.count))
        bytes.append(contentsOf: value.bytes)
    }

    package mutating func array(_ count: Int) { head(0x80, UInt64(count)) }

    package mutating func map(_ count: Int) { head(0xA0, UInt64(count)) }

    package mutating func tag(_ number: UInt64) { head(0xC0, number) }

    package mutating func boolean(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }

    package mutating func null() { bytes.append(0xF6) }

    /// Appends an item that is already encoded.
    package mutating func raw(_ encoded: [UInt8]) { bytes.append(contentsOf: encoded) }

    /// Appends bytes that are already encoded.
    package mutating func raw(_ encoded: UnsafeBufferPointer<UInt8>) { unsafe bytes.append(contentsOf: encoded) }

    /// Appends a piece of a byte string.
    package mutating func raw(_ piece: Digest) { piece.append(to: &bytes) }

    /// Appends an item that is already encoded, as it stands inside other bytes.
    package mutating func raw(_ encoded: ArraySlice<UInt8>) { bytes.append(contentsOf: encoded) }

    /// Writes a negative integer −1 − n, whose range is wider than that of `Int64`.
    mutating func negative(_ n: UInt64) { head(0x20, n) }

    private mutating func head(_ major: UInt8, _ value: UInt64) {
        switch value {
        case 0..<24:
            bytes.append(major | UInt8(truncatingIfNeeded: value))
        case 24...0xFF:
            bytes.append(major | 24)
            bytes.append(UInt8(truncatingIfNeeded: value))
        case 0x100...0xFFFF:
            bytes.append(major | 25)
            append(value, byteCount: 2)
        case 0x1_0000...0xFFFF_FFFF:
            bytes.append(major | 26)
            append(value, byteCount: 4)
        default:
            bytes.append(major | 27)
            append(value, byteCount: 8)
        }
    }

    private mutating func append(_ value: UInt64, byteCount: UInt64) {
        var shift = byteCount * 8
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
