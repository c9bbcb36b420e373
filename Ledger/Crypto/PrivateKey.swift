internal import CSecp256k1
package import Primitives

/// A secp256k1 private key with its public key. It prints nothing of itself.
package struct PrivateKey: Sendable, CustomStringConvertible {
    package let bytes: [UInt8]
    package let publicKey: PublicKey

    package var description: String { "PrivateKey(of \(Hex.encode(publicKey.bytes)))" }

    /// A new key from the system's random generator.
    package static func generate() -> PrivateKey {
        // A random number is no key with a chance of about 2^-128; the loop ends.
        while true {
            if let key = PrivateKey(bytes: LedgerCrypto.randomBytes(count: 32)) { return key }
        }
    }

    /// Nil unless the bytes are a number from 1 to the group order − 1.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32, unsafe secp256k1_ec_seckey_verify(Curve.context, bytes) == 1,
            let publicKey = PrivateKey.publicKey(of: bytes)
        else { return nil }
        self.bytes = bytes
        self.publicKey = publicKey
    }

    /// Signs the SHA-256 of the message: ES256K (RFC 8812), nonce by RFC 6979, low s.
    package func sign(_ message: [UInt8]) -> Signature { sign(digest: SHA256Function.digest(of: message)) }

    package func sign(digest: Digest) -> Signature {
        var signature = secp256k1_ecdsa_signature()
        let digest = digest.bytes
        let isSigned = unsafe secp256k1_ecdsa_sign(Curve.context, &signature, digest, bytes, nil, nil)
        guard isSigned == 1, let compact = signature.compact else {
            preconditionFailure("a checked key signs every digest")
        }
        return compact
    }

    private static func publicKey(of bytes: [UInt8]) -> PublicKey? {
        var key = secp256k1_pubkey()
        guard unsafe secp256k1_ec_pubkey_create(Curve.context, &key, bytes) == 1 else { return nil }
        var compressed = [UInt8](repeating: 0, count: PublicKey.byteCount)
        var byteCount = compressed.count
        let flags = UInt32(SECP256K1_EC_COMPRESSED)
        guard unsafe secp256k1_ec_pubkey_serialize(Curve.context, &compressed, &byteCount, &key, flags) == 1 else {
            return nil
        }
        return PublicKey(compressed)
    }
}

/// Bytes from the system's random generator, for nonces and salts. Never called by replicated code.
package func randomBytes(count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}
