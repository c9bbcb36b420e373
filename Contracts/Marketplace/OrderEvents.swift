package import ContractKit
package import Primitives

/// An order has its money locked; the seller may deliver until the deadline.
package struct OrderPlaced: ContractEvent, Hashable {
    package static let name = "order-placed"

    package var order: Digest = .zero
    package var listing: Digest = .zero
    package var listingVersion: UInt64 = 0
    package var buyer: AccountID = .unset
    package var seller: AccountID = .unset
    package var unit: ValueUnit = .point
    package var amount: UInt64 = 0
    package var deadline: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: Order) {
        order = id
        buyer = row.buyer
        seller = row.seller
        listing = row.listing
        listingVersion = row.version
        unit = row.unit
        amount = row.amount
        deadline = row.deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.digest(2, "listing", &listing)
        try visitor.unsigned(3, "version", &listingVersion, in: 0...UInt64.max)
        try visitor.account(4, "buyer", &buyer)
        try visitor.account(5, "seller", &seller)
        try visitor.choice(6, "unit", &unit)
        try visitor.unsigned(7, "amount", &amount, in: 0...UInt64.max)
        try visitor.time(8, "deadline", &deadline)
    }
}

/// The encrypted data is there; the buyer may confirm until the deadline.
package struct OrderDelivered: ContractEvent, Hashable {
    package static let name = "order-delivered"

    package var order: Digest = .zero
    package var buyer: AccountID = .unset
    package var seller: AccountID = .unset
    package var cipherRoot: Digest?
    package var keyCommitment: Digest?
    package var location: Digest?
    package var deadline: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: Order) {
        order = id
        buyer = row.buyer
        seller = row.seller
        cipherRoot = row.cipherRoot
        keyCommitment = row.keyCommitment
        location = row.location
        deadline = row.deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.account(2, "buyer", &buyer)
        try visitor.account(3, "seller", &seller)
        try visitor.optional(4, "cipher_root", &cipherRoot, .digest)
        try visitor.optional(5, "key_commitment", &keyCommitment, .digest)
        try visitor.optional(6, "location", &location, .digest)
        try visitor.time(7, "deadline", &deadline)
    }
}

/// The buyer has the encrypted data; the seller may open it until the deadline.
package struct OrderReceived: ContractEvent, Hashable {
    package static let name = "order-received"

    package var order: Digest = .zero
    package var buyer: AccountID = .unset
    package var seller: AccountID = .unset
    package var deadline: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: Order) {
        order = id
        buyer = row.buyer
        seller = row.seller
        deadline = row.deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.account(2, "buyer", &buyer)
        try visitor.account(3, "seller", &seller)
        try visitor.time(4, "deadline", &deadline)
    }
}

/// The buyer has the key; the dispute window runs until the deadline.
package struct OrderOpened: ContractEvent, Hashable {
    package static let name = "order-opened"

    package var order: Digest = .zero
    package var buyer: AccountID = .unset
    package var seller: AccountID = .unset
    package var sealedKey: [UInt8]?
    package var deadline: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: Order) {
        order = id
        buyer = row.buyer
        seller = row.seller
        sealedKey = row.sealedKey
        deadline = row.deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.account(2, "buyer", &buyer)
        try visitor.account(3, "seller", &seller)
        try visitor.optional(4, "sealed_key", &sealedKey, .bytes(count: Order.sealedKeyByteCount))
        try visitor.time(5, "deadline", &deadline)
    }
}

/// An order ended and its locks had their exits.
package struct OrderClosed: ContractEvent, Hashable {
    package static let name = "order-closed"

    package var order: Digest = .zero
    package var buyer: AccountID = .unset
    package var seller: AccountID = .unset
    package var state: OrderState = .settled
    package var reason: OrderReason = .accepted
    package var unit: ValueUnit = .point
    package var amount: UInt64 = 0

    package init() {}

    init(_ id: Digest, _ row: Order) {
        order = id
        buyer = row.buyer
        seller = row.seller
        state = row.state
        reason = row.reason
        unit = row.unit
        amount = row.amount
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.account(2, "buyer", &buyer)
        try visitor.account(3, "seller", &seller)
        try visitor.choice(4, "state", &state)
        try visitor.choice(5, "reason", &reason)
        try visitor.choice(6, "unit", &unit)
        try visitor.unsigned(7, "amount", &amount, in: 0...UInt64.max)
    }
}
