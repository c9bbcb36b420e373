internal import Foundation
internal import LedgerCrypto
package import Primitives

internal import enum Crypto.ChaChaPoly
internal import struct Crypto.HKDF
internal import struct Crypto.SHA256
internal import struct Crypto.SymmetricKey

/// How bought data travels off the chain: cut into chunks that fit a transaction, each encrypted under a key of its own
/// that follows from the order's key and the chunk's index, so that one chunk can be shown to arbiters without the rest.
///
/// The chain holds three digests: the *content root*, bound before payment, over the plain chunks; the *cipher root*,
/// over what was delivered; and the key commitment, fixed at delivery. With the key in hand anybody can check that the
/// one is the encryption of the other.
package struct ChunkCipher: Sendable {
    /// Plain bytes in a chunk; with its tag it fits a transaction of 64 KiB with room for two Merkle paths.
    package static let chunkByteCount = 32 << 10
    package static let tagByteCount = 16
    package static let keyByteCount = 32
    package static let greatestChunkCount = 1 << 20

    private let key: SymmetricKey
    package let keyBytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(key bytes: [UInt8]) {
        guard bytes.count == ChunkCipher.keyByteCount else { return nil }
        keyBytes = bytes
        key = SymmetricKey(data: bytes)
    }

    package static func generate() -> ChunkCipher {
        let bytes = randomBytes(count: keyByteCount)
        return ChunkCipher(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        keyBytes = bytes
        key = SymmetricKey(data: bytes)
    }

    // MARK: Chunks

    /// Cuts content into chunks; the last may be shorter, and empty content is one empty chunk.
    package static func chunks(of content: [UInt8]) -> [ArraySlice<UInt8>] {
        guard !content.isEmpty else { return [content[...]] }
        return stride(from: 0, to: content.count, by: chunkByteCount).map {
            content[$0..<min($0 + chunkByteCount, content.count)]
        }
    }

    /// The RFC 9162 root over the plain chunks: what a listing is bound to.
    package static func contentRoot(of content: [UInt8]) -> Digest {
        root(over: chunks(of: content))
    }

    /// The RFC 9162 root over encrypted chunks.
    package static func cipherRoot(of chunks: [[UInt8]]) -> Digest {
        root(over: chunks.map { $0[...] })
    }

    private static func root(over chunks: [ArraySlice<UInt8>]) -> Digest {
        MerkleTree<SHA256Function>.root(leaves: chunks.map { MerkleTree<SHA256Function>.leaf(Array($0)) })
    }

    /// Encrypts all of the content.
    package func encrypt(_ content: [UInt8]) throws(ClientError) -> [[UInt8]] {
        let chunks = ChunkCipher.chunks(of: content)
        guard chunks.count <= ChunkCipher.greatestChunkCount else {
            throw ClientError("LIMIT", "at most \(ChunkCipher.greatestChunkCount) chunks are delivered at once")
        }
        var encrypted: [[UInt8]] = []
        for (index, chunk) in chunks.enumerated() {
            encrypted.append(try seal(chunk, index: UInt64(index), count: UInt64(chunks.count)))
        }
        return encrypted
    }

    /// Decrypts all chunks and puts the content together again.
    package func decrypt(_ chunks: [[UInt8]]) throws(ClientError) -> [UInt8] {
        var content: [UInt8] = []
        for (index, chunk) in chunks.enumerated() {
            content.append(contentsOf: try open(chunk, index: UInt64(index), count: UInt64(chunks.count)))
        }
        return content
    }

    /// HKDF-SHA-256 over the order's key with the chunk's index as info.
    private func chunkKey(_ index: UInt64) -> SymmetricKey {
        var info = CBOREncoder(capacity: 40)
        info.array(2)
        info.text("akashi/chunk/1")
        info.unsigned(index)
        return HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: info.bytes, outputByteCount: 32)
    }

    /// Index and count are authenticated, so that chunks cannot be left out, added or exchanged unnoticed.
    private func place(_ index: UInt64, _ count: UInt64) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 16)
        encoder.array(2)
        encoder.unsigned(index)
        encoder.unsigned(count)
        return encoder.bytes
    }

    private func seal(_ chunk: ArraySlice<UInt8>, index: UInt64, count: UInt64) throws(ClientError) -> [UInt8] {
        do {
            // Each key encrypts one chunk, once, so its nonce may be zero; the chunk is then its cipher and its tag.
            let nonce = try ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12))
            let box = try ChaChaPoly.seal(
                chunk,
                using: chunkKey(index),
                nonce: nonce,
                authenticating: place(index, count)
            )
            return Array(box.ciphertext) + Array(box.tag)
        } catch {
            throw ClientError("CIPHER", "chunk \(index) cannot be encrypted")
        }
    }

    private func open(_ chunk: [UInt8], index: UInt64, count: UInt64) throws(ClientError) -> [UInt8] {
        do {
            let nonce = try ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12))
            let box = try ChaChaPoly.SealedBox(
                nonce: nonce,
                ciphertext: chunk.dropLast(ChunkCipher.tagByteCount),
                tag: chunk.suffix(ChunkCipher.tagByteCount)
            )
            return Array(try ChaChaPoly.open(box, using: chunkKey(index), authenticating: place(index, count)))
        } catch {
            throw ClientError("CIPHER", "chunk \(index) does not open with this order's key")
        }
    }
}
