internal import Foundation
internal import Primitives

internal import enum Crypto.Curve25519
internal import enum Crypto.HPKE

/// An order's key, sealed to the buyer with HPKE (RFC 9180, base mode, X25519, HKDF-SHA-256, ChaCha20-Poly1305):
/// the encapsulated key, 32 bytes, followed by the ciphertext, 48 bytes.
package enum SealedOrderKey {
    package static let byteCount = 80
    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
    private static let encapsulatedByteCount = 32

    /// Binds the sealing to the order, so that a key sealed for one order opens nothing of another.
    private static func info(_ order: [UInt8]) -> Data {
        var encoder = CBOREncoder(capacity: 96)
        encoder.array(2)
        encoder.text("akashi/order-key/1")
        encoder.byteString(order)
        return Data(encoder.bytes)
    }

    package static func seal(
        _ cipher: ChunkCipher,
        to sealingKey: [UInt8],
        order: [UInt8]
    ) throws(ClientError) -> [UInt8] {
        do {
            let recipient = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: sealingKey)
            var sender = try HPKE.Sender(recipientKey: recipient, ciphersuite: suite, info: info(order))
            let sealed = try sender.seal(cipher.keyBytes)
            return Array(sender.encapsulatedKey) + Array(sealed)
        } catch {
            throw ClientError("CIPHER", "the order's key cannot be sealed to this buyer's key")
        }
    }

    package static func open(_ sealed: [UInt8], with key: ClientKey, order: [UInt8]) throws(ClientError) -> ChunkCipher
    {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key.sealing,
                ciphersuite: suite,
                info: info(order),
                encapsulatedKey: Data(sealed.prefix(encapsulatedByteCount))
            )
            let bytes = Array(try recipient.open(Data(sealed.dropFirst(encapsulatedByteCount))))
            if let cipher = ChunkCipher(key: bytes) { return cipher }
        } catch {
            // A bad encapsulation and a bad ciphertext are told alike.
        }
        throw ClientError("CIPHER", "the order's key is not sealed to this account for this order")
    }
}
