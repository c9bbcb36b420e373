package import ContractKit
package import Primitives

package struct OrderQuery: ContractQuery {
    package static let name = "order"
    package static let summary = "An order as it stands now."

    package var order: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "order", &order)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Order {
        try Marketplace.settledOrder(order, &context)
    }
}

package struct OrdersQuery: ContractQuery {
    package static let name = "orders"
    package static let summary = "The orders of an account, as buyer and as seller, by time."

    package struct Entry: Record {
        package var id: Digest = .zero
        package var order = Order()

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "id", &id)
            try visitor.record(2, "order", &order)
        }
    }

    package struct Answer: Record {
        package var orders: [Entry] = []
        package var next: [UInt8]?

        package init() {}

        package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            let limit = Int(PageCursor.greatestPage)
            try visitor.list(1, "orders", &orders, of: .record(Entry.self), atMost: limit)
            try visitor.optional(2, "next", &next, .cursor)
        }
    }

    package var account: AccountID = .unset
    package var after: [UInt8]?
    package var limit: UInt64 = PageCursor.greatestPage

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.optional(2, "after", &after, .cursor)
        try visitor.unsigned(3, "limit", &limit, in: 1...PageCursor.greatestPage)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        let page = try Marketplace.ordersByAccount.scan(prefix: account, after: after, limit: limit, &context)
        var answer = Answer()
        for found in page.entries {
            var entry = Entry()
            entry.id = found.key.second.second
            entry.order = try Marketplace.settledOrder(entry.id, &context)
            answer.orders.append(entry)
        }
        answer.next = page.next
        return answer
    }
}

package struct BalanceQuery: ContractQuery {
    package static let name = "balance"
    package static let summary = "What an account holds of a unit, and what is locked of it."

    package var account: AccountID = .unset
    package var unit: ValueUnit = .point

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.choice(2, "unit", &unit)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Balance {
        if unit == .coupon { try Treasury.expire(of: account, &context) }
        return try Marketplace.balances.get(Pair(account, ChoiceKey(unit)), &context) ?? Balance()
    }
}

package struct SupplyQuery: ContractQuery {
    package static let name = "supply"
    package static let summary = "All there is of a unit: issued = held + locked + burned + expired."

    package var unit: ValueUnit = .point

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "unit", &unit)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Supply {
        try Marketplace.supplies.get(ChoiceKey(unit), &context) ?? Supply()
    }
}

package struct LockQuery: ContractQuery {
    package static let name = "lock"
    package static let summary = "A lock of an order or a listing, and where its money went."

    /// An order's or a listing's id.
    package var of: Digest = .zero
    package var kind: LockKind = .payment

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "of", &of)
        try visitor.choice(2, "kind", &kind)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> Lock {
        // What is due moves the money first.
        if kind != .bond { _ = try Marketplace.settledOrder(of, &context) }
        return try Marketplace.locks.existing(Pair(of, ChoiceKey(kind)), "lock", &context)
    }
}
