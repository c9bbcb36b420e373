internal import Foundation
internal import GRDB
package import Primitives

/// A person's permission to read for one purpose.
package struct VaultConsent: Hashable, Sendable {
    package let purpose: Identifier
    /// Milliseconds since 1970.
    package let granted: UInt64
    package let until: UInt64
    package let withdrawn: UInt64?

    package func isLive(at now: UInt64) -> Bool {
        granted <= now && now < until && withdrawn == nil
    }
}

extension ProfileVault {
    /// Records a person's consent; a new one for the same purpose replaces the old.
    package func grant(_ purpose: Identifier, of subject: Digest, until: UInt64, now: UInt64) throws(VaultError) {
        try writing { database in
            _ = try loadSubjectKey(subject, in: database)
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO consent (subject, purpose, granted, until, withdrawn)
                    VALUES (?, ?, ?, ?, NULL)
                    """,
                arguments: [subject.blob, purpose.text, Int64(clamping: now), Int64(clamping: until)]
            )
        }
    }

    /// Withdraws a consent: from now on no read for this purpose is allowed.
    package func withdraw(_ purpose: Identifier, of subject: Digest, now: UInt64) throws(VaultError) {
        try writing { database in
            try database.execute(
                sql: "UPDATE consent SET withdrawn = ? WHERE subject = ? AND purpose = ? AND withdrawn IS NULL",
                arguments: [Int64(clamping: now), subject.blob, purpose.text]
            )
            guard database.changesCount == 1 else { throw VaultError.noConsent }
        }
    }

    package func consents(of subject: Digest) throws(VaultError) -> [VaultConsent] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM consent WHERE subject = ? ORDER BY purpose",
                arguments: [subject.blob]
            ).map(VaultConsent.init(row:))
        }
    }

    func consent(_ purpose: Identifier, of subject: Digest, in database: Database) throws -> VaultConsent? {
        try Row.fetchOne(
            database,
            sql: "SELECT * FROM consent WHERE subject = ? AND purpose = ?",
            arguments: [subject.blob, purpose.text]
        ).map(VaultConsent.init(row:))
    }

    /// Keeps a profile but lets nobody read it, or lifts that.
    package func restrict(_ subject: Digest, _ isRestricted: Bool) throws(VaultError) {
        let state = isRestricted ? SubjectState.restricted : SubjectState.active
        try writing { database in
            _ = try loadSubjectKey(subject, in: database)
            try database.execute(
                sql: "UPDATE subject SET state = ? WHERE id = ?",
                arguments: [state.rawValue, subject.blob]
            )
        }
    }

    package func state(of subject: Digest) throws(VaultError) -> SubjectState {
        try reading { try loadState(subject, in: $0) }
    }

    func loadState(_ subject: Digest, in database: Database) throws -> SubjectState {
        let text = try String.fetchOne(
            database,
            sql: "SELECT state FROM subject WHERE id = ?",
            arguments: [subject.blob]
        )
        guard let text else { throw VaultError.unknownSubject }
        guard let state = SubjectState(rawValue: text) else { throw VaultError.tampered }
        return state
    }
}

extension VaultConsent {
    init(row: Row) throws {
        let text: String = row["purpose"]
        guard let purpose = Identifier(text) else { throw VaultError.tampered }
        let granted: Int64 = row["granted"]
        let until: Int64 = row["until"]
        let withdrawn: Int64? = row["withdrawn"]
        self.init(
            purpose: purpose,
            granted: UInt64(clamping: granted),
            until: UInt64(clamping: until),
            withdrawn: withdrawn.map { UInt64(clamping: $0) }
        )
    }
}
