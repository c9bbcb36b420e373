package import LedgerCrypto
package import Primitives

internal import enum Crypto.Curve25519

/// One account's keys: secp256k1 to sign transactions, X25519 to receive what is sealed to the account.
package struct ClientKey: Sendable {
    package let name: Identifier
    package let account: AccountID
    package let signing: PrivateKey
    let sealing: Curve25519.KeyAgreement.PrivateKey

    /// - Parameter account: the account that the key signs for; by default a new random id.
    package init(name: Identifier, account: AccountID? = nil, signing: PrivateKey) {
        self.name = name
        self.account = account ?? AccountID(Digest(randomBytes(count: Digest.byteCount)) ?? .zero)
        self.signing = signing
        sealing = Curve25519.KeyAgreement.PrivateKey()
    }

    /// The same account and sealing key with another signing key: what a rotation leaves behind.
    package func rotated(to signing: PrivateKey) -> ClientKey {
        ClientKey(name: name, account: account, signing: signing, sealing: sealing)
    }

    /// The same keys under another name in the store.
    package func renamed(_ name: Identifier) -> ClientKey {
        ClientKey(name: name, account: account, signing: signing, sealing: sealing)
    }

    private init(
        name: Identifier,
        account: AccountID,
        signing: PrivateKey,
        sealing: Curve25519.KeyAgreement.PrivateKey
    ) {
        self.name = name
        self.account = account
        self.signing = signing
        self.sealing = sealing
    }

    /// The X25519 public key.
    package var sealingKey: [UInt8] { Array(sealing.publicKey.rawRepresentation) }

    package var listing: KeyStore.Listing {
        KeyStore.Listing(name: name, account: account, publicKey: signing.publicKey, sealingKey: sealingKey)
    }

    /// Both private keys, 64 bytes: only ever sealed.
    var secretBytes: [UInt8] { signing.bytes + Array(sealing.rawRepresentation) }

    init(listing: KeyStore.Listing, secretBytes: [UInt8]) throws(ClientError) {
        guard secretBytes.count == 64, let signing = PrivateKey(bytes: Array(secretBytes.prefix(32))),
            let sealing = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secretBytes.suffix(32))
        else { throw ClientError("KEY", "the key store holds no key under \(listing.name.text)") }
        self.init(name: listing.name, account: listing.account, signing: signing, sealing: sealing)
        guard self.listing == listing else {
            throw ClientError("KEY", "the key store's listing of \(listing.name.text) is of another key")
        }
    }
}
