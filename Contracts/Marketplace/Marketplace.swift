internal import Consent
package import ContractKit
internal import Primitives

/// Sales of data: listings, orders whose money is locked until the data is there, and the value that pays for them.
///
/// The bytes move off the chain. What the chain sees is the root they must have, a commitment to their key, and the
/// key sealed to the buyer.
package enum Marketplace: Contract {
    package static let id = ContractID.marketplace
    package static let name = "marketplace"
    package static let version: UInt64 = 1

    static let balances = Table<Pair<AccountID, ChoiceKey<ValueUnit>>, Balance>(id, 1)
    static let supplies = Table<ChoiceKey<ValueUnit>, Supply>(id, 2)
    static let locks = Table<Pair<Digest, ChoiceKey<LockKind>>, Lock>(id, 3)
    static let listings = Table<Digest, Listing>(id, 4)
    /// By listing and version.
    static let terms = Table<Pair<Digest, UInt64>, ListingTerms>(id, 5)
    /// What can be ordered, by class.
    static let catalogue = Table<Pair<ChoiceKey<DataClass>, Digest>, Nothing>(id, 6, kind: .index)
    static let orders = Table<Digest, Order>(id, 7)
    /// Of buyers and sellers, by time. Complete, because `order` writes both entries.
    static let ordersByAccount = Table<Pair<AccountID, Pair<UInt64, Digest>>, Nothing>(id, 8, kind: .provenIndex)

    /// Coupons that end, by account and end.
    static let coupons = Table<Pair<AccountID, UInt64>, CouponLot>(id, 9)

    // The contract's kinds of deadlines: the next step of an order, and the end of a lot of coupons.
    static let orderDeadline: UInt8 = 1
    static let couponDeadline: UInt8 = 2

    package static func indexRows(of entry: StateEntry) throws(ContractError) -> [StateEntry] {
        guard let (listing, row) = try listings.read(entry), row.state == .published else { return [] }
        return [try catalogue.entry(Pair(ChoiceKey(row.dataClass), listing), Nothing())]
    }

    package static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(PublishListing.self)
        try visitor.method(WithdrawListing.self)
        try visitor.method(PlaceOrder.self)
        try visitor.method(Deliver.self)
        try visitor.method(Confirm.self)
        try visitor.method(Open.self)
        try visitor.method(Accept.self)
        try visitor.method(CancelOrder.self)
        try visitor.method(IssueValue.self)
        try visitor.method(TransferValue.self)
        try visitor.method(BurnValue.self)
    }

    package static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(CatalogueQuery.self)
        try visitor.query(ListingQuery.self)
        try visitor.query(OrderQuery.self)
        try visitor.query(OrdersQuery.self)
        try visitor.query(BalanceQuery.self)
        try visitor.query(SupplyQuery.self)
        try visitor.query(LockQuery.self)
        try visitor.query(JurisdictionQuery.self)
    }

    package static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(ListingPublished.self)
        visitor.event(ListingWithdrawn.self)
        visitor.event(OrderPlaced.self)
        visitor.event(OrderDelivered.self)
        visitor.event(OrderReceived.self)
        visitor.event(OrderOpened.self)
        visitor.event(OrderClosed.self)
        visitor.event(ValueMoved.self)
    }

    package static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {
        switch dueCase.kind {
        case orderDeadline:
            guard let order = Digest(bytes: dueCase.key) else { return }
            _ = try settledOrder(order, &context)
        case couponDeadline:
            guard let key = Pair<AccountID, UInt64>(bytes: dueCase.key) else { return }
            try Treasury.expire(of: key.first, &context)
        default: return
        }
    }
}
