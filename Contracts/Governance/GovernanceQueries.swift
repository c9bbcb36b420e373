package import ContractKit
package import Primitives

package struct OrganisationQuery: ContractQuery {
    package static let name = "organisation"
    package static let summary = "One organisation."

    package var organisation = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> OrganisationRow {
        try Governance.organisations.existing(organisation, "organisation", &context)
    }
}

package struct OrganisationsQuery: ContractQuery {
    package static let name = "organisations"
    package static let summary = "All organisations, by name, in pages."

    package struct Entry: Record, Hashable {
        package var id = Identifier.unset
        package var organisation = OrganisationRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.identifier(1, "id", &id)
            try visitor.record(2, "organisation", &organisation)
        }
    }

    package struct Answer: Record, Hashable {
        package var organisations: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(
                1,
                "organisations",
                &organisations,
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
        let found = try Governance.organisations.scan(after: page.after, limit: page.count, &context)
        var answer = Answer()
        for entry in found.entries {
            var line = Entry()
            line.id = entry.key
            line.organisation = entry.row
            answer.organisations.append(line)
        }
        answer.next = found.next
        return answer
    }
}

package struct AccountQuery: ContractQuery {
    package static let name = "account"
    package static let summary = "One account: organisation, roles, status and keys."

    package var account = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> AccountRow {
        try Governance.accounts.existing(account, "account", &context)
    }
}

package struct AccountsQuery: ContractQuery {
    package static let name = "accounts"
    package static let summary = "The accounts of an organisation, in pages."

    package struct Entry: Record, Hashable {
        package var id = AccountID.unset
        package var account = AccountRow()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.account(1, "id", &id)
            try visitor.record(2, "account", &account)
        }
    }

    package struct Answer: Record, Hashable {
        package var accounts: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(
                1,
                "accounts",
                &accounts,
                of: .record(Entry.self),
                atMost: Int(PageCursor.greatestPage)
            )
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var page = PageArguments()
    package var organisation = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try page.fields(&visitor)
        try visitor.identifier(3, "organisation", &organisation)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let found = try Governance.accountsByOrganisation.scan(
            prefix: organisation,
            after: page.after,
            limit: page.count,
            &context
        )
        var answer = Answer()
        for entry in found.entries {
            var line = Entry()
            line.id = entry.key.second
            line.account = try Governance.accounts.existing(entry.key.second, "account", &context)
            answer.accounts.append(line)
        }
        answer.next = found.next
        return answer
    }
}

package struct ValidatorQuery: ContractQuery {
    package static let name = "validator"
    package static let summary = "One validator by index, so that its keys and address can be proven."

    package var index: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "index", &index, in: 0...UInt64(Governance.greatestValidatorCount - 1))
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> ValidatorRow {
        try Governance.validators.existing(index, "validator", &context)
    }
}

package struct ValidatorsQuery: ContractQuery {
    package static let name = "validators"
    package static let summary = "The validators by index."

    package struct Answer: Record, Hashable {
        package var validators: [ValidatorRow] = []

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.list(1, "validators", &validators, of: .record(ValidatorRow.self), atMost: 100)
        }
    }

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        var answer = Answer()
        let found = try Governance.validators.scan(limit: PageCursor.greatestPage, &context)
        answer.validators = found.entries.map { $0.row }
        return answer
    }
}

package struct ParametersQuery: ContractQuery {
    package static let name = "parameters"
    package static let summary = "The parameters of the chain."

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package func answer(_ context: inout ContractContext) throws(ContractError) -> ParametersRow {
        try Governance.parameters.existing(Whole(), "parameters", &context)
    }
}

package struct DeadlinesQuery: ContractQuery {
    package static let name = "deadlines"
    package static let summary = "Whether deadlines wait to be applied, and up to when they are."

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {}

    package func answer(_ context: inout ContractContext) throws(ContractError) -> QueueState {
        try context.queueState()
    }
}
