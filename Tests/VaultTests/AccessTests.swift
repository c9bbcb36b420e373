import Foundation
import GRDB
import Primitives
import Testing
import Vault

@Suite("Every read has a purpose, a consent and an entry in the log")
struct AccessTests {
    @Test("A read without the person's consent is refused and logged")
    func unauthorised() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let marketing = fixture.request(purpose: VaultFixture.identifier("marketing"))
        #expect(throws: VaultError.noConsent) { try fixture.vault.read(entry.reference, marketing) }
        let log = try fixture.vault.accessLog(of: subject)
        #expect(log.map(\.outcome) == [.denied])
        #expect(log.first?.reference == entry.reference)
        #expect(log.first?.purpose == marketing.purpose)
    }

    @Test("A read is in the log, with reader and purpose, for the person to see")
    func logged() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        _ = try fixture.vault.read(entry.reference, fixture.request())
        let log = try fixture.vault.accessLog(of: subject)
        #expect(log.map(\.outcome) == [.allowed])
        #expect(log.first?.reader == VaultFixture.carer)
        #expect(log.first?.time == VaultFixture.noon)
    }

    @Test("The entry comes before the key: a read that fails on changed bytes is logged all the same")
    func loggedBeforeKey() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        try fixture.database().write {
            try $0.execute(sql: "UPDATE record SET ciphertext = ?", arguments: [Data(repeating: 7, count: 100)])
        }
        #expect(throws: VaultError.tampered) { try fixture.vault.read(entry.reference, fixture.request()) }
        #expect(try fixture.vault.accessLog(of: subject).map(\.outcome) == [.allowed])
    }

    @Test(
        "An access served on the chain needs no consent in the vault, and is logged; restriction and erasure still stop it"
    )
    func served() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        let research = fixture.request(purpose: VaultFixture.identifier("research"))
        let opened = try fixture.vault.read(entry.reference, research, by: .served(access: .zero))
        #expect(opened.profile == VaultFixture.profile)
        #expect(try fixture.vault.accessLog(of: subject).map(\.outcome) == [.allowed])
        try fixture.vault.restrict(subject, true)
        #expect(throws: VaultError.restrictedSubject) {
            try fixture.vault.read(entry.reference, research, by: .served(access: .zero))
        }
        _ = try fixture.vault.erase(subject, research)
        #expect(throws: VaultError.erasedSubject) {
            try fixture.vault.read(entry.reference, research, by: .served(access: .zero))
        }
    }

    @Test("A consent ends at its end and at its withdrawal")
    func consentEnds() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        #expect(throws: VaultError.noConsent) {
            try fixture.vault.read(entry.reference, fixture.request(at: VaultFixture.noon + 1000))
        }
        _ = try fixture.vault.read(entry.reference, fixture.request(at: VaultFixture.noon + 999))
        try fixture.vault.withdraw(VaultFixture.care, of: subject, now: VaultFixture.noon + 10)
        #expect(throws: VaultError.noConsent) {
            try fixture.vault.read(entry.reference, fixture.request(at: VaultFixture.noon + 20))
        }
        #expect(throws: VaultError.noConsent) {
            try fixture.vault.withdraw(VaultFixture.care, of: subject, now: VaultFixture.noon + 30)
        }
        #expect(try fixture.vault.consents(of: subject).map(\.withdrawn) == [VaultFixture.noon + 10])
    }

    @Test("A restricted profile is kept and not read, until the restriction is lifted")
    func restricted() throws {
        let fixture = try VaultFixture()
        let (subject, entry) = try fixture.enrol()
        try fixture.vault.restrict(subject, true)
        #expect(throws: VaultError.restrictedSubject) {
            try fixture.vault.read(entry.reference, fixture.request())
        }
        try fixture.vault.restrict(subject, false)
        #expect(try fixture.vault.read(entry.reference, fixture.request()).profile == VaultFixture.profile)
    }

    @Test("An unknown record has no owner to ask, and is refused")
    func unknownRecord() throws {
        let fixture = try VaultFixture()
        #expect(throws: VaultError.unknownRecord) { try fixture.vault.read(.zero, fixture.request()) }
    }
}
