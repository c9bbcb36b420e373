package import ContractKit
package import Primitives

package struct FieldQuery: ContractQuery {
    package static let name = "field"
    package static let summary = "A field with its policy and counts."

    package var field: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Field {
        try TFC.fields.existing(field, "field", &context)
    }
}

package struct CaseQuery: ContractQuery {
    package static let name = "case"
    package static let summary = "An application as it stands now, its phase and its weights."

    package var admission: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> AdmissionCase {
        try TFC.settledCase(admission, &context)
    }
}

package struct ApplicantQuery: ContractQuery {
    package static let name = "applicant"
    package static let summary = "What an organisation has open in a field, and when it may apply again."

    package var field: Digest = .zero
    package var organisation: Identifier = .unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
        try visitor.identifier(2, "organisation", &organisation)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> ApplicantRow {
        let key = Pair(field, organisation)
        let row = try TFC.applicants.existing(key, "applicant", &context)
        guard let open = row.open else { return row }
        _ = try TFC.settledCase(open, &context)
        return try TFC.applicants.existing(key, "applicant", &context)
    }
}

/// The attributes of a case; there are at most a few.
package struct AttributesQuery: ContractQuery {
    package static let name = "attributes"
    package static let summary = "The disclosed attributes of a case and how their verification stands."

    package struct Answer: Record {
        package var attributes: [AttributeRow] = []

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            let limit = Int(PageCursor.greatestPage)
            try visitor.list(1, "attributes", &attributes, of: .record(AttributeRow.self), atMost: limit)
        }
    }

    package var admission: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        guard try TFC.cases.contains(admission, &context) else { throw ContractError(.reference, "no such case") }
        var answer = Answer()
        let page = try TFC.attributes.scan(prefix: admission, limit: PageCursor.greatestPage, &context)
        answer.attributes = page.entries.map { $0.row }
        return answer
    }
}

package struct MembersQuery: ContractQuery {
    package static let name = "members"
    package static let summary = "The members of a field, by organisation."

    package struct Entry: Record {
        package var organisation: Identifier = .unset
        package var member = Member()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.identifier(1, "organisation", &organisation)
            try visitor.record(2, "member", &member)
        }
    }

    package struct Answer: Record {
        package var members: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            let limit = Int(PageCursor.greatestPage)
            try visitor.list(1, "members", &members, of: .record(Entry.self), atMost: limit)
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var field: Digest = .zero
    package var after: [UInt8]?
    package var limit: UInt64 = PageCursor.greatestPage

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
        try visitor.optional(2, "after", &after, .cursor)
        try visitor.unsigned(3, "limit", &limit, in: 1...PageCursor.greatestPage)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        guard try TFC.fields.contains(field, &context) else { throw ContractError(.reference, "no such field") }
        let page = try TFC.members.scan(prefix: field, after: after, limit: limit, &context)
        var answer = Answer()
        for found in page.entries {
            var entry = Entry()
            entry.organisation = found.key.second
            entry.member = found.row
            answer.members.append(entry)
        }
        answer.next = page.next
        return answer
    }
}

/// Everything that a recount needs: who committed what with which weight, and what was opened with which salt.
package struct BallotQuery: ContractQuery {
    package static let name = "ballot"
    package static let summary = "The votes of a case, committed and revealed, for anybody to recount."

    package struct Entry: Record {
        package var organisation: Identifier = .unset
        package var vote = BallotRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.identifier(1, "organisation", &organisation)
            try visitor.record(2, "vote", &vote)
        }
    }

    package struct Answer: Record {
        package var admission = AdmissionCase()
        package var votes: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            let limit = Int(PageCursor.greatestPage)
            try visitor.record(1, "case", &admission)
            try visitor.list(2, "votes", &votes, of: .record(Entry.self), atMost: limit)
            try visitor.optional(3, "next", &next, .cursor)
        }
    }

    package var admission: Digest = .zero
    package var after: [UInt8]?
    package var limit: UInt64 = PageCursor.greatestPage

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.optional(2, "after", &after, .cursor)
        try visitor.unsigned(3, "limit", &limit, in: 1...PageCursor.greatestPage)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        var answer = Answer()
        answer.admission = try TFC.settledCase(admission, &context)
        let page = try TFC.ballots.scan(prefix: admission, after: after, limit: limit, &context)
        for found in page.entries {
            var entry = Entry()
            entry.organisation = found.key.second
            entry.vote = found.row
            answer.votes.append(entry)
        }
        answer.next = page.next
        return answer
    }
}
