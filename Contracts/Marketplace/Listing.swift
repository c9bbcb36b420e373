package import Consent
package import ContractKit
package import Primitives

/// A price and what it is for. An order binds one plan of one version.
package struct Plan: Record, Hashable {
    package var unit: ValueUnit = .point
    package var price: UInt64 = 1
    package var model: PriceModel = .once

    package init() {}

    package init(unit: ValueUnit, price: UInt64, model: PriceModel) {
        self.unit = unit
        self.price = price
        self.model = model
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "unit", &unit)
        try visitor.unsigned(2, "price", &price, in: 1...UInt64.max)
        try visitor.choice(3, "model", &model)
    }
}

/// How long each side has for its part of an order, in milliseconds.
package struct OrderWindows: Record, Hashable {
    package var delivery: UInt64 = 86_400_000
    package var confirmation: UInt64 = 86_400_000
    package var key: UInt64 = 86_400_000
    package var dispute: UInt64 = 86_400_000

    package static let greatest: UInt64 = 364 * 86_400_000

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        let range = 1...OrderWindows.greatest
        try visitor.unsigned(1, "delivery", &delivery, in: range)
        try visitor.unsigned(2, "confirmation", &confirmation, in: range)
        try visitor.unsigned(3, "key", &key, in: range)
        try visitor.unsigned(4, "dispute", &dispute, in: range)
    }
}

/// What is offered, and on which terms. Every `publish` makes a version of it that never changes.
package struct ListingTerms: Record, Hashable {
    /// The digest of the DCAT or DSP dataset that describes the data.
    package var catalogue: Digest = .zero
    package var kind: ListingKind = .dataset
    package var dataClass: DataClass = .climate
    package var schema: Digest = .zero
    /// Where and when the data is from.
    package var area: Identifier?
    package var from: UInt64?
    package var until: UInt64?
    package var sample: Digest?
    /// The root over the content's chunks. It stands before anybody pays: without it no complaint could prove anything.
    package var contentRoot: Digest = .zero
    package var plans: [Plan] = []
    /// The digest of the ODRL policy.
    package var policy: Digest = .zero
    package var personal: PersonalKind = .none
    package var basis: LegalBasis = .none
    package var origin: Jurisdiction = .japan
    package var evidence: [Digest] = []
    /// Whom the data is about, by pseudonym; only this account's consent counts.
    package var subject: AccountID?
    /// The TFC field whose members may order; everybody, where missing.
    package var audience: Digest?
    package var depositUnit: ValueUnit = .point
    /// What each order takes from the bond.
    package var deposit: UInt64 = 1
    package var windows = OrderWindows()

    package static let planLimit = 8
    package static let evidenceLimit = 16

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "catalogue", &catalogue)
        try visitor.choice(2, "kind", &kind)
        try visitor.choice(3, "data_class", &dataClass)
        try visitor.digest(4, "schema", &schema)
        try visitor.optional(5, "area", &area, .identifier)
        try visitor.optional(6, "from", &from, .time)
        try visitor.optional(7, "until", &until, .time)
        try visitor.optional(8, "sample", &sample, .digest)
        try visitor.digest(9, "content_root", &contentRoot)
        try visitor.list(10, "plans", &plans, of: .record(Plan.self), count: 1...ListingTerms.planLimit)
        try visitor.digest(11, "policy", &policy)
        try visitor.choice(12, "personal", &personal)
        try visitor.choice(13, "basis", &basis)
        try visitor.choice(14, "origin", &origin)
        try visitor.list(15, "evidence", &evidence, of: .digest, atMost: ListingTerms.evidenceLimit)
        try visitor.optional(16, "subject", &subject, .account)
        try visitor.optional(17, "audience", &audience, .digest)
        try visitor.choice(18, "deposit_unit", &depositUnit)
        try visitor.unsigned(19, "deposit", &deposit, in: 1...UInt64.max)
        try visitor.record(20, "windows", &windows)
    }

    /// Health data is never public and always needs consent.
    package var isHealth: Bool { dataClass == .homeCare }
    package var needsConsent: Bool { personal != .none }

    /// What can be said of the terms without the state.
    func check() throws(ContractError) {
        guard depositUnit != .coupon else { throw ContractError(.policy, "a stake that could end is none") }
        if let from, let until, from >= until { throw ContractError(.schema, "until: not after from") }
        guard needsConsent == (basis != .none) else {
            throw ContractError(.policy, "personal data needs a legal basis, other data has none")
        }
        guard needsConsent == (subject != nil) else {
            throw ContractError(.policy, "personal data has a subject, other data has none")
        }
        if isHealth {
            guard needsConsent, basis == .consent else {
                throw ContractError(.policy, "health data is personal and rests on consent")
            }
        }
        guard audience != nil || !(isHealth || personal == .personal) else {
            throw ContractError(.policy, "health data and data of identified people are never public")
        }
    }
}

/// A listing: its seller, its newest version, and whether it can be ordered.
package struct Listing: Record, Hashable {
    package var seller: AccountID = .unset
    package var organisation: Identifier = .unset
    package var name: Identifier = .unset
    package var state: ListingState = .published
    package var version: UInt64 = 1
    package var dataClass: DataClass = .climate
    package var publishedAt: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "seller", &seller)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.identifier(3, "name", &name)
        try visitor.choice(4, "state", &state)
        try visitor.unsigned(5, "version", &version, in: 1...UInt64.max)
        try visitor.choice(6, "data_class", &dataClass)
        try visitor.time(7, "published_at", &publishedAt)
    }
}
