package import ContractKit
package import Primitives

package struct AccessQuery: ContractQuery {
    package static let name = "access"
    package static let summary = "One line of the access log."

    package var access = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "access", &access)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> AccessRow {
        try Consent.accesses.existing(access, "access", &context)
    }
}

package struct AccessesQuery: ContractQuery {
    package static let name = "accesses"
    package static let summary = "The access log of a pseudonym, oldest first, in pages."

    package struct Entry: Record, Hashable {
        package var id = Digest.zero
        package var access = AccessRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "id", &id)
            try visitor.record(2, "access", &access)
        }
    }

    package struct Answer: Record, Hashable {
        package var accesses: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(1, "accesses", &accesses, of: .record(Entry.self), atMost: Int(PageCursor.greatestPage))
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
        let found = try Consent.accessesBySubject.scan(
            prefix: pseudonym,
            after: page.after,
            limit: page.count,
            &context
        )
        var answer = Answer()
        for entry in found.entries {
            var line = Entry()
            line.id = entry.key.second.second
            line.access = try Consent.accesses.existing(line.id, "access", &context)
            answer.accesses.append(line)
        }
        answer.next = found.next
        return answer
    }
}
