internal import Primitives

/// Many digests as bytes and back, eight bytes at a time: a node of the state tree has up to twenty.
enum DigestBytes {
    static func bytes(of digests: [Digest]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: digests.count * Digest.byteCount) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var offset = 0
            for digest in digests { unsafe store(digest, in: raw, &offset) }
            initialized = offset
        }
    }

    private static func store(_ digest: Digest, in raw: UnsafeMutableRawBufferPointer, _ offset: inout Int) {
        let words = digest.words
        unsafe raw.storeBytes(of: words.0.bigEndian, toByteOffset: offset, as: UInt64.self)
        unsafe raw.storeBytes(of: words.1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe raw.storeBytes(of: words.2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe raw.storeBytes(of: words.3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
        offset += Digest.byteCount
    }

    /// Nil where the range is not of whole digests.
    static func digests(in bytes: [UInt8], _ range: Range<Int>) -> [Digest]? {
        guard range.count.isMultiple(of: Digest.byteCount), range.lowerBound >= 0, range.upperBound <= bytes.count
        else { return nil }
        return unsafe bytes.withUnsafeBytes { raw in
            stride(from: range.lowerBound, to: range.upperBound, by: Digest.byteCount).map { offset in
                func word(_ index: Int) -> UInt64 {
                    unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self))
                }
                return Digest(words: (word(0), word(1), word(2), word(3)))
            }
        }
    }
}
