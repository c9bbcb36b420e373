package import ContractKit
package import Primitives

package struct SuccessionQuery: ContractQuery {
    package static let name = "succession"
    package static let summary = "The present epoch, and where it ends and who comes next, if that is known."

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package func answer(_ context: inout ContractContext) throws(ContractError) -> SuccessionRow {
        try Governance.succession.existing(Whole(), "succession", &context)
    }
}

package struct CandidatesQuery: ContractQuery {
    package static let name = "candidates"
    package static let summary = "Who follows the chain and wants to vote, by key, in pages."

    package struct Answer: Record, Hashable {
        package var candidates: [CandidateRow] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(
                1,
                "candidates",
                &candidates,
                of: .record(CandidateRow.self),
                atMost: Int(PageCursor.greatestPage)
            )
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var page = PageArguments()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try page.fields(&visitor)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let found = try Governance.candidates.scan(after: page.after, limit: page.count, &context)
        var answer = Answer()
        answer.candidates = found.entries.map { $0.row }
        answer.next = found.next
        return answer
    }
}

package struct ProposalQuery: ContractQuery {
    package static let name = "proposal"
    package static let summary = "One proposal, so that a voter can have it proven."

    package var proposal = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> ProposalRow {
        try Governance.proposals.existing(proposal, "proposal", &context).asOf(context.time)
    }
}

package struct ProposalsQuery: ContractQuery {
    package static let name = "proposals"
    package static let summary = "All proposals, by id, in pages."

    package struct Entry: Record, Hashable {
        package var id = Digest.zero
        package var proposal = ProposalRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "id", &id)
            try visitor.record(2, "proposal", &proposal)
        }
    }

    package struct Answer: Record, Hashable {
        package var proposals: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(
                1,
                "proposals",
                &proposals,
                of: .record(Entry.self),
                atMost: Int(PageCursor.greatestPage)
            )
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var page = PageArguments()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try page.fields(&visitor)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let found = try Governance.proposals.scan(after: page.after, limit: page.count, &context)
        var answer = Answer()
        for entry in found.entries {
            var line = Entry()
            line.id = entry.key
            line.proposal = entry.row.asOf(context.time)
            answer.proposals.append(line)
        }
        answer.next = found.next
        return answer
    }
}

package struct EquivocationsQuery: ContractQuery {
    package static let name = "equivocations"
    package static let summary = "Every proof that a validator contradicted itself, by key and epoch, in pages."

    package struct Answer: Record, Hashable {
        package var equivocations: [EquivocationRow] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(
                1,
                "equivocations",
                &equivocations,
                of: .record(EquivocationRow.self),
                atMost: Int(PageCursor.greatestPage)
            )
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var page = PageArguments()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try page.fields(&visitor)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let found = try Governance.equivocations.scan(after: page.after, limit: page.count, &context)
        var answer = Answer()
        answer.equivocations = found.entries.map { $0.row }
        answer.next = found.next
        return answer
    }
}
