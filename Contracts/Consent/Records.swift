package import ContractKit
internal import Governance
package import Primitives

package enum RecordState: UInt64, Choice {
    case active = 1
    case restricted = 2

    package var name: String {
        switch self {
        case .active: "ACTIVE"
        case .restricted: "RESTRICTED"
        }
    }
}

/// That a vault keeps something about a subject, without saying what: a random id and a commitment that hides the
/// data behind a random salt.
package struct RecordRow: Record, Hashable {
    package var custodian = AccountID.unset
    package var pseudonym = AccountID.unset
    package var dataClass = DataClass.profile
    package var commitment = Digest.zero
    package var state = RecordState.active
    /// Counts the commitments, which a custodian replaces when the data changes.
    package var revision: UInt64 = 1

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "custodian", &custodian)
        try visitor.account(2, "pseudonym", &pseudonym)
        try visitor.choice(3, "data_class", &dataClass)
        try visitor.digest(4, "commitment", &commitment)
        try visitor.choice(5, "state", &state)
        try visitor.unsigned(6, "revision", &revision, in: 1...UInt64.max)
    }
}

/// A custodian commits to a record, the first time or again after the data changed.
package struct CommitRecord: ContractMethod {
    package static let name = "commit-record"
    package static let summary = "A custodian commits to a record in its vault, or replaces the commitment."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .policy]

    /// A random id.
    package var record = Digest.zero
    package var pseudonym = AccountID.unset
    package var dataClass = DataClass.profile
    package var commitment = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "record", &record)
        try visitor.account(2, "pseudonym", &pseudonym)
        try visitor.choice(3, "data_class", &dataClass)
        try visitor.digest(4, "commitment", &commitment)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.custodian)
        guard try Governance.standing(of: pseudonym, &context) != nil else {
            throw ContractError(.reference, "no such active pseudonym")
        }
        var row = RecordRow()
        if let before = try Consent.records.get(record, &context) {
            guard before.custodian == context.caller.account else {
                throw ContractError(.role, "the record is another custodian's")
            }
            guard before.pseudonym == pseudonym, before.dataClass == dataClass else {
                throw ContractError(.policy, "a record stays with its subject and class")
            }
            guard before.state == .active else { throw ContractError(.state, "the record is restricted") }
            row.revision = try before.revision.adding(1)
        }
        row.custodian = context.caller.account
        row.pseudonym = pseudonym
        row.dataClass = dataClass
        row.commitment = commitment
        try Consent.records.put(record, row, &context)
        try Consent.recordsBySubject.add(Pair(pseudonym, record), &context)
        try context.emit(RecordCommitted(record, row))
    }
}

/// The subject or the custodian stops any further use of a record.
package struct RestrictRecord: ContractMethod {
    package static let name = "restrict-record"
    package static let summary = "The subject or the custodian of a record stops its use."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var record = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "record", &record)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Consent.records.existing(record, "record", &context)
        let caller = context.caller.account
        guard row.pseudonym == caller || row.custodian == caller else {
            throw ContractError(.role, "the record is another's")
        }
        guard row.state == .active else { throw ContractError(.state, "the record is restricted") }
        row.state = .restricted
        try Consent.records.put(record, row, &context)
        var event = RecordRestricted()
        event.record = record
        event.pseudonym = row.pseudonym
        try context.emit(event)
    }
}
