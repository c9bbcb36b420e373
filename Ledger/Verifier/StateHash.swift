internal import LedgerCrypto
package import Primitives

/// The hashes of the state tree. Each kind has a prefix of its own, and none has one of RFC 9162's (0 and 1), so that
/// nothing can be shown as a node of another kind or of another tree (failures 21 and 22).
package enum StateHash {
    /// The subtree without keys. No bytes are known that hash to it.
    package static let empty = Digest.zero

    private static let leafPrefix: UInt8 = 0x10
    private static let innerPrefix: UInt8 = 0x11
    private static let valuePrefix: UInt8 = 0x12

    /// Where a key stands in the tree: the bits of its hash are the way from the root.
    package static func position(of key: [UInt8]) -> Digest { SHA256Function.digest(of: key) }

    package static func value(_ value: [UInt8]) -> Digest { SHA256Function.digest(prefix: valuePrefix, of: value) }

    package static func leaf(position: Digest, value: Digest) -> Digest {
        SHA256Function.digest(prefix: leafPrefix, position, value)
    }

    package static func inner(_ left: Digest, _ right: Digest) -> Digest {
        SHA256Function.digest(prefix: innerPrefix, left, right)
    }
}

extension Digest {
    /// The bit at a position from 0 to 255, the most significant first.
    func bit(_ position: Int) -> Bool { self[position >> 3] & (0x80 >> UInt8(position & 7)) != 0 }

    /// Whether the first bits of both are the same.
    package func sharesPrefix(_ other: Digest, bitCount: Int) -> Bool {
        (0..<bitCount).allSatisfy { bit($0) == other.bit($0) }
    }
}
