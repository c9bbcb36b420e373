import Foundation
import GRDB
import LedgerCrypto
import Primitives
import Testing
import Vault

@Suite("The vault keeps nothing readable")
struct StorageTests {
    @Test("A record comes back as it was put, for a purpose that the person consented to")
    func roundTrip() throws {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        let opened = try fixture.reopen().read(entry.reference, fixture.request())
        #expect(opened.profile == VaultFixture.profile)
        #expect(opened.commitment == entry.commitment)
    }

    @Test("No file of the vault holds a word of a profile in plain text")
    func noPlainText() throws {
        let fixture = try VaultFixture()
        _ = try fixture.enrol()
        let bytes = try fixture.storedBytes()
        let profile = VaultFixture.profile
        for text in [profile.id, profile.userName, profile.email, profile.gender] {
            #expect(!bytes.contains(text), "\(text) stands in the database")
        }
        #expect(bytes.range(of: Data(profile.encoded)) == nil)
    }

    @Test("Data of an unknown owner is refused, not stored in plain text")
    func unknownOwner() throws {
        let fixture = try VaultFixture()
        let nobody = SHA256Function.digest(of: Array("nobody".utf8))
        #expect(throws: VaultError.unknownSubject) {
            try fixture.vault.put(VaultFixture.profile, of: nobody, now: VaultFixture.noon)
        }
        let count = try fixture.database().read { try Int.fetchOne($0, sql: "SELECT count(*) FROM record") }
        #expect(count == 0)
        #expect(try !fixture.storedBytes().contains(VaultFixture.profile.email))
    }

    @Test("What the chain sees cannot be guessed: the same profile gives another reference and commitment each time")
    func commitmentsHide() throws {
        let fixture = try VaultFixture()
        let (subject, first) = try fixture.enrol()
        let second = try fixture.vault.put(VaultFixture.profile, of: subject, now: VaultFixture.noon)
        #expect(first.reference != second.reference)
        #expect(first.commitment != second.commitment)
        let encoded = VaultFixture.profile.encoded
        #expect(first.commitment != SHA256Function.digest(of: encoded))
        #expect(first.commitment != Commitment.digest(blinding: [UInt8](repeating: 0, count: 32), record: encoded))
    }

    @Test("A commitment opens with its blinding and record only")
    func commitmentsBind() throws {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        let opened = try fixture.vault.read(entry.reference, fixture.request())
        #expect(Commitment.digest(blinding: opened.blinding, record: opened.profile.encoded) == entry.commitment)
        var older = opened.profile
        older.age += 1
        #expect(Commitment.digest(blinding: opened.blinding, record: older.encoded) != entry.commitment)
        #expect(
            Commitment.digest(blinding: opened.blinding + [1], record: [2])
                != Commitment.digest(blinding: opened.blinding, record: [1, 2])
        )
    }

    @Test("Changed ciphertext is refused, wherever the change is", arguments: ["ciphertext", "wrappedKey"])
    func tampered(column: String) throws {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        try fixture.database().write { database in
            var bytes = try #require(try Data.fetchOne(database, sql: "SELECT \(column) FROM record"))
            bytes[bytes.count / 2] ^= 1
            try database.execute(sql: "UPDATE record SET \(column) = ?", arguments: [bytes])
        }
        #expect(throws: VaultError.tampered) { try fixture.vault.read(entry.reference, fixture.request()) }
    }

    @Test("Ciphertext that is moved to another record does not open there")
    func moved() throws {
        let fixture = try VaultFixture()
        let (subject, first) = try fixture.enrol()
        let second = try fixture.vault.put(VaultFixture.profile, of: subject, now: VaultFixture.noon)
        try fixture.database().write { database in
            try database.execute(
                sql: """
                    UPDATE record SET (wrappedKey, ciphertext, commitment) =
                        (SELECT wrappedKey, ciphertext, commitment FROM record WHERE reference = ?) WHERE reference = ?
                    """,
                arguments: [Data(first.reference.bytes), Data(second.reference.bytes)]
            )
        }
        #expect(throws: VaultError.tampered) { try fixture.vault.read(second.reference, fixture.request()) }
    }

    @Test("A profile that could not be read back is refused")
    func badProfiles() throws {
        let fixture = try VaultFixture()
        let subject = try fixture.vault.addSubject(now: VaultFixture.noon)
        for change in [
            { (profile: inout Profile) in profile.age = 151 },
            { (profile: inout Profile) in profile.nationality = "Japan" },
            { (profile: inout Profile) in profile.email = "" },
            { (profile: inout Profile) in profile.id = String(repeating: "x", count: 321) },
        ] {
            var profile = VaultFixture.profile
            change(&profile)
            let refused = profile
            let error = #expect(throws: VaultError.self) {
                try fixture.vault.put(refused, of: subject, now: VaultFixture.noon)
            }
            #expect(error?.code == "SCHEMA")
        }
    }

    @Test("One person has one pseudonym per context, unlike any other person's or context's")
    func pseudonyms() throws {
        let fixture = try VaultFixture()
        let one = try fixture.vault.addSubject(now: VaultFixture.noon)
        let other = try fixture.vault.addSubject(now: VaultFixture.noon)
        let market = VaultFixture.identifier("marketplace")
        let field = VaultFixture.identifier("field")
        let name = try fixture.vault.pseudonym(of: one, in: market)
        #expect(try fixture.reopen().pseudonym(of: one, in: market) == name)
        #expect(try fixture.vault.pseudonym(of: one, in: field) != name)
        #expect(try fixture.vault.pseudonym(of: other, in: market) != name)
        #expect(try !fixture.storedBytes().contains("marketplace"))
    }
}
