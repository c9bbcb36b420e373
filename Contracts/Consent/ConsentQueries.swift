package import ContractKit
package import Primitives

package struct ConsentQuery: ContractQuery {
    package static let name = "consent"
    package static let summary = "One consent as it stands now."

    package var consent = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "consent", &consent)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> ConsentRow {
        try Consent.current(consent, &context)
    }
}

package struct ConsentsQuery: ContractQuery {
    package static let name = "consents"
    package static let summary = "The consents of a pseudonym as they stand now, in pages."

    package struct Entry: Record, Hashable {
        package var id = Digest.zero
        package var consent = ConsentRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "id", &id)
            try visitor.record(2, "consent", &consent)
        }
    }

    package struct Answer: Record, Hashable {
        package var consents: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(1, "consents", &consents, of: .record(Entry.self), atMost: Int(PageCursor.greatestPage))
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var page = PageArguments()
    package var pseudonym = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try page.fields(&visitor)
        try visitor.account(3, "pseudonym", &pseudonym)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let found = try Consent.consentsBySubject.scan(
            prefix: pseudonym,
            after: page.after,
            limit: page.count,
            &context
        )
        var answer = Answer()
        for entry in found.entries {
            var line = Entry()
            line.id = entry.key.second
            line.consent = try Consent.current(line.id, &context)
            answer.consents.append(line)
        }
        answer.next = found.next
        return answer
    }
}

package struct RecordQuery: ContractQuery {
    package static let name = "record"
    package static let summary = "One record's custodian, subject and commitment."

    package var record = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "record", &record)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> RecordRow {
        try Consent.records.existing(record, "record", &context)
    }
}

package struct RecordsQuery: ContractQuery {
    package static let name = "records"
    package static let summary = "The records about a pseudonym, in pages."

    package struct Entry: Record, Hashable {
        package var id = Digest.zero
        package var record = RecordRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "id", &id)
            try visitor.record(2, "record", &record)
        }
    }

    package struct Answer: Record, Hashable {
        package var records: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(1, "records", &records, of: .record(Entry.self), atMost: Int(PageCursor.greatestPage))
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var page = PageArguments()
    package var pseudonym = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try page.fields(&visitor)
        try visitor.account(3, "pseudonym", &pseudonym)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let found = try Consent.recordsBySubject.scan(
            prefix: pseudonym,
            after: page.after,
            limit: page.count,
            &context
        )
        var answer = Answer()
        for entry in found.entries {
            var line = Entry()
            line.id = entry.key.second
            line.record = try Consent.records.existing(line.id, "record", &context)
            answer.records.append(line)
        }
        answer.next = found.next
        return answer
    }
}
