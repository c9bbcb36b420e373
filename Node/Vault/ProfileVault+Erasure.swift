internal import Foundation
internal import GRDB
package import Primitives

/// What is left of a person after erasure: the list that the person is given.
///
/// References are random, commitments hide their records and cannot be opened any more, pseudonyms come from a key
/// that is gone.
package struct ErasureReport: Hashable, Sendable {
    /// The name under which the person may appear in one context.
    package struct Pseudonym: Hashable, Sendable {
        package let context: Identifier
        package let pseudonym: Digest
    }

    package let subject: Digest
    /// What the chain may hold about the person's records.
    package let records: [ProfileVault.Entry]
    package let pseudonyms: [Pseudonym]
}

extension ProfileVault {
    /// What the chain may hold about a person, for the person.
    package func remains(of subject: Digest) throws(VaultError) -> ErasureReport {
        try reading { try list(of: subject, in: $0) }
    }

    /// Destroys a person's key, and with it everything that was stored under it, here and in every backup whose reader
    /// does not have this key from before.
    ///
    /// The key's row is overwritten, SQLite's `secure_delete` overwrites what the deletions free, and the file is
    /// rebuilt, so that neither the wrapped key nor a ciphertext stands in it any more. The erasure itself is logged.
    package func erase(_ subject: Digest, _ request: Request) throws(VaultError) -> ErasureReport {
        let report = try writing { database in
            let report = try list(of: subject, in: database)
            try log(request, subject, nil, .erased, in: database)
            try destroy(subject, in: database)
            return report
        }
        try storing { try database.vacuum() }
        return report
    }

    private func destroy(_ subject: Digest, in database: Database) throws {
        try database.execute(
            sql: "UPDATE subject SET state = ?, wrappedKey = NULL WHERE id = ?",
            arguments: [SubjectState.erased.rawValue, subject.blob]
        )
        try database.execute(
            sql: "UPDATE record SET wrappedKey = NULL, ciphertext = NULL WHERE subject = ?",
            arguments: [subject.blob]
        )
        try database.execute(sql: "DELETE FROM pseudonym WHERE subject = ?", arguments: [subject.blob])
        try database.execute(sql: "DELETE FROM consent WHERE subject = ?", arguments: [subject.blob])
    }

    private func list(of subject: Digest, in database: Database) throws -> ErasureReport {
        let subjectKey = try loadSubjectKey(subject, in: database)
        let records = try Row.fetchAll(
            database,
            sql: "SELECT reference, commitment FROM record WHERE subject = ? ORDER BY reference",
            arguments: [subject.blob]
        ).map { Entry(reference: try $0.digest("reference"), commitment: try $0.digest("commitment")) }
        let pseudonyms = try Row.fetchAll(
            database,
            sql: "SELECT pseudonym, context FROM pseudonym WHERE subject = ? ORDER BY pseudonym",
            arguments: [subject.blob]
        ).map { row in
            let pseudonym = try row.digest("pseudonym")
            let bytes = try Sealing.open(
                row.bytes("context"),
                under: subjectKey.wrapping,
                as: .context(subject: subject, pseudonym: pseudonym)
            )
            guard let context = Identifier(bytes: bytes) else { throw VaultError.tampered }
            return ErasureReport.Pseudonym(context: context, pseudonym: pseudonym)
        }
        return ErasureReport(subject: subject, records: records, pseudonyms: pseudonyms)
    }
}
