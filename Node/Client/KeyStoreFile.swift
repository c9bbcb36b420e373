internal import Primitives

internal import enum Crypto.AES
internal import struct Crypto.SymmetricKey
internal import enum CryptoExtras.KDF

/// How much work one guess at the passphrase costs.
package enum PassphraseStrength: Hashable, Sendable {
    /// For what people remember: scrypt with N = 2^15, r = 8, p = 3, about 32 MiB (OWASP's figures).
    case remembered
    /// For 32 random bytes from a file, which nobody guesses whatever a guess costs.
    case random
}

/// The public half of deriving a key from a passphrase.
struct PassphraseParameters: Hashable, Sendable {
    let salt: [UInt8]
    let rounds: UInt64
    let blockSize: UInt64
    let parallelism: UInt64

    init(salt: [UInt8], strength: PassphraseStrength) {
        self.salt = salt
        rounds = strength == .remembered ? 1 << 15 : 1 << 10
        blockSize = 8
        parallelism = strength == .remembered ? 3 : 1
    }

    /// Bounded before anything is computed: the parameters come from a file.
    func key(from passphrase: [UInt8]) throws(ClientError) -> SymmetricKey {
        guard (1024...(1 << 17)).contains(rounds), rounds.nonzeroBitCount == 1, (1...16).contains(blockSize),
            (1...16).contains(parallelism), !passphrase.isEmpty
        else { throw ClientError("KEY", "the key store's parameters or the passphrase cannot be used") }
        do {
            return try KDF.Scrypt.deriveKey(
                from: passphrase,
                salt: salt,
                outputByteCount: 32,
                rounds: Int(rounds),
                blockSize: Int(blockSize),
                parallelism: Int(parallelism)
            )
        } catch {
            throw ClientError("KEY", "no key can be derived with the key store's parameters")
        }
    }
}

/// AES-256-GCM, bound to what the listing says.
enum KeySealing {
    static func seal(
        _ bytes: [UInt8],
        under key: SymmetricKey,
        as listing: KeyStore.Listing
    ) throws(ClientError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(bytes, using: key, authenticating: listing.encoded)
            if let combined = box.combined { return Array(combined) }
        } catch {
            // AES-GCM fails only for keys and nonces of other sizes than those given here.
        }
        throw ClientError("KEY", "the key cannot be sealed")
    }

    static func open(
        _ sealed: [UInt8],
        under key: SymmetricKey,
        as listing: KeyStore.Listing
    ) throws(ClientError) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            return Array(try AES.GCM.open(box, using: key, authenticating: listing.encoded))
        } catch {
            throw ClientError("KEY", "the passphrase is wrong, or the key store was changed")
        }
    }
}

extension KeyStore.Listing {
    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 192)
        encode(into: &encoder)
        return encoder.bytes
    }

    func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        encoder.text(name)
        encoder.byteString(account.digest)
        encoder.byteString(publicKey.bytes)
        encoder.byteString(sealingKey)
    }

    init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 4)
        name = try decoder.identifier()
        account = AccountID(try decoder.digest())
        publicKey = try decoder.publicKey()
        sealingKey = try decoder.byteString(exactly: 32)
    }
}

/// `{1: version, 2: [salt, rounds, block size, parallelism], 3: [[listing, sealed], …]}`, names ascending.
struct KeyStoreFile {
    let passphrase: PassphraseParameters
    let entries: [KeyStore.Entry]

    init(passphrase: PassphraseParameters, entries: [KeyStore.Entry]) {
        self.passphrase = passphrase
        self.entries = entries
    }

    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 128 + entries.count * 256)
        encoder.map(3)
        encoder.unsigned(1)
        encoder.unsigned(KeyStore.version)
        encoder.unsigned(2)
        encoder.array(4)
        encoder.byteString(passphrase.salt)
        encoder.unsigned(passphrase.rounds)
        encoder.unsigned(passphrase.blockSize)
        encoder.unsigned(passphrase.parallelism)
        encoder.unsigned(3)
        encoder.array(entries.count)
        for entry in entries {
            encoder.array(2)
            entry.listing.encode(into: &encoder)
            encoder.byteString(entry.sealed)
        }
        return encoder.bytes
    }

    init(decoding bytes: [UInt8]) throws(ClientError) {
        do throws(CBORError) {
            try self.init(parsing: bytes)
        } catch {
            throw ClientError("KEY", "not a key store: \(error.explanation)")
        }
    }

    private init(parsing bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.map(exactly: 3)
        try decoder.key(1)
        guard try decoder.unsigned() == KeyStore.version else { throw .unexpectedValue }
        try decoder.key(2)
        passphrase = try PassphraseParameters(from: &decoder)
        try decoder.key(3)
        var entries: [KeyStore.Entry] = []
        for _ in 0..<(try decoder.array(atMost: KeyStore.greatestCount)) {
            try decoder.array(exactly: 2)
            let listing = try KeyStore.Listing(from: &decoder)
            if let last = entries.last, last.listing.name >= listing.name { throw .keyOrder }
            entries.append(KeyStore.Entry(listing: listing, sealed: try decoder.byteString(atMost: 1024)))
        }
        self.entries = entries
        try decoder.finish()
    }
}

extension PassphraseParameters {
    init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 4)
        salt = try decoder.byteString(exactly: 16)
        rounds = try decoder.unsigned()
        blockSize = try decoder.unsigned()
        parallelism = try decoder.unsigned()
    }
}
