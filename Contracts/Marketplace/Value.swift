package import ContractKit
package import Primitives

/// What an account has of a unit.
package struct Balance: Record, Hashable {
    package var held: UInt64 = 0
    /// In locks that belong to the account.
    package var locked: UInt64 = 0
    /// How much of what is held are coupons with an end.
    package var ending: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "held", &held, in: 0...UInt64.max)
        try visitor.unsigned(2, "locked", &locked, in: 0...UInt64.max)
        try visitor.unsigned(3, "ending", &ending, in: 0...UInt64.max)
    }
}

/// Coupons that end together.
package struct CouponLot: Record, Hashable {
    /// From this moment on they are worth nothing.
    package var until: UInt64 = 0
    package var amount: UInt64 = 0

    package init() {}

    package init(until: UInt64, amount: UInt64) {
        self.until = until
        self.amount = amount
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.time(1, "until", &until)
        try visitor.unsigned(2, "amount", &amount, in: 0...UInt64.max)
    }
}

/// All there is of a unit: issued = held + locked + burned + expired, always.
package struct Supply: Record, Hashable {
    package var issued: UInt64 = 0
    package var held: UInt64 = 0
    package var locked: UInt64 = 0
    package var burned: UInt64 = 0
    /// Coupons past their end.
    package var expired: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "issued", &issued, in: 0...UInt64.max)
        try visitor.unsigned(2, "held", &held, in: 0...UInt64.max)
        try visitor.unsigned(3, "locked", &locked, in: 0...UInt64.max)
        try visitor.unsigned(4, "burned", &burned, in: 0...UInt64.max)
        try visitor.unsigned(5, "expired", &expired, in: 0...UInt64.max)
    }
}

package enum LockKind: UInt64, Choice {
    /// A buyer's money for an order.
    case payment = 1
    /// A seller's stake in an order, taken from the bond.
    case deposit = 2
    /// A seller's stake in a listing, from which deposits are taken.
    case bond = 3

    package var name: String {
        switch self {
        case .payment: "payment"
        case .deposit: "deposit"
        case .bond: "bond"
        }
    }
}

/// Where a lock's money went.
package enum LockState: UInt64, Choice {
    case locked = 1
    /// Back to its owner.
    case released = 2
    /// To somebody else.
    case paid = 3
    /// Back into the bond that it was taken from.
    case returned = 4

    package var name: String {
        switch self {
        case .locked: "LOCKED"
        case .released: "RELEASED"
        case .paid: "PAID"
        case .returned: "RETURNED"
        }
    }
}

package struct Lock: Record, Hashable {
    package var owner: AccountID = .unset
    package var unit: ValueUnit = .point
    package var amount: UInt64 = 0
    package var state: LockState = .locked
    /// What of the amount are coupons with an end, the earliest first.
    package var lots: [CouponLot] = []

    /// How many lots one debit takes from, so that its work is bounded.
    package static let lotLimit = 16

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "owner", &owner)
        try visitor.choice(2, "unit", &unit)
        try visitor.unsigned(3, "amount", &amount, in: 0...UInt64.max)
        try visitor.choice(4, "state", &state)
        try visitor.list(5, "lots", &lots, of: .record(CouponLot.self), atMost: Lock.lotLimit)
    }
}
