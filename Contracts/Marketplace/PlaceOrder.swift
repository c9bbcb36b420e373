internal import Consent
package import ContractKit
internal import Governance
package import Primitives
internal import TFC

/// Orders, and locks the money. Everything that the sale depends on is asked now, as it stands.
package struct PlaceOrder: ContractMethod {
    package static let name = "order"
    package static let summary = "Order from a listing's current version and lock the price."
    package static let errors: [ErrorCode] = [
        .role, .reference, .state, .duplicate, .policy, .funds, .consent, .jurisdiction,
    ]

    /// 16 random bytes; the order's id is the digest of buyer and reference (`Marketplace.orderPreimage`).
    package var reference: [UInt8] = []
    package var listing: Digest = .zero
    package var version: UInt64 = 1
    /// The plan's place in the list of plans, from 0.
    package var plan: UInt64 = 0
    package var quantity: UInt64 = 1
    package var maxPrice: UInt64 = 0
    package var purpose: Identifier = .unset
    package var consent: Digest?
    package var buyerKey: [UInt8] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.bytes(1, "reference", &reference, count: Order.referenceByteCount)
        try visitor.digest(2, "listing", &listing)
        try visitor.unsigned(3, "version", &version, in: 1...UInt64.max)
        try visitor.unsigned(4, "plan", &plan, in: 0...UInt64(ListingTerms.planLimit))
        try visitor.unsigned(5, "quantity", &quantity, in: 1...UInt64.max)
        try visitor.unsigned(6, "max_price", &maxPrice, in: 0...UInt64.max)
        try visitor.identifier(7, "purpose", &purpose)
        try visitor.optional(8, "consent", &consent, .digest)
        try visitor.bytes(9, "buyer_key", &buyerKey, count: Order.buyerKeyByteCount)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.buyer)
        let id = try context.sha256(Marketplace.orderPreimage(buyer: context.caller.account, reference: reference))
        guard try !Marketplace.orders.contains(id, &context) else {
            throw ContractError(.duplicate, "there is already such an order")
        }
        let row = try Marketplace.listings.existing(listing, "listing", &context)
        try checkListing(row, &context)
        let terms = try Marketplace.terms.existing(Pair(listing, version), "version", &context)
        try checkAudience(of: terms, &context)
        let plan = try chosenPlan(of: terms)
        var order = Order()
        fill(&order, row, plan, context)
        order.amount = try price(by: plan)
        try Marketplace.checkPermission(for: order, terms, &context)
        try Treasury.lock(order.amount, order.unit, of: order.buyer, as: Treasury.payment(of: id), &context)
        try Treasury.draw(terms.deposit, from: Treasury.bond(of: listing), as: Treasury.deposit(of: id), &context)
        let deadline = try context.time.adding(terms.windows.delivery)
        try Marketplace.enter(.funded, until: deadline, id, &order, &context)
        try Marketplace.orders.put(id, order, &context)
        for account in [order.buyer, order.seller] {
            try Marketplace.ordersByAccount.add(Pair(account, Pair(context.time, id)), &context)
        }
        try context.emit(OrderPlaced(id, order))
    }

    private func checkListing(_ row: Listing, _ context: inout ContractContext) throws(ContractError) {
        guard row.state == .published else { throw ContractError(.state, "the listing is " + row.state.name) }
        guard version == row.version else { throw ContractError(.state, "not the listing's current version") }
        // A sale within one organisation would only make a seller look busy.
        guard row.organisation != context.caller.organisation else {
            throw ContractError(.policy, "buyer and seller are of one organisation")
        }
        guard try Governance.standing(of: row.seller, &context) != nil else {
            throw ContractError(.state, "the seller is not active")
        }
    }

    private func checkAudience(
        of terms: ListingTerms,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard let audience = terms.audience else { return }
        guard try TFC.isMember(of: audience, organisation: context.caller.organisation, &context) else {
            throw ContractError(.policy, "not a member of the listing's field")
        }
    }

    private func chosenPlan(of terms: ListingTerms) throws(ContractError) -> Plan {
        guard let position = Int(exactly: plan), position < terms.plans.count else {
            throw ContractError(.reference, "no such plan")
        }
        let chosen = terms.plans[position]
        guard chosen.model != .once || quantity == 1 else {
            throw ContractError(.policy, "the plan is for the whole, once")
        }
        return chosen
    }

    /// price × quantity, which must not leave its range (LIMIT) nor the buyer's bound (FUNDS).
    private func price(by plan: Plan) throws(ContractError) -> UInt64 {
        let amount = try plan.price.multiplied(by: quantity)
        guard amount <= maxPrice else { throw ContractError(.funds, "the price is above the buyer's bound") }
        return amount
    }

    private func fill(_ order: inout Order, _ row: Listing, _ plan: Plan, _ context: borrowing ContractContext) {
        order.listing = listing
        order.version = version
        order.plan = self.plan
        order.quantity = quantity
        order.buyer = context.caller.account
        order.seller = row.seller
        order.unit = plan.unit
        order.purpose = purpose
        order.consent = consent
        order.recipient = context.caller.sector
        order.country = context.caller.jurisdiction
        order.buyerKey = buyerKey
        order.placedAt = context.time
    }
}

extension Marketplace {
    /// Whether data about people may go to this buyer now: a rule of the jurisdictions allows it, and the subject's
    /// own consent is live for purpose, class, recipient and country. Asked at `order` and again at `open`.
    static func checkPermission(
        for order: Order,
        _ terms: ListingTerms,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard terms.needsConsent else {
            guard order.consent == nil else { throw ContractError(.policy, "the listing needs no consent") }
            return
        }
        let rule = JurisdictionTable.rule(
            from: terms.origin,
            to: order.country,
            order.recipient,
            at: context.time
        )
        guard rule != nil else {
            throw ContractError(.jurisdiction, "no rule lets data of this origin go to this buyer")
        }
        guard let consent = order.consent else { throw ContractError(.consent, "the listing needs a consent") }
        let use = DataUse(
            purpose: order.purpose,
            dataClass: terms.dataClass,
            recipient: order.recipient,
            country: order.country
        )
        let granted = try Consent.requireLive(consent, for: use, &context)
        guard granted.pseudonym == terms.subject else {
            throw ContractError(.consent, "the consent is not the subject's")
        }
    }
}
