import AkashiClient
import Foundation
import LedgerCrypto
import Primitives
import Testing

@Suite("The key store keeps private keys to itself")
struct KeyStoreTests {
    static let passphrase = Array("correct horse battery staple".utf8)

    static func name(_ text: String) throws -> Identifier { try #require(Identifier(text)) }

    static func store(_ names: String...) throws -> KeyStore {
        var store = try KeyStore(passphrase: passphrase, strength: .random)
        for name in names { _ = try store.generate(try Self.name(name)) }
        return store
    }

    @Test("Keys come back from the file as they were")
    func roundTrip() throws {
        var store = try Self.store("buyer")
        let seller = try store.generate(Self.name("seller"))
        let read = try KeyStore(decoding: store.encoded, passphrase: Self.passphrase)
        let opened = try read.open(Self.name("seller"))
        #expect(opened.signing.bytes == seller.signing.bytes)
        #expect(opened.account == seller.account)
        #expect(opened.sealingKey == seller.sealingKey)
        #expect(read.listings.map(\.name.text) == ["buyer", "seller"])
    }

    @Test("Public halves are listed without the passphrase")
    func listing() throws {
        let store = try Self.store("buyer", "seller")
        #expect(try KeyStore.listings(of: store.encoded) == store.listings)
    }

    @Test("No private key stands in the file")
    func noSecrets() throws {
        var store = try Self.store()
        let key = try store.generate(Self.name("seller"))
        #expect(Data(store.encoded).range(of: Data(key.signing.bytes)) == nil)
        #expect(Data(store.encoded).range(of: Data(key.signing.publicKey.bytes)) != nil)
    }

    @Test("Another passphrase opens nothing")
    func wrongPassphrase() throws {
        let store = try Self.store("seller")
        let read = try KeyStore(decoding: store.encoded, passphrase: Array("wrong".utf8))
        let error = #expect(throws: ClientError.self) { try read.open(Self.name("seller")) }
        #expect(error?.code == "KEY")
        #expect(throws: ClientError.self) { try KeyStore(decoding: store.encoded, passphrase: []) }
    }

    @Test("A sealed key under another name or account does not open")
    func swapped() throws {
        let store = try Self.store("alpha", "bravo")
        let bytes = Data(store.encoded)
        let first = try #require(store.listings.first?.account.digest.bytes)
        let second = try #require(store.listings.last?.account.digest.bytes)
        var swapped = bytes
        let firstRange = try #require(bytes.range(of: Data(first)))
        let secondRange = try #require(bytes.range(of: Data(second)))
        swapped.replaceSubrange(firstRange, with: second)
        swapped.replaceSubrange(secondRange, with: first)
        let read = try KeyStore(decoding: Array(swapped), passphrase: Self.passphrase)
        #expect(throws: ClientError.self) { try read.open(Self.name("alpha")) }
        #expect(throws: ClientError.self) { try read.open(Self.name("bravo")) }
    }

    @Test("Every byte of the file counts")
    func altered() throws {
        let bytes = try Self.store("seller").encoded
        let name = try Self.name("seller")
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 0x01
            #expect(throws: ClientError.self, "byte \(position)") {
                let store = try KeyStore(decoding: altered, passphrase: Self.passphrase)
                _ = try store.open(name)
            }
        }
    }

    @Test("Two keys cannot have one name")
    func duplicate() throws {
        var store = try Self.store("seller")
        let error = #expect(throws: ClientError.self) { try store.generate(Self.name("seller")) }
        #expect(error?.code == "DUPLICATE")
    }

    @Test("A rotated key keeps account and sealing key")
    func rotation() throws {
        var store = try Self.store("seller")
        let old = try store.open(Self.name("seller"))
        try store.replace(old.rotated(to: PrivateKey.generate()))
        let new = try store.open(Self.name("seller"))
        #expect(new.account == old.account)
        #expect(new.sealingKey == old.sealingKey)
        #expect(new.signing.bytes != old.signing.bytes)
    }
}

@Suite("A secret file is its owner's alone")
struct SecretFileTests {
    @Test("It is written with mode 0600, replaced as a whole, and read back")
    func roundTrip() throws {
        let path = NSTemporaryDirectory() + "akashi-secret-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SecretFile.write([1, 2, 3], to: path)
        try SecretFile.write([4, 5], to: path)
        #expect(try SecretFile.read(path) == [4, 5])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
    }

    @Test("A file that others may read is refused", arguments: [0o640, 0o604, 0o644, 0o602])
    func mode(mode: Int) throws {
        let path = NSTemporaryDirectory() + "akashi-secret-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SecretFile.write([1], to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: ClientError.self) { try SecretFile.read(path) }
        #expect(error?.code == "KEY")
    }
}
