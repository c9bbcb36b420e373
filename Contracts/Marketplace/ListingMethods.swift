internal import Consent
package import ContractKit
package import Primitives
internal import TFC
internal import TrustStore

/// Publishes a listing, or the next version of one. Orders that are open keep the version that they bound.
package struct PublishListing: ContractMethod {
    package static let name = "publish"
    package static let summary = "Publish a listing or its next version, and add to its bond."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .policy, .funds]

    /// The seller's own name for it; the listing's id is the digest of both (`Marketplace.listingPreimage`).
    package var name: Identifier = .unset
    package var terms = ListingTerms()
    /// What is added to the bond, in the terms' deposit unit.
    package var bond: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "name", &name)
        try visitor.record(2, "terms", &terms)
        try visitor.unsigned(3, "bond", &bond, in: 0...UInt64.max)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.seller)
        try terms.check()
        try checkReferences(&context)
        try checkEvidence(&context)
        let seller = context.caller.account
        let id = try context.sha256(Marketplace.listingPreimage(seller: seller, name: name))
        var listing = Listing()
        if let before = try Marketplace.listings.get(id, &context) {
            guard before.state == .published else {
                throw ContractError(.state, "the listing is " + before.state.name)
            }
            try checkBondUnit(id, before, &context)
            try Marketplace.catalogue.delete(Pair(ChoiceKey(before.dataClass), id), &context)
            listing.version = try before.version.adding(1)
        }
        listing.seller = seller
        listing.organisation = context.caller.organisation
        listing.name = name
        listing.dataClass = terms.dataClass
        listing.publishedAt = context.time
        try Marketplace.listings.put(id, listing, &context)
        try Marketplace.terms.insert(Pair(id, listing.version), terms, "version", &context)
        try Marketplace.catalogue.add(Pair(ChoiceKey(terms.dataClass), id), &context)
        if bond > 0 || listing.version == 1 {
            try Treasury.lock(bond, terms.depositUnit, of: seller, as: Treasury.bond(of: id), &context)
        }
        try context.emit(ListingPublished(id, listing, bond: bond))
    }

    /// A bond is one amount of one unit for as long as the listing lives.
    private func checkBondUnit(
        _ id: Digest,
        _ before: Listing,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let earlier = try Marketplace.terms.existing(Pair(id, before.version), "version", &context)
        guard earlier.depositUnit == terms.depositUnit else {
            throw ContractError(.policy, "the bond's unit cannot change")
        }
    }

    private func checkReferences(_ context: inout ContractContext) throws(ContractError) {
        if let subject = terms.subject { try Marketplace.requireAccount(subject, &context) }
        if let audience = terms.audience {
            guard try TFC.fieldExists(audience, &context) else { throw ContractError(.reference, "no such field") }
        }
    }

    /// A photo needs evidence that its people cannot be recognised, and a stream that a device signed its window.
    private func checkEvidence(_ context: inout ContractContext) throws(ContractError) {
        var isAnonymised = false
        var isWindow = false
        for id in terms.evidence {
            guard let row = try TrustStore.evidence(id, &context) else {
                throw ContractError(.reference, "no such evidence")
            }
            guard row.correctedBy == nil, row.body.content == terms.contentRoot else { continue }
            isAnonymised = isAnonymised || row.body.step == Marketplace.anonymisationStep
            isWindow = isWindow || row.body.step == Marketplace.windowStep
        }
        guard terms.kind != .photo || isAnonymised else {
            throw ContractError(.policy, "a photo without evidence of its anonymisation")
        }
        guard terms.kind != .stream || isWindow else {
            throw ContractError(.policy, "a stream without evidence of its window")
        }
    }
}

/// Takes a listing out of the catalogue and gives the rest of its bond back. Open orders go on.
package struct WithdrawListing: ContractMethod {
    package static let name = "withdraw-listing"
    package static let summary = "Withdraw a listing for good; open orders go on."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var listing: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "listing", &listing)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.seller)
        var row = try Marketplace.listings.existing(listing, "listing", &context)
        guard row.seller == context.caller.account else { throw ContractError(.role, "another seller's listing") }
        guard row.state == .published else { throw ContractError(.state, "the listing is " + row.state.name) }
        row.state = .withdrawn
        try Marketplace.listings.put(listing, row, &context)
        try Marketplace.catalogue.delete(Pair(ChoiceKey(row.dataClass), listing), &context)
        try Treasury.release(Treasury.bond(of: listing), &context)
        try context.emit(ListingWithdrawn(listing, row))
    }
}

extension Marketplace {
    /// The steps of the trust store that evidence for a photo and for a stream's window names. Its content is the
    /// listing's content root.
    package static let anonymisationStep = Identifier.constant("anonymisation")
    package static let windowStep = Identifier.constant("window")
}
