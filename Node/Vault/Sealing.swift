internal import Primitives

internal import enum Crypto.AES

/// AES-256-GCM with a random nonce; what the bytes are and where they belong is authenticated with them, so that
/// nothing can be moved to another row and still open.
enum Sealing {
    static func seal(_ bytes: [UInt8], under key: SecretKey, as place: Place) throws(VaultError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(bytes, using: key.symmetric, authenticating: place.encoded)
            guard let combined = box.combined else { throw VaultError.tampered }
            return Array(combined)
        } catch {
            throw .tampered
        }
    }

    static func open(_ sealed: [UInt8], under key: SecretKey, as place: Place) throws(VaultError) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            return Array(try AES.GCM.open(box, using: key.symmetric, authenticating: place.encoded))
        } catch {
            throw .tampered
        }
    }

    /// Where sealed bytes belong.
    enum Place {
        case subjectKey(subject: Digest)
        case recordKey(subject: Digest, reference: Digest)
        case record(subject: Digest, reference: Digest)
        case context(subject: Digest, pseudonym: Digest)

        /// The additional authenticated data.
        var encoded: [UInt8] {
            var encoder = CBOREncoder(capacity: 80)
            switch self {
            case .subjectKey(let subject): Place.encode(1, [subject], into: &encoder)
            case .recordKey(let subject, let reference): Place.encode(2, [subject, reference], into: &encoder)
            case .record(let subject, let reference): Place.encode(3, [subject, reference], into: &encoder)
            case .context(let subject, let pseudonym): Place.encode(4, [subject, pseudonym], into: &encoder)
            }
            return encoder.bytes
        }

        private static func encode(_ kind: UInt64, _ names: [Digest], into encoder: inout CBOREncoder) {
            encoder.array(names.count + 1)
            encoder.unsigned(kind)
            for name in names { encoder.byteString(name) }
        }
    }
}
