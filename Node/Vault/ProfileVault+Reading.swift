internal import Foundation
internal import GRDB
package import Primitives

extension ProfileVault {
    /// Who reads, and what for.
    package struct Request: Hashable, Sendable {
        package let reader: Identifier
        package let purpose: Identifier
        /// Milliseconds since 1970.
        package let now: UInt64

        package init(reader: Identifier, purpose: Identifier, now: UInt64) {
            self.reader = reader
            self.purpose = purpose
            self.now = now
        }
    }

    /// What lets a read happen.
    package enum Authorisation: Hashable, Sendable {
        /// A live consent that the person gave to this vault.
        case consent
        /// An access that stands as SERVED on the chain, where the person's consent was checked in the same block.
        case served(access: Digest)
    }

    /// A record with what opens its commitment, for the person or for somebody the person shows it to.
    package struct Opened: Hashable, Sendable {
        package let profile: Profile
        package let blinding: [UInt8]
        package let commitment: Digest
    }

    /// Reads a record for a named purpose that the person consented to, here or on the chain.
    ///
    /// The entry in the access log is durable *before* any key is unwrapped, a refusal's too: a read that the log does
    /// not show cannot have happened.
    package func read(
        _ reference: Digest,
        _ request: Request,
        by authorisation: Authorisation = .consent
    ) throws(VaultError) -> Opened {
        let decision: Result<Digest, VaultError> = try writing { database in
            let subject = try owner(of: reference, in: database)
            let refusal = try self.refusal(of: request, by: authorisation, about: subject, in: database)
            try log(request, subject, reference, refusal == nil ? .allowed : .denied, in: database)
            return refusal.map { .failure($0) } ?? .success(subject)
        }
        let subject = try decision.get()
        return try reading { try open(reference, of: subject, in: $0) }
    }

    /// The whole access log, checked.
    package func accessLog() throws(VaultError) -> [AccessEntry] {
        try reading { try AccessLog.entries(under: key, in: $0) }
    }

    /// What is in the log about one person: the person's own view.
    package func accessLog(of subject: Digest) throws(VaultError) -> [AccessEntry] {
        try accessLog().filter { $0.subject == subject }
    }

    func log(
        _ request: Request,
        _ subject: Digest,
        _ reference: Digest?,
        _ outcome: AccessEntry.Outcome,
        in database: Database
    ) throws {
        let entry = AccessEntry(
            number: 0,
            time: request.now,
            subject: subject,
            reference: reference,
            reader: request.reader,
            purpose: request.purpose,
            outcome: outcome
        )
        try AccessLog.append(entry, under: key, in: database)
    }

    private func refusal(
        of request: Request,
        by authorisation: Authorisation,
        about subject: Digest,
        in database: Database
    ) throws -> VaultError? {
        switch try loadState(subject, in: database) {
        case .erased: return .erasedSubject
        case .restricted: return .restrictedSubject
        case .active: break
        }
        if case .served = authorisation { return nil }
        let consent = try consent(request.purpose, of: subject, in: database)
        return consent?.isLive(at: request.now) == true ? nil : .noConsent
    }

    private func owner(of reference: Digest, in database: Database) throws -> Digest {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT subject FROM record WHERE reference = ?",
            arguments: [reference.blob]
        )
        guard let row else { throw VaultError.unknownRecord }
        return try row.digest("subject")
    }

    private func open(_ reference: Digest, of subject: Digest, in database: Database) throws -> Opened {
        let subjectKey = try loadSubjectKey(subject, in: database)
        let row = try Row.fetchOne(
            database,
            sql: "SELECT commitment, wrappedKey, ciphertext FROM record WHERE reference = ? AND subject = ?",
            arguments: [reference.blob, subject.blob]
        )
        guard let row else { throw VaultError.unknownRecord }
        let recordKey = try Sealing.open(
            row.bytes("wrappedKey"),
            under: subjectKey.wrapping,
            as: .recordKey(subject: subject, reference: reference)
        )
        let plain = try Sealing.open(
            row.bytes("ciphertext"),
            under: SecretKey(bytes: recordKey),
            as: .record(subject: subject, reference: reference)
        )
        let stored = try StoredRecord(decoding: plain)
        let commitment = try row.digest("commitment")
        guard Commitment.digest(blinding: stored.blinding, record: stored.record) == commitment else {
            throw VaultError.tampered
        }
        return Opened(
            profile: try Profile(decoding: stored.record),
            blinding: stored.blinding,
            commitment: commitment
        )
    }
}
