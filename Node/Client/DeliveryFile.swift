package import Primitives

/// The file that a seller hands over outside the chain: `{1: version, 2: [chunk, …]}`.
package struct DeliveryFile: Hashable, Sendable {
    package static let version: UInt64 = 1

    package let chunks: [[UInt8]]

    package init(chunks: [[UInt8]]) { self.chunks = chunks }

    package var cipherRoot: Digest { ChunkCipher.cipherRoot(of: chunks) }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: chunks.count * (ChunkCipher.chunkByteCount + 32))
        encoder.map(2)
        encoder.unsigned(1)
        encoder.unsigned(DeliveryFile.version)
        encoder.unsigned(2)
        encoder.array(chunks.count)
        for chunk in chunks { encoder.byteString(chunk) }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ClientError) {
        do throws(CBORError) {
            var decoder = CBORDecoder(bytes)
            try decoder.map(exactly: 2)
            try decoder.key(1)
            guard try decoder.unsigned() == DeliveryFile.version else { throw .unexpectedValue }
            try decoder.key(2)
            var chunks: [[UInt8]] = []
            for _ in 0..<(try decoder.array(atMost: ChunkCipher.greatestChunkCount)) {
                chunks.append(try decoder.byteString(atMost: ChunkCipher.chunkByteCount + ChunkCipher.tagByteCount))
            }
            try decoder.finish()
            self.chunks = chunks
        } catch {
            throw ClientError("CIPHER", "not a delivery: \(error.explanation)")
        }
    }
}
