package import ContractKit
package import Primitives

/// The seller says what it handed over off the chain: the ciphertext's root and a commitment to its key.
package struct Deliver: ContractMethod {
    package static let name = "deliver"
    package static let summary = "Say, as the seller, that the encrypted data is there for the buyer."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline]

    package var order: Digest = .zero
    package var cipherRoot: Digest = .zero
    package var keyCommitment: Digest = .zero
    package var location: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.digest(2, "cipher_root", &cipherRoot)
        try visitor.digest(3, "key_commitment", &keyCommitment)
        try visitor.digest(4, "location", &location)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Marketplace.sellersOrder(order, &context)
        try row.require(.funded)
        row.cipherRoot = cipherRoot
        row.keyCommitment = keyCommitment
        row.location = location
        try Marketplace.advance(order, &row, to: .delivered, { $0.confirmation }, &context)
        try context.emit(OrderDelivered(order, row))
    }
}

/// The buyer confirms that it has the ciphertext with this root. It cannot read it yet.
package struct Confirm: ContractMethod {
    package static let name = "confirm"
    package static let summary = "Confirm, as the buyer, that the encrypted data arrived with the root delivered."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline]

    package var order: Digest = .zero
    package var cipherRoot: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.digest(2, "cipher_root", &cipherRoot)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Marketplace.buyersOrder(order, &context)
        try row.require(.delivered)
        guard row.cipherRoot == cipherRoot else { throw ContractError(.reference, "not the root that was delivered") }
        try Marketplace.advance(order, &row, to: .received, { $0.key }, &context)
        try context.emit(OrderReceived(order, row))
    }
}

/// The seller gives the key, sealed to the buyer's HPKE key. The dispute window starts.
package struct Open: ContractMethod {
    package static let name = "open"
    package static let summary = "Give, as the seller, the content key sealed to the buyer."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .consent, .jurisdiction]

    package var order: Digest = .zero
    package var sealedKey: [UInt8] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
        try visitor.bytes(2, "sealed_key", &sealedKey, count: Order.sealedKeyByteCount)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Marketplace.sellersOrder(order, &context)
        try row.require(.received)
        let terms = try Marketplace.terms.existing(Pair(row.listing, row.version), "version", &context)
        try Marketplace.checkPermission(for: row, terms, &context)
        row.sealedKey = sealedKey
        try Marketplace.advance(order, &row, to: .opened, { $0.dispute }, &context)
        try context.emit(OrderOpened(order, row))
    }
}

/// The buyer has what it paid for.
package struct Accept: ContractMethod {
    package static let name = "accept"
    package static let summary = "Accept, as the buyer, and pay the seller before the dispute window ends."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline]

    package var order: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Marketplace.buyersOrder(order, &context)
        try row.require(.opened)
        try Marketplace.close(order, &row, as: .settled, because: .accepted, at: context.time, &context)
        try Marketplace.orders.put(order, row, &context)
    }
}

/// Ends an order whose consent is no longer live, without blame: the seller may not open it, and would otherwise lose
/// its deposit to a deadline that it cannot keep *(ours)*.
package struct CancelOrder: ContractMethod {
    package static let name = "cancel"
    package static let summary = "Cancel, as either party, an order whose consent was lost; both get their money back."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .policy]

    package var order: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Marketplace.settledOrder(order, &context)
        let caller = context.caller.account
        guard caller == row.buyer || caller == row.seller else {
            throw ContractError(.role, "not a party to the order")
        }
        // Once the key is out, there is nothing left to protect by cancelling.
        guard [.funded, .delivered, .received].contains(row.state) else {
            return try row.require(.received)
        }
        let terms = try Marketplace.terms.existing(Pair(row.listing, row.version), "version", &context)
        guard try isRefused(row, terms, &context) else {
            throw ContractError(.policy, "the sale is still allowed")
        }
        try Marketplace.close(order, &row, as: .cancelled, because: .consent, at: context.time, &context)
        try Marketplace.orders.put(order, row, &context)
    }

    private func isRefused(
        _ row: Order,
        _ terms: ListingTerms,
        _ context: inout ContractContext
    ) throws(ContractError) -> Bool {
        do {
            try Marketplace.checkPermission(for: row, terms, &context)
            return false
        } catch {
            guard error.code == .consent || error.code == .jurisdiction else { throw error }
            return true
        }
    }
}
