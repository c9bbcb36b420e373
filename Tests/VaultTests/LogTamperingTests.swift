import Foundation
import GRDB
import Primitives
import Testing
import Vault

@Suite("Whoever changes the access log without the operator's key is found out")
struct LogTamperingTests {
    /// A vault with three reads in its log.
    private func logged() throws -> (fixture: VaultFixture, record: Digest) {
        let fixture = try VaultFixture()
        let (_, entry) = try fixture.enrol()
        for step in 0..<3 {
            _ = try fixture.vault.read(entry.reference, fixture.request(at: VaultFixture.noon + UInt64(step)))
        }
        #expect(try fixture.vault.accessLog().map(\.number) == [1, 2, 3])
        return (fixture, entry.reference)
    }

    @Test(
        "Entries that were changed, reordered, added or dropped, the newest and all of them too, and the head",
        arguments: [
            (
                "UPDATE access SET entry = (SELECT entry FROM access WHERE number = 3) WHERE number = 2",
                LogDamage.changed(entry: 2)
            ),
            (
                "UPDATE access SET number = CASE number WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE number END",
                .changed(entry: -3)
            ),
            ("UPDATE access SET code = zeroblob(32) WHERE number = 3", .changed(entry: 3)),
            ("DELETE FROM access WHERE number = 1", .missing(from: 1, through: 1)),
            ("DELETE FROM access WHERE number = 2", .missing(from: 2, through: 2)),
            ("DELETE FROM access WHERE number = 3", .missing(from: 3, through: 3)),
            ("DELETE FROM access WHERE number > 1", .missing(from: 2, through: 3)),
            ("DELETE FROM access", .missing(from: 1, through: 3)),
            ("INSERT INTO access SELECT 4, entry, code FROM access WHERE number = 3", .olderHead(3)),
            ("DELETE FROM accessHead", .head),
            ("UPDATE accessHead SET number = 2", .head),
            ("UPDATE accessHead SET (number, last, code) = (SELECT 2, code, code FROM access WHERE number = 2)", .head),
        ] as [(String, LogDamage)]
    )
    func found(statement: String, damage: LogDamage) throws {
        let (fixture, _) = try logged()
        try fixture.database().write { try $0.execute(sql: statement) }
        #expect(throws: VaultError.logTampered(damage)) { try fixture.vault.accessLog() }
        #expect(VaultError.logTampered(damage).code == "TAMPERED")
    }

    @Test("A log without rows and head is not taken for a new vault's")
    func allDropped() throws {
        let (fixture, record) = try logged()
        try fixture.database().write { database in
            try database.execute(sql: "DELETE FROM access")
            try database.execute(sql: "DELETE FROM accessHead")
        }
        #expect(throws: VaultError.logTampered(.head)) { try fixture.vault.accessLog() }
        // Nothing is read that could not be logged.
        #expect(throws: VaultError.logTampered(.head)) { try fixture.vault.read(record, fixture.request()) }
    }

    @Test(
        "A trigger or a view that would swallow entries is refused before anything is read",
        arguments: [
            "CREATE TRIGGER swallow BEFORE INSERT ON access BEGIN SELECT raise(IGNORE); END",
            "CREATE VIEW shadow AS SELECT * FROM access",
        ]
    )
    func strangers(statement: String) throws {
        let (fixture, record) = try logged()
        try fixture.database().write { try $0.execute(sql: statement) }
        #expect(throws: VaultError.tampered) { try fixture.vault.read(record, fixture.request()) }
        #expect(throws: VaultError.tampered) { try fixture.vault.accessLog() }
    }

    @Test("Entries that were dropped stay missing, whatever is read afterwards")
    func notHealed() throws {
        let (fixture, record) = try logged()
        try fixture.database().write { try $0.execute(sql: "DELETE FROM access WHERE number = 3") }
        _ = try fixture.vault.read(record, fixture.request())
        #expect(throws: VaultError.logTampered(.missing(from: 3, through: 3))) { try fixture.vault.accessLog() }
    }

    /// Puts the head, and all rows if asked, back to what they are before `change`.
    private func rollBack(
        _ fixture: VaultFixture,
        withRows: Bool,
        after change: () throws -> Void
    ) throws {
        let copy = fixture.root + "/older.sqlite"
        try FileManager.default.copyItem(atPath: fixture.directory + "/vault.sqlite", toPath: copy)
        try change()
        try fixture.database().writeWithoutTransaction { database in
            try database.execute(sql: "ATTACH ? AS older", arguments: [copy])
            for table in withRows ? ["accessHead", "access"] : ["accessHead"] {
                try database.execute(sql: "DELETE FROM main.\(table)")
                try database.execute(sql: "INSERT INTO main.\(table) SELECT * FROM older.\(table)")
            }
        }
    }

    @Test("An older head over newer rows is found, and nothing is added to it")
    func olderHead() throws {
        let (fixture, record) = try logged()
        try rollBack(fixture, withRows: false) { _ = try fixture.vault.read(record, fixture.request()) }
        #expect(throws: VaultError.logTampered(.olderHead(3))) { try fixture.vault.accessLog() }
        #expect(throws: VaultError.logTampered(.olderHead(3))) { try fixture.vault.read(record, fixture.request()) }
    }

    @Test("Head and rows of an older copy are what that copy was: only the number of entries, noted elsewhere, tells")
    func olderCopy() throws {
        let (fixture, record) = try logged()
        try rollBack(fixture, withRows: true) {
            _ = try fixture.vault.read(record, fixture.request())
            #expect(try fixture.vault.accessLog().count == 4)
        }
        #expect(try fixture.vault.accessLog().count == 3)
    }

    @Test("An older log under a new operator's key is found")
    func olderKey() throws {
        let (fixture, _) = try logged()
        let newPath = fixture.root + "/new.key"
        try rollBack(fixture, withRows: true) {
            _ = try ProfileVault.rekey(fixture.directory, operatorKeyPath: fixture.keyPath, newKeyPath: newPath)
        }
        #expect(throws: VaultError.logTampered(.head)) { try fixture.reopen(keyPath: newPath).accessLog() }
    }
}
