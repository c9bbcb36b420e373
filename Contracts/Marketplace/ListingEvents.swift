package import Consent
package import ContractKit
package import Primitives

/// A listing, or the next version of one, can be ordered.
package struct ListingPublished: ContractEvent, Hashable {
    package static let name = "listing-published"

    package var listing: Digest = .zero
    package var listingVersion: UInt64 = 0
    package var seller: AccountID = .unset
    package var dataClass: DataClass = .climate
    package var bond: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: Listing, bond: UInt64) {
        listing = id
        listingVersion = row.version
        seller = row.seller
        dataClass = row.dataClass
        self.bond = bond
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "listing", &listing)
        try visitor.unsigned(2, "version", &listingVersion, in: 0...UInt64.max)
        try visitor.account(3, "seller", &seller)
        try visitor.choice(4, "data_class", &dataClass)
        try visitor.unsigned(5, "bond", &bond, in: 0...UInt64.max)
    }
}

/// A listing can no longer be ordered.
package struct ListingWithdrawn: ContractEvent, Hashable {
    package static let name = "listing-withdrawn"

    package var listing: Digest = .zero
    package var seller: AccountID = .unset

    package init() {}

    init(_ id: Digest, _ row: Listing) {
        listing = id
        seller = row.seller
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "listing", &listing)
        try visitor.account(2, "seller", &seller)
    }
}
