package import Consent
package import ContractKit
package import Primitives

package struct CatalogueQuery: ContractQuery {
    package static let name = "catalogue"
    package static let summary = "What can be ordered of a data class."

    package struct Entry: Record {
        package var id: Digest = .zero
        package var listing = Listing()
        package var terms = ListingTerms()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "id", &id)
            try visitor.record(2, "listing", &listing)
            try visitor.record(3, "terms", &terms)
        }
    }

    package struct Answer: Record {
        package var listings: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            let limit = Int(PageCursor.greatestPage)
            try visitor.list(1, "listings", &listings, of: .record(Entry.self), atMost: limit)
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var dataClass: DataClass = .climate
    package var after: [UInt8]?
    package var limit: UInt64 = PageCursor.greatestPage

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "data_class", &dataClass)
        try visitor.optional(2, "after", &after, .cursor)
        try visitor.unsigned(3, "limit", &limit, in: 1...PageCursor.greatestPage)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let page = try Marketplace.catalogue.scan(
            prefix: ChoiceKey(dataClass),
            after: after,
            limit: limit,
            &context
        )
        var answer = Answer()
        for found in page.entries {
            var entry = Entry()
            entry.id = found.key.second
            entry.listing = try Marketplace.listings.existing(entry.id, "listing", &context)
            entry.terms = try Marketplace.terms.existing(Pair(entry.id, entry.listing.version), "version", &context)
            answer.listings.append(entry)
        }
        answer.next = page.next
        return answer
    }
}

package struct ListingQuery: ContractQuery {
    package static let name = "listing"
    package static let summary = "A listing with the terms of a version, or of its newest."

    package struct Answer: Record {
        package var listing = Listing()
        package var terms = ListingTerms()
        /// What is left of the bond.
        package var bond: UInt64 = 0

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.record(1, "listing", &listing)
            try visitor.record(2, "terms", &terms)
            try visitor.unsigned(3, "bond", &bond, in: 0...UInt64.max)
        }
    }

    package var listing: Digest = .zero
    package var version: UInt64?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "listing", &listing)
        try visitor.optional(2, "version", &version, .unsigned(from: 1, through: .max))
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        var answer = Answer()
        answer.listing = try Marketplace.listings.existing(listing, "listing", &context)
        let wanted = version ?? answer.listing.version
        answer.terms = try Marketplace.terms.existing(Pair(listing, wanted), "version", &context)
        let bond = try Marketplace.locks.get(Treasury.bond(of: listing), &context)
        answer.bond = bond?.state == .locked ? bond?.amount ?? 0 : 0
        return answer
    }
}

package struct JurisdictionQuery: ContractQuery {
    package static let name = "jurisdiction"
    package static let summary = "Whether, and by which rule, data about people may go from an origin to a recipient."

    package struct Answer: Record {
        package var isAllowed = false
        package var rule: Identifier?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.boolean(1, "is_allowed", &isAllowed)
            try visitor.optional(2, "rule", &rule, .identifier)
        }
    }

    package var origin: Jurisdiction = .japan
    package var destination: Jurisdiction = .japan
    package var recipient: Sector = .privateOperator

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "origin", &origin)
        try visitor.choice(2, "destination", &destination)
        try visitor.choice(3, "recipient", &recipient)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        var answer = Answer()
        if let rule = JurisdictionTable.rule(from: origin, to: destination, recipient, at: context.time) {
            answer.isAllowed = true
            answer.rule = Identifier.constant(rule.name)
        }
        return answer
    }
}
