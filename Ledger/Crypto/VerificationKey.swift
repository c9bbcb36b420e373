internal import CSecp256k1
package import Primitives

/// A public key parsed once, which takes longer than hashing a transaction, and used for many signatures.
package struct VerificationKey: Sendable {
    private let key: secp256k1_pubkey

    /// Nil unless the bytes are a point on the curve.
    package init?(_ key: PublicKey) {
        var parsed = secp256k1_pubkey()
        let bytes = key.bytes
        guard unsafe secp256k1_ec_pubkey_parse(Curve.context, &parsed, bytes, bytes.count) == 1 else { return nil }
        self.key = parsed
    }

    /// ECDSA over the digest. A high s is refused (failure 28): every signature has exactly one accepted form.
    package func verify(_ signature: Signature, over digest: Digest) -> Bool {
        guard var parsed = secp256k1_ecdsa_signature(signature) else { return false }
        var key = key
        let digest = digest.bytes
        return unsafe secp256k1_ecdsa_verify(Curve.context, &parsed, digest, &key) == 1
    }
}

/// The same signature with its s in the lower half of the group order. For the HTTP edge only: some COSE libraries
/// produce a high s, and peers refuse it. Bytes that are no signature come back unchanged, to be refused later.
package func lowS(_ signature: Signature) -> Signature {
    guard var parsed = secp256k1_ecdsa_signature(signature) else { return signature }
    var normalised = secp256k1_ecdsa_signature()
    guard unsafe secp256k1_ecdsa_signature_normalize(Curve.context, &normalised, &parsed) == 1 else { return signature }
    return normalised.compact ?? signature
}

extension Signature {
    /// Half the group order, rounded down: the greatest s that is accepted.
    private static let greatestS = Digest(
        words: (0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0x5D57_6E73_57A4_501D, 0xDFE9_2F46_681B_20A0)
    )

    /// Whether s is in the lower half of the group order: the form that peers insist on.
    package var hasLowS: Bool { s <= Signature.greatestS }
}

extension secp256k1_ecdsa_signature {
    /// Nil where r or s is not below the group order.
    init?(_ signature: Signature) {
        self.init()
        let bytes = signature.bytes
        guard unsafe secp256k1_ecdsa_signature_parse_compact(Curve.context, &self, bytes) == 1 else { return nil }
    }

    /// r ‖ s.
    var compact: Signature? {
        var bytes = [UInt8](repeating: 0, count: Signature.byteCount)
        var signature = self
        guard unsafe secp256k1_ecdsa_signature_serialize_compact(Curve.context, &bytes, &signature) == 1 else {
            return nil
        }
        return Signature(bytes)
    }
}
