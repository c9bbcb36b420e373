internal import Foundation
internal import GRDB
internal import LedgerCrypto
package import Primitives

/// Personal data off the chain: profiles in SQLite, encrypted per record, the record keys under one key per person, the
/// persons' keys under the operator's.
///
/// The chain sees a random reference and a hiding commitment of each record. Whoever has the database without the
/// operator's key has nothing; whoever erases a person's key has erased the person.
package struct ProfileVault: Sendable {
    let database: DatabaseQueue
    let key: OperatorKey

    /// What the chain may be told about a record.
    package struct Entry: Hashable, Sendable {
        package let reference: Digest
        package let commitment: Digest
    }

    static let fileName = "vault.sqlite"

    /// Enters a person: a random id and a key of its own. Nothing is known about it yet.
    package func addSubject(now: UInt64) throws(VaultError) -> Digest {
        guard let subject = Digest(randomBytes(count: Digest.byteCount)) else { throw .tampered }
        let wrapped = try Sealing.seal(SecretKey.generate(), under: key.wrapping, as: .subjectKey(subject: subject))
        try writing {
            try $0.execute(
                sql: "INSERT INTO subject (id, state, wrappedKey, created) VALUES (?, 'ACTIVE', ?, ?)",
                arguments: [subject.blob, wrapped.blob, Int64(clamping: now)]
            )
        }
        return subject
    }

    /// Stores a profile of a known person. Without the person's key it refuses; there is no other way in.
    package func put(_ profile: Profile, of subject: Digest, now: UInt64) throws(VaultError) -> Entry {
        try profile.check()
        guard let reference = Digest(randomBytes(count: Digest.byteCount)) else { throw .tampered }
        let blinding = randomBytes(count: Commitment.blindingByteCount)
        let record = profile.encoded
        let commitment = Commitment.digest(blinding: blinding, record: record)
        let recordKey = SecretKey.generate()
        let sealed = try Sealing.seal(
            StoredRecord(blinding: blinding, record: record).encoded,
            under: SecretKey(bytes: recordKey),
            as: .record(subject: subject, reference: reference)
        )
        try writing { database in
            let subjectKey = try loadSubjectKey(subject, in: database)
            let wrapped = try Sealing.seal(
                recordKey,
                under: subjectKey.wrapping,
                as: .recordKey(subject: subject, reference: reference)
            )
            try database.execute(
                sql: """
                    INSERT INTO record (reference, subject, commitment, wrappedKey, ciphertext, created)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    reference.blob, subject.blob, commitment.blob, wrapped.blob, sealed.blob,
                    Int64(clamping: now),
                ]
            )
        }
        return Entry(reference: reference, commitment: commitment)
    }

    /// The person's name in one context, for instance one contract; kept, sealed, so that the person can be shown all.
    package func pseudonym(of subject: Digest, in context: Identifier) throws(VaultError) -> Digest {
        try writing { database in
            let subjectKey = try loadSubjectKey(subject, in: database)
            let pseudonym = subjectKey.pseudonym(in: context)
            let sealed = try Sealing.seal(
                context.bytes,
                under: subjectKey.wrapping,
                as: .context(subject: subject, pseudonym: pseudonym)
            )
            try database.execute(
                sql: "INSERT OR IGNORE INTO pseudonym (pseudonym, subject, context) VALUES (?, ?, ?)",
                arguments: [pseudonym.blob, subject.blob, sealed.blob]
            )
            return pseudonym
        }
    }

    /// A person's key, unwrapped; refuses a person who is unknown or erased.
    func loadSubjectKey(_ subject: Digest, in database: Database) throws -> SubjectKey {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT state, wrappedKey FROM subject WHERE id = ?",
            arguments: [subject.blob]
        )
        guard let row else { throw VaultError.unknownSubject }
        let wrapped = row.bytes("wrappedKey")
        guard row["state"] != SubjectState.erased.rawValue, !wrapped.isEmpty else { throw VaultError.erasedSubject }
        return SubjectKey(
            bytes: try Sealing.open(wrapped, under: key.wrapping, as: .subjectKey(subject: subject))
        )
    }
}

/// Where a person's profile stands (contracts.md, "Consent and the vault").
package enum SubjectState: String, Hashable, Sendable {
    case active = "ACTIVE"
    case restricted = "RESTRICTED"
    case erased = "ERASED"
}

/// What is encrypted: the record together with its blinding, which is as secret.
struct StoredRecord {
    let blinding: [UInt8]
    let record: [UInt8]

    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: record.count + 48)
        encoder.array(2)
        encoder.byteString(blinding)
        encoder.byteString(record)
        return encoder.bytes
    }

    init(blinding: [UInt8], record: [UInt8]) {
        self.blinding = blinding
        self.record = record
    }

    init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 2)
        blinding = try decoder.byteString(exactly: Commitment.blindingByteCount)
        record = try decoder.byteString(atMost: .max)
        try decoder.finish()
    }
}
