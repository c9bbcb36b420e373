/// A SHA-256 digest, held as four big-endian words, so that `<` is the order of the bytes and no digest allocates.
package struct Digest: Hashable, Comparable, Sendable {
    @usableFromInline let word0: UInt64
    @usableFromInline let word1: UInt64
    @usableFromInline let word2: UInt64
    @usableFromInline let word3: UInt64

    package static let byteCount = 32
    /// The parent of the first block and the value of an empty field; no known bytes hash to it.
    package static let zero = Digest(words: (0, 0, 0, 0))

    @inlinable package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (word0, word1, word2, word3) = words
    }

    /// Nil unless there are exactly 32 bytes.
    @inlinable package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Digest.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for byte in bytes {
            words.0 = words.0 << 8 | words.1 >> 56
            words.1 = words.1 << 8 | words.2 >> 56
            words.2 = words.2 << 8 | words.3 >> 56
            words.3 = words.3 << 8 | UInt64(byte)
        }
        self.init(words: words)
    }

    /// The 32 bytes from an offset on; nil where the array ends before. This is the way of every digest on the wire,
    /// and four loads instead of 32 steps.
    @inlinable package init?(_ bytes: [UInt8], at offset: Int) {
        guard offset >= 0, offset <= bytes.count - Digest.byteCount else { return nil }
        let words = unsafe bytes.withUnsafeBytes { buffer in
            unsafe (
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
            )
        }
        self.init(words: words)
    }

    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    /// The words, most significant first.
    @inlinable package var words: (UInt64, UInt64, UInt64, UInt64) { (word0, word1, word2, word3) }

    @inlinable package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Digest.byteCount)
        append(to: &bytes)
        return bytes
    }

    package var hex: String { Hex.encode(bytes) }

    /// Appends the 32 bytes without an array of their own.
    @inlinable package func append(to bytes: inout [UInt8]) {
        let words = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        unsafe withUnsafeBytes(of: words) { unsafe bytes.append(contentsOf: $0) }
    }

    /// The byte at a position from 0 to 31; the state tree walks digests four bits at a time.
    @inlinable package subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < Digest.byteCount, "a digest has 32 bytes")
        let word =
            switch position >> 3 {
            case 0: word0
            case 1: word1
            case 2: word2
            default: word3
            }
        return UInt8(truncatingIfNeeded: word >> UInt64(56 - (position & 7) * 8))
    }

    /// A quarter of a digest is as good as random, and the hasher adds a seed that nobody outside knows.
    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(word0) }

    @inlinable package static func < (left: Digest, right: Digest) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}

extension Digest: CustomStringConvertible {
    package var description: String { hex }
}

/// A hash function with 32-byte digests. Primitives computes none itself: the caller brings it, so that this
/// module stays free of cryptography and compiles for a sandbox, where the host supplies it.
package protocol DigestFunction {
    static func digest(of bytes: [UInt8]) -> Digest
    /// The digest of the prefix byte followed by both digests: an inner node of a tree.
    static func digest(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest
    /// The digest of the prefix byte followed by the bytes: a leaf of a tree.
    static func digest(prefix: UInt8, of bytes: [UInt8]) -> Digest
}
