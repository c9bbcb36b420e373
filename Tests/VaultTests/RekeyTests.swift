import Foundation
import GRDB
import Primitives
import Testing
import Vault

@Suite("The operator's key can be replaced")
struct RekeyTests {
    private func rekey(_ fixture: VaultFixture) throws -> (vault: ProfileVault, keyPath: String) {
        let path = fixture.root + "/new.key"
        return (
            try ProfileVault.rekey(fixture.directory, operatorKeyPath: fixture.keyPath, newKeyPath: path), path
        )
    }

    @Test("The new key opens everything: records, pseudonyms, the log; the old one nothing")
    func replaced() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let market = VaultFixture.identifier("marketplace")
        let pseudonym = try fixture.vault.pseudonym(of: subject, in: market)
        _ = try fixture.vault.read(entry.reference, fixture.request())
        let log = try fixture.vault.accessLog()

        let (_, newPath) = try rekey(fixture)
        let mode = try FileManager.default.attributesOfItem(atPath: newPath)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(FileManager.default.fileExists(atPath: fixture.keyPath), "older copies may still need it")
        #expect(throws: VaultError.wrongOperatorKey) { try fixture.reopen() }

        let vault = try fixture.reopen(keyPath: newPath)
        #expect(try vault.accessLog() == log)
        #expect(try vault.read(entry.reference, fixture.request()).profile == VaultFixture.profile)
        #expect(try vault.accessLog().count == log.count + 1)
        #expect(try vault.pseudonym(of: subject, in: market) == pseudonym)
        _ = try vault.erase(subject, fixture.request())
    }

    @Test("What the old key had wrapped stands in no file any more")
    func overwritten() throws {
        let fixture = try VaultFixture()
        let (subject, _) = try fixture.enrol()
        let wrapped = try fixture.wrappedKey(of: subject)
        #expect(try fixture.storedBytes().range(of: wrapped) != nil)
        _ = try rekey(fixture)
        #expect(try fixture.storedBytes().range(of: wrapped.dropFirst(12).prefix(16)) == nil)
        #expect(try fixture.wrappedKey(of: subject) != wrapped)
    }

    @Test("An erased person stays erased")
    func erased() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        _ = try fixture.vault.erase(subject, fixture.request())
        let (vault, _) = try rekey(fixture)
        #expect(throws: VaultError.erasedSubject) { try vault.read(entry.reference, fixture.request()) }
    }

    @Test("Who opened the vault before writes nothing under the old key")
    func opened() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let (vault, _) = try rekey(fixture)
        #expect(throws: VaultError.wrongOperatorKey) { try fixture.vault.addSubject(now: VaultFixture.noon) }
        #expect(throws: VaultError.wrongOperatorKey) {
            try fixture.vault.put(VaultFixture.profile, of: subject, now: VaultFixture.noon)
        }
        #expect(throws: VaultError.wrongOperatorKey) { try fixture.vault.read(entry.reference, fixture.request()) }
        #expect(throws: VaultError.wrongOperatorKey) { try fixture.vault.accessLog() }
        #expect(try vault.accessLog().isEmpty)
    }

    @Test("Done again after a crash it finishes, whether the new key had come into use or not")
    func again() throws {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        // The crash came after the new key's file was written.
        try OperatorKey.create(at: fixture.root + "/new.key")
        #expect(try fixture.reopen().accessLog().isEmpty)
        _ = try rekey(fixture)
        // The crash came before the old key's owner heard of the end.
        let (vault, _) = try rekey(fixture)
        #expect(try vault.read(entry.reference, fixture.request()).profile == VaultFixture.profile)
    }

    @Test("A failure in the middle leaves all as it was")
    func rolledBack() throws {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        let (other, _) = try fixture.enrol()
        try fixture.database().write {
            try $0.execute(
                sql: "UPDATE subject SET wrappedKey = zeroblob(60) WHERE id = ?",
                arguments: [Data(other.bytes)]
            )
        }
        let before = try fixture.storedBytes()
        #expect(throws: VaultError.tampered) { try rekey(fixture) }
        #expect(try fixture.storedBytes() == before)
        #expect(try fixture.vault.read(entry.reference, fixture.request()).profile == VaultFixture.profile)
    }

    @Test("A log that is not whole is not made whole by a new key")
    func damagedLog() throws {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        _ = try fixture.vault.read(entry.reference, fixture.request())
        try fixture.database().write { try $0.execute(sql: "DELETE FROM access") }
        #expect(throws: VaultError.logTampered(.missing(from: 1, through: 1))) { try rekey(fixture) }
        #expect(throws: VaultError.logTampered(.missing(from: 1, through: 1))) { try fixture.reopen().accessLog() }
    }

    @Test("The wrong old key, the same key again, and a place in the vault's directory are refused, and leave no file")
    func refused() throws {
        let fixture = try VaultFixture()
        let wrong = fixture.root + "/wrong.key"
        let new = fixture.root + "/new.key"
        try OperatorKey.create(at: wrong)
        func rekey(from old: String, to new: String) throws {
            _ = try ProfileVault.rekey(fixture.directory, operatorKeyPath: old, newKeyPath: new)
        }
        #expect(throws: VaultError.wrongOperatorKey) { try rekey(from: wrong, to: new) }
        let inside = fixture.directory + "/new.key"
        #expect(throws: VaultError.keyBesideData(path: inside)) { try rekey(from: fixture.keyPath, to: inside) }
        #expect(throws: VaultError.alreadyExists(path: fixture.keyPath)) {
            try rekey(from: fixture.keyPath, to: fixture.keyPath)
        }
        #expect(!FileManager.default.fileExists(atPath: new))
        #expect(!FileManager.default.fileExists(atPath: inside))
        _ = try fixture.reopen()
    }
}
