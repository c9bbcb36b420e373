internal import CSHA256
package import Primitives

/// SHA-256, the hash function of the chain, by libcrypto: it uses the processor's instructions for it.
package enum SHA256Function: DigestFunction {
    package static func digest(of bytes: [UInt8]) -> Digest {
        var context = SHA256_CTX()
        unsafe SHA256_Init(&context)
        unsafe SHA256_Update(&context, bytes, bytes.count)
        return finish(&context)
    }

    package static func digest(prefix: UInt8, of bytes: [UInt8]) -> Digest {
        var context = SHA256_CTX()
        var prefix = prefix
        unsafe SHA256_Init(&context)
        unsafe SHA256_Update(&context, &prefix, 1)
        unsafe SHA256_Update(&context, bytes, bytes.count)
        return finish(&context)
    }

    package static func digest(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        var context = SHA256_CTX()
        unsafe SHA256_Init(&context)
        // One update over 65 contiguous bytes on the stack: a call into the library costs as much as half a block.
        unsafe withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { node in
            unsafe node[0] = prefix
            unsafe store(left, in: node, at: 1)
            unsafe store(right, in: node, at: 33)
            unsafe SHA256_Update(&context, node.baseAddress, node.count)
        }
        return finish(&context)
    }

    private static func store(_ digest: Digest, in buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        let words = digest.words
        unsafe buffer.storeBytes(of: words.0.bigEndian, toByteOffset: offset, as: UInt64.self)
        unsafe buffer.storeBytes(of: words.1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe buffer.storeBytes(of: words.2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe buffer.storeBytes(of: words.3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }

    private static func finish(_ context: inout SHA256_CTX) -> Digest {
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4) { words in
            unsafe SHA256_Final(UnsafeMutableRawPointer(words.baseAddress), &context)
            return unsafe Digest(
                words: (words[0].bigEndian, words[1].bigEndian, words[2].bigEndian, words[3].bigEndian)
            )
        }
    }
}
