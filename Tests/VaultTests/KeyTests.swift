import Foundation
import GRDB
import Primitives
import Testing
import Vault

@Suite("Without the right key the vault does nothing")
struct KeyTests {
    @Test("Without an operator's key no vault is made and none opens")
    func missingKey() throws {
        let root = try TemporaryDirectory.make()
        #expect(throws: VaultError.noOperatorKey(path: root + "/none")) {
            try ProfileVault.create(at: root + "/vault", operatorKeyPath: root + "/none")
        }
        #expect(!FileManager.default.fileExists(atPath: root + "/vault"))
        let fixture = try VaultFixture()
        try FileManager.default.removeItem(atPath: fixture.keyPath)
        #expect(throws: VaultError.noOperatorKey(path: fixture.keyPath)) { try fixture.reopen() }
    }

    @Test("A key file that others may read is refused", arguments: [0o640, 0o604, 0o660, 0o620])
    func openMode(mode: Int) throws {
        let fixture = try VaultFixture()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: fixture.keyPath)
        #expect(throws: VaultError.keyFileMode(path: fixture.keyPath, mode: UInt32(mode))) { try fixture.reopen() }
    }

    @Test("Key and database have mode 0600, and neither is ever overwritten")
    func modes() throws {
        let fixture = try VaultFixture()
        for path in [fixture.keyPath, fixture.directory + "/vault.sqlite"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600, "\(path)")
        }
        #expect(throws: VaultError.alreadyExists(path: fixture.keyPath)) {
            try OperatorKey.create(at: fixture.keyPath)
        }
        #expect(throws: VaultError.alreadyExists(path: fixture.directory + "/vault.sqlite")) {
            try ProfileVault.create(at: fixture.directory, operatorKeyPath: fixture.keyPath)
        }
    }

    @Test("Another operator's key opens nothing")
    func wrongKey() throws {
        let fixture = try VaultFixture()
        let other = fixture.root + "/other.key"
        try OperatorKey.create(at: other)
        #expect(throws: VaultError.wrongOperatorKey) { try fixture.reopen(keyPath: other) }
    }

    @Test("The key never lies beside the data, where one theft or backup takes both", arguments: ["", "/deep/"])
    func keyBesideData(folder: String) throws {
        let fixture = try VaultFixture()
        let path = fixture.directory + folder + "/operator.key"
        try FileManager.default.createDirectory(
            atPath: fixture.directory + folder,
            withIntermediateDirectories: true
        )
        try FileManager.default.copyItem(atPath: fixture.keyPath, toPath: path)
        #expect(throws: VaultError.keyBesideData(path: path)) { try fixture.reopen(keyPath: path) }
    }

    @Test("A symbolic link does not smuggle the key past that rule, and is not followed")
    func linkedKey() throws {
        let fixture = try VaultFixture()
        let link = fixture.root + "/link.key"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.keyPath)
        #expect(throws: VaultError.keyIsLink(path: link)) { try fixture.reopen(keyPath: link) }
    }

    @Test("Neither operator's nor subjects' keys stand in the database")
    func noKeysInDatabase() throws {
        let fixture = try VaultFixture()
        _ = try fixture.enrol()
        let text = try #require(FileManager.default.contents(atPath: fixture.keyPath))
        let bytes = try fixture.storedBytes()
        #expect(bytes.range(of: text.dropLast()) == nil)
        let raw = try #require(Hex.decode(String(decoding: text.dropLast(), as: UTF8.self)))
        #expect(bytes.range(of: Data(raw)) == nil)
    }

    @Test("A vault of another schema is refused with a clear message")
    func otherSchema() throws {
        let fixture = try VaultFixture()
        try fixture.database().write { try $0.execute(sql: "UPDATE vault SET version = 3") }
        #expect(throws: VaultError.newerSchema(3)) { try fixture.reopen() }
        try fixture.database().write { try $0.execute(sql: "UPDATE vault SET version = 1") }
        #expect(throws: VaultError.olderSchema(1)) { try fixture.reopen() }
    }

    @Test("A vault that is refused leaves no key behind, and a key that was there stays")
    func refusedVaultLeavesNothing() throws {
        let root = try TemporaryDirectory.make()
        let vault = root + "/vault"
        for key in [vault + "/operator.key", vault + "/deep/operator.key"] {
            #expect(throws: VaultError.keyBesideData(path: key)) {
                try ProfileVault.establish(at: vault, operatorKeyPath: key)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)

        // No directory can be made where a file is.
        try Data().write(to: URL(fileURLWithPath: vault))
        let key = root + "/operator.key"
        #expect(throws: VaultError.self) { try ProfileVault.establish(at: vault, operatorKeyPath: key) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["vault"])
        try OperatorKey.create(at: key)
        #expect(throws: VaultError.self) { try ProfileVault.establish(at: vault, operatorKeyPath: key) }
        #expect(FileManager.default.fileExists(atPath: key))

        let fixture = try VaultFixture()
        let other = fixture.root + "/other.key"
        #expect(throws: VaultError.alreadyExists(path: fixture.directory + "/vault.sqlite")) {
            try ProfileVault.establish(at: fixture.directory, operatorKeyPath: other)
        }
        #expect(!FileManager.default.fileExists(atPath: other))
    }

    @Test("A vault is established with a key of its own, or with one that is there")
    func established() throws {
        let root = try TemporaryDirectory.make()
        let key = root + "/operator.key"
        let made = try ProfileVault.establish(at: root + "/one", operatorKeyPath: key)
        let bytes = FileManager.default.contents(atPath: key)
        #expect(try made.accessLog().isEmpty)
        _ = try ProfileVault.establish(at: root + "/two", operatorKeyPath: key)
        #expect(FileManager.default.contents(atPath: key) == bytes)
        _ = try ProfileVault.open(root + "/one", operatorKeyPath: key)
    }

    @Test("A link that leads nowhere is a link, not a missing key")
    func danglingLink() throws {
        let root = try TemporaryDirectory.make()
        let link = root + "/link.key"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: root + "/none")
        #expect(throws: VaultError.keyIsLink(path: link)) {
            try ProfileVault.establish(at: root + "/vault", operatorKeyPath: link)
        }
    }
}
