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
        #expect(throws: VaultError.noOperatorKey(path: link)) { try fixture.reopen(keyPath: link) }
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

    @Test("A vault of a newer schema is refused with a clear message")
    func newerSchema() throws {
        let fixture = try VaultFixture()
        try fixture.database().write { try $0.execute(sql: "UPDATE vault SET version = 2") }
        #expect(throws: VaultError.newerSchema(2)) { try fixture.reopen() }
    }
}
