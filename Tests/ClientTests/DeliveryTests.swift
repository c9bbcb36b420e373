import AkashiClient
import LedgerCrypto
import Primitives
import Testing

@Suite("Bought data arrives as it was listed, or not at all")
struct DeliveryTests {
    static let sizes = [0, 1, 15, 32_767, 32_768, 32_769, 65_536, 100_000]

    static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    @Test("What is encrypted decrypts to the bytes that the content root is over", arguments: sizes)
    func roundTrip(size: Int) throws {
        let content = Self.content(size)
        let cipher = ChunkCipher.generate()
        let delivery = DeliveryFile(chunks: try cipher.encrypt(content))
        let received = try DeliveryFile(decoding: delivery.encoded)
        #expect(received.cipherRoot == delivery.cipherRoot)
        let opened = try cipher.decrypt(received.chunks)
        #expect(opened == content)
        #expect(ChunkCipher.contentRoot(of: opened) == ChunkCipher.contentRoot(of: content))
    }

    @Test("One other byte gives another content root", arguments: sizes.dropFirst())
    func rootBinds(size: Int) {
        var content = Self.content(size)
        let root = ChunkCipher.contentRoot(of: content)
        content[size / 2] ^= 1
        #expect(ChunkCipher.contentRoot(of: content) != root)
    }

    @Test("The bytes of an encrypted chunk are those of the published construction")
    func knownAnswer() throws {
        // HKDF-SHA-256 and ChaCha20-Poly1305 computed by another library (see Vectors).
        let cipher = try #require(ChunkCipher(key: (0..<32).map { UInt8($0) }))
        let chunks = try cipher.encrypt(Array("akashi".utf8))
        #expect(chunks.map { Hex.encode($0) } == [Vectors.chunk])
        #expect(ChunkCipher.contentRoot(of: Array("akashi".utf8)).hex == Vectors.contentRoot)
    }

    @Test("Chunks that are changed, exchanged, dropped or added do not open")
    func tampered() throws {
        let cipher = ChunkCipher.generate()
        let chunks = try cipher.encrypt(Self.content(100_000))
        var changed = chunks
        changed[1][7] ^= 1
        var exchanged = chunks
        exchanged.swapAt(0, 1)
        let others = [
            changed, exchanged, Array(chunks.dropLast()), Array(chunks.dropFirst()), chunks + [chunks[0]], [[1, 2, 3]],
        ]
        for other in others {
            #expect(DeliveryFile(chunks: other).cipherRoot != DeliveryFile(chunks: chunks).cipherRoot)
            let error = #expect(throws: ClientError.self) { try cipher.decrypt(other) }
            #expect(error?.code == "CIPHER")
        }
    }

    @Test("Another order's key opens nothing")
    func otherKey() throws {
        let one = ChunkCipher.generate()
        let other = ChunkCipher.generate()
        #expect(throws: ClientError.self) { try other.decrypt(try one.encrypt([1, 2, 3])) }
        #expect(ChunkCipher(key: [UInt8](repeating: 0, count: 31)) == nil)
    }

    @Test("Only the buyer opens the order's key, and only for its order")
    func sealedKey() throws {
        var store = try KeyStoreTests.store()
        let buyer = try store.generate(KeyStoreTests.name("buyer"))
        let other = try store.generate(KeyStoreTests.name("other"))
        let cipher = ChunkCipher.generate()
        let sealed = try SealedOrderKey.seal(cipher, to: buyer.sealingKey, order: [1])
        #expect(sealed.count == SealedOrderKey.byteCount)
        #expect(try SealedOrderKey.open(sealed, with: buyer, order: [1]).keyBytes == cipher.keyBytes)
        #expect(throws: ClientError.self) { try SealedOrderKey.open(sealed, with: other, order: [1]) }
        #expect(throws: ClientError.self) { try SealedOrderKey.open(sealed, with: buyer, order: [2]) }
        for position in [0, 31, 32, 79] {
            var altered = sealed
            altered[position] ^= 1
            #expect(throws: ClientError.self) { try SealedOrderKey.open(altered, with: buyer, order: [1]) }
        }
        #expect(throws: ClientError.self) { try SealedOrderKey.open([], with: buyer, order: [1]) }
        #expect(throws: ClientError.self) { try SealedOrderKey.seal(cipher, to: [1, 2], order: [1]) }
    }

    @Test("A file that is no delivery is refused")
    func notADelivery() {
        let file = DeliveryFile(chunks: [[1, 2, 3]]).encoded
        #expect(throws: ClientError.self) { try DeliveryFile(decoding: []) }
        #expect(throws: ClientError.self) { try DeliveryFile(decoding: file + [0]) }
        #expect(throws: ClientError.self) { try DeliveryFile(decoding: file.dropLast()) }
    }
}
