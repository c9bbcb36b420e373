import Foundation
import GRDB
import Primitives
import Testing
import Vault

@Suite("Erasure destroys the person's key and records that it did")
struct ErasureTests {
    @Test("After erasure neither wrapped key nor ciphertext stands in any file")
    func gone() throws {
        let fixture = try VaultFixture()
        let (subject, _) = try fixture.enrol()
        let wrapped = try fixture.wrappedKey(of: subject)
        let ciphertext = try fixture.database().read { database in
            try #require(try Data.fetchOne(database, sql: "SELECT ciphertext FROM record"))
        }
        #expect(try fixture.storedBytes().range(of: wrapped) != nil)
        #expect(try fixture.storedBytes().range(of: ciphertext) != nil)

        _ = try fixture.vault.erase(subject, fixture.request())

        let bytes = try fixture.storedBytes()
        #expect(bytes.range(of: wrapped) == nil)
        #expect(bytes.range(of: ciphertext) == nil)
        // Not even a part: pages are overwritten, not only unlinked.
        #expect(bytes.range(of: wrapped.dropFirst(12).prefix(16)) == nil)
        #expect(bytes.range(of: ciphertext.dropFirst(12).prefix(16)) == nil)
    }

    @Test("An erased person's records do not open, and nothing can be added")
    func refused() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        _ = try fixture.vault.erase(subject, fixture.request())
        #expect(try fixture.vault.state(of: subject) == .erased)
        #expect(throws: VaultError.erasedSubject) { try fixture.vault.read(entry.reference, fixture.request()) }
        #expect(throws: VaultError.erasedSubject) {
            try fixture.vault.put(VaultFixture.profile, of: subject, now: VaultFixture.noon)
        }
        #expect(throws: VaultError.erasedSubject) {
            try fixture.vault.pseudonym(of: subject, in: VaultFixture.identifier("marketplace"))
        }
        #expect(throws: VaultError.erasedSubject) { try fixture.vault.erase(subject, fixture.request()) }
        #expect(throws: VaultError.erasedSubject) { try fixture.vault.restrict(subject, false) }
    }

    @Test("Erasure is recorded, unlike a predecessor's un-enrolment that left no trace")
    func recorded() throws {
        let fixture = try VaultFixture()
        let (subject, _) = try fixture.enrol()
        _ = try fixture.vault.erase(subject, fixture.request())
        let log = try fixture.reopen().accessLog(of: subject)
        #expect(log.map(\.outcome) == [.erased])
        #expect(log.first?.reader == VaultFixture.carer)
    }

    @Test("What stays on the chain is listed for the person, and the links to the person go")
    func remains() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let market = VaultFixture.identifier("marketplace")
        let pseudonym = try fixture.vault.pseudonym(of: subject, in: market)
        let before = try fixture.vault.remains(of: subject)
        let report = try fixture.vault.erase(subject, fixture.request())
        #expect(report == before)
        #expect(report.records == [entry])
        #expect(report.pseudonyms.map(\.context) == [market])
        #expect(report.pseudonyms.map(\.pseudonym) == [pseudonym])
        #expect(try fixture.storedBytes().range(of: Data(pseudonym.bytes)) == nil)
    }

    @Test("Erasing one person leaves every other person's records readable")
    func others() throws {
        let fixture = try VaultFixture()
        let (erased, _) = try fixture.enrol()
        let (_, kept) = try fixture.enrol()
        _ = try fixture.vault.erase(erased, fixture.request())
        #expect(try fixture.vault.read(kept.reference, fixture.request()).profile == VaultFixture.profile)
    }

    @Test("A record restored from a backup does not open once the person's key is destroyed")
    func restored() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let (wrapped, ciphertext) = try fixture.database().read { database in
            let row = try #require(try Row.fetchOne(database, sql: "SELECT wrappedKey, ciphertext FROM record"))
            let wrapped: Data = row["wrappedKey"]
            let ciphertext: Data = row["ciphertext"]
            return (wrapped, ciphertext)
        }
        _ = try fixture.vault.erase(subject, fixture.request())
        try fixture.database().write { database in
            try database.execute(
                sql: "UPDATE record SET wrappedKey = ?, ciphertext = ?",
                arguments: [wrapped, ciphertext]
            )
            try database.execute(sql: "UPDATE subject SET state = 'ACTIVE'")
        }
        #expect(throws: VaultError.erasedSubject) { try fixture.vault.remains(of: subject) }
        // Another person's key does not serve either: each is bound to its person.
        let other = try fixture.vault.addSubject(now: VaultFixture.noon)
        try fixture.database().write { database in
            try database.execute(
                sql: "UPDATE subject SET wrappedKey = (SELECT wrappedKey FROM subject WHERE id = ?) WHERE id = ?",
                arguments: [Data(other.bytes), Data(subject.bytes)]
            )
            try database.execute(
                sql: "INSERT INTO consent VALUES (?, 'care', 0, ?, NULL)",
                arguments: [Data(subject.bytes), Int64.max]
            )
        }
        #expect(throws: VaultError.tampered) { try fixture.vault.read(entry.reference, fixture.request()) }
    }
}
