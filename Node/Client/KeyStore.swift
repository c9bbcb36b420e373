internal import LedgerCrypto
package import Primitives

internal import struct Crypto.SymmetricKey

/// A person's or organisation's keys in one file, each encrypted under a key that a passphrase gives.
///
/// Names, accounts and public keys can be listed without the passphrase; nothing secret stands in the file in clear,
/// and there is no mode without encryption. Each key is bound to its name and account, so that nobody who can write
/// the file can swap two of them.
package struct KeyStore: Sendable {
    package static let version: UInt64 = 1
    package static let greatestCount = 100_000

    /// What of a key may be seen by everybody.
    package struct Listing: Hashable, Sendable {
        package let name: Identifier
        package let account: AccountID
        package let publicKey: PublicKey
        /// X25519: for what is sealed to the owner of the account, above all the keys of bought data.
        package let sealingKey: [UInt8]
    }

    struct Entry: Hashable, Sendable {
        let listing: Listing
        let sealed: [UInt8]
    }

    let passphrase: PassphraseParameters
    var entries: [Entry]
    private let key: SymmetricKey

    /// An empty store under a passphrase.
    package init(passphrase: [UInt8], strength: PassphraseStrength) throws(ClientError) {
        let parameters = PassphraseParameters(salt: randomBytes(count: 16), strength: strength)
        key = try parameters.key(from: passphrase)
        self.passphrase = parameters
        entries = []
    }

    /// Reads a store and checks the passphrase against every entry's binding only when a key is used.
    package init(decoding bytes: [UInt8], passphrase: [UInt8]) throws(ClientError) {
        let file = try KeyStoreFile(decoding: bytes)
        key = try file.passphrase.key(from: passphrase)
        self.passphrase = file.passphrase
        entries = file.entries
    }

    package var encoded: [UInt8] { KeyStoreFile(passphrase: passphrase, entries: entries).encoded }

    package var listings: [Listing] { entries.map(\.listing) }

    /// What is in a store's file, for those without the passphrase.
    package static func listings(of bytes: [UInt8]) throws(ClientError) -> [Listing] {
        try KeyStoreFile(decoding: bytes).entries.map(\.listing)
    }

    /// Makes a new key under a name, for an account of its own unless told which.
    package mutating func generate(_ name: Identifier, account: AccountID? = nil) throws(ClientError) -> ClientKey {
        try add(ClientKey(name: name, account: account, signing: PrivateKey.generate()))
    }

    @discardableResult
    package mutating func add(_ new: ClientKey) throws(ClientError) -> ClientKey {
        guard entries.count < KeyStore.greatestCount else { throw ClientError("LIMIT", "the key store is full") }
        guard !entries.contains(where: { $0.listing.name == new.name }) else {
            throw ClientError("DUPLICATE", "there is a key named \(new.name.text) already")
        }
        let sealed = try KeySealing.seal(new.secretBytes, under: key, as: new.listing)
        entries.append(Entry(listing: new.listing, sealed: sealed))
        entries.sort { $0.listing.name < $1.listing.name }
        return new
    }

    /// Replaces the signing key under a name once the chain has accepted the new one.
    package mutating func replace(_ new: ClientKey) throws(ClientError) {
        remove(new.name)
        try add(new)
    }

    package mutating func remove(_ name: Identifier) {
        entries.removeAll { $0.listing.name == name }
    }

    package func open(_ name: Identifier) throws(ClientError) -> ClientKey {
        guard let entry = entries.first(where: { $0.listing.name == name }) else {
            throw ClientError("REFERENCE", "the key store has no key named \(name.text)")
        }
        let bytes = try KeySealing.open(entry.sealed, under: key, as: entry.listing)
        return try ClientKey(listing: entry.listing, secretBytes: bytes)
    }
}
