package import Primitives

internal import struct Crypto.SHA256

/// SHA-256, the hash function of the chain.
package enum SHA256Function: DigestFunction {
    package static func digest(of bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        return finish(hash)
    }

    package static func digest(prefix: UInt8, of bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        unsafe withUnsafeBytes(of: prefix) { unsafe hash.update(bufferPointer: $0) }
        unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        return finish(hash)
    }

    package static func digest(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        var hash = SHA256()
        // One update over 65 contiguous bytes on the stack: a call into the library costs as much as half a block.
        unsafe withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { node in
            unsafe node[0] = prefix
            unsafe store(left, in: node, at: 1)
            unsafe store(right, in: node, at: 33)
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(node))
        }
        return finish(hash)
    }

    private static func store(_ digest: Digest, in buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        let words = digest.words
        unsafe buffer.storeBytes(of: words.0.bigEndian, toByteOffset: offset, as: UInt64.self)
        unsafe buffer.storeBytes(of: words.1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe buffer.storeBytes(of: words.2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe buffer.storeBytes(of: words.3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }

    private static func finish(_ hash: SHA256) -> Digest {
        let digest = hash.finalize()
        return unsafe digest.withUnsafeBytes { bytes in
            unsafe Digest(
                words: (
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
                )
            )
        }
    }
}
