/// The only text on the chain: `[a-z0-9-]{1,64}` without seven digits in a row, which could be somebody's number.
///
/// Held and compared as bytes: `String` compares by canonical equivalence, which depends on Unicode tables.
package struct Identifier: Hashable, Comparable, Sendable {
    package static let maximumByteCount = 64
    package static let maximumDigitsInARow = 6

    package let bytes: [UInt8]

    package init?(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    package init?(bytes: [UInt8]) {
        guard Identifier.isValid(bytes) else { return nil }
        self.bytes = bytes
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package static func isValid(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty, bytes.count <= maximumByteCount else { return false }
        var digitsInARow = 0
        for byte in bytes {
            switch byte {
            case 0x30...0x39:
                digitsInARow += 1
                guard digitsInARow <= maximumDigitsInARow else { return false }
            case 0x61...0x7A, 0x2D:
                digitsInARow = 0
            default:
                return false
            }
        }
        return true
    }

    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
