package import ContractKit
package import Primitives

package struct RecordCommitted: ContractEvent, Hashable {
    package static let name = "record-committed"

    package var record = Digest.zero
    package var row = RecordRow()

    package init() {}

    init(_ record: Digest, _ row: RecordRow) {
        self.record = record
        self.row = row
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "record", &record)
        try visitor.account(2, "custodian", &row.custodian)
        try visitor.account(3, "pseudonym", &row.pseudonym)
        try visitor.choice(4, "data_class", &row.dataClass)
        try visitor.digest(5, "commitment", &row.commitment)
        try visitor.unsigned(6, "revision", &row.revision, in: 1...UInt64.max)
    }
}

package struct RecordRestricted: ContractEvent, Hashable {
    package static let name = "record-restricted"

    package var record = Digest.zero
    package var pseudonym = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "record", &record)
        try visitor.account(2, "pseudonym", &pseudonym)
    }
}

/// A consent was granted, amended, withdrawn or expired: the row as it is from now on.
package struct ConsentChanged: ContractEvent, Hashable {
    package static let name = "consent-changed"

    package var consent = Digest.zero
    package var row = ConsentRow()

    package init() {}

    init(_ consent: Digest, _ row: ConsentRow) {
        self.consent = consent
        self.row = row
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "consent", &consent)
        try visitor.account(2, "pseudonym", &row.pseudonym)
        try visitor.choice(3, "state", &row.state)
        try visitor.unsigned(4, "revision", &row.revision, in: 1...UInt64.max)
        try visitor.record(5, "terms", &row.terms)
    }
}

package struct AccessLogged: ContractEvent, Hashable {
    package static let name = "access-logged"

    package var access = Digest.zero
    package var row = AccessRow()

    package init() {}

    init(_ access: Digest, _ row: AccessRow) {
        self.access = access
        self.row = row
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "access", &access)
        try visitor.digest(2, "record", &row.record)
        try visitor.account(3, "pseudonym", &row.pseudonym)
        try visitor.account(4, "requester", &row.requester)
        try visitor.identifier(5, "purpose", &row.purpose)
        try visitor.choice(6, "state", &row.state)
    }
}
