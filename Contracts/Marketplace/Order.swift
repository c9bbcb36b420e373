package import ContractKit
package import Primitives

/// An order: who buys what from whom on which terms, and how far it has come.
package struct Order: Record, Hashable {
    package var listing: Digest = .zero
    package var version: UInt64 = 1
    package var plan: UInt64 = 0
    package var quantity: UInt64 = 1
    package var buyer: AccountID = .unset
    package var seller: AccountID = .unset
    package var unit: ValueUnit = .point
    /// price × quantity, locked.
    package var amount: UInt64 = 0
    package var purpose: Identifier = .unset
    package var consent: Digest?
    /// Of the buyer's organisation, when it ordered.
    package var recipient: Sector = .privateOperator
    package var country: Jurisdiction = .japan
    /// The buyer's X25519 key, for HPKE.
    package var buyerKey: [UInt8] = []
    package var state: OrderState = .funded
    package var reason: OrderReason = .open
    package var placedAt: UInt64 = 0
    /// What is done at this time or later is too late. For a closed order, when it closed.
    package var deadline: UInt64 = 0
    package var cipherRoot: Digest?
    package var keyCommitment: Digest?
    package var location: Digest?
    package var sealedKey: [UInt8]?

    package static let buyerKeyByteCount = 32
    /// HPKE: the encapsulated key of 32 bytes, then the content key of 32 and its tag of 16.
    package static let sealedKeyByteCount = 80
    package static let referenceByteCount = 16

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "listing", &listing)
        try visitor.unsigned(2, "version", &version, in: 1...UInt64.max)
        try visitor.unsigned(3, "plan", &plan, in: 0...UInt64(ListingTerms.planLimit))
        try visitor.unsigned(4, "quantity", &quantity, in: 1...UInt64.max)
        try visitor.account(5, "buyer", &buyer)
        try visitor.account(6, "seller", &seller)
        try visitor.choice(7, "unit", &unit)
        try visitor.unsigned(8, "amount", &amount, in: 0...UInt64.max)
        try visitor.identifier(9, "purpose", &purpose)
        try visitor.optional(10, "consent", &consent, .digest)
        try visitor.choice(11, "recipient", &recipient)
        try visitor.choice(12, "country", &country)
        try visitor.bytes(13, "buyer_key", &buyerKey, count: Order.buyerKeyByteCount)
        try visitor.choice(14, "state", &state)
        try visitor.choice(15, "reason", &reason)
        try visitor.time(16, "placed_at", &placedAt)
        try visitor.time(17, "deadline", &deadline)
        try visitor.optional(18, "cipher_root", &cipherRoot, .digest)
        try visitor.optional(19, "key_commitment", &keyCommitment, .digest)
        try visitor.optional(20, "location", &location, .digest)
        try visitor.optional(21, "sealed_key", &sealedKey, .bytes(count: Order.sealedKeyByteCount))
    }

    /// Refuses what does not fit the order's state. Whether a deadline or somebody's act closed it makes the
    /// difference between too late and wrong.
    func require(_ wanted: OrderState) throws(ContractError) {
        guard state != wanted else { return }
        if state.isClosed, reason.isDeadline { throw ContractError(.deadline, "the order is closed by its deadline") }
        throw ContractError(.state, "the order is " + state.name)
    }
}
