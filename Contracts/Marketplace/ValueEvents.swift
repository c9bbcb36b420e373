package import ContractKit
package import Primitives

/// What happened to an amount of value outside of orders.
package enum ValueMovement: UInt64, Choice {
    case issued = 1
    case transferred = 2
    case burned = 3
    /// Coupons whose end came.
    case expired = 4

    package var name: String {
        switch self {
        case .issued: "issued"
        case .transferred: "transferred"
        case .burned: "burned"
        case .expired: "expired"
        }
    }
}

/// Value came into being, changed hands or was destroyed.
package struct ValueMoved: ContractEvent, Hashable {
    package static let name = "value-moved"

    package var movement: ValueMovement = .issued
    package var unit: ValueUnit = .point
    package var amount: UInt64 = 0
    package var from: AccountID = .unset
    package var to: AccountID = .unset

    package init() {}

    init(_ movement: ValueMovement, _ unit: ValueUnit, _ amount: UInt64, from: AccountID, to: AccountID) {
        self.movement = movement
        self.unit = unit
        self.amount = amount
        self.from = from
        self.to = to
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "movement", &movement)
        try visitor.choice(2, "unit", &unit)
        try visitor.unsigned(3, "amount", &amount, in: 0...UInt64.max)
        try visitor.account(4, "from", &from)
        try visitor.account(5, "to", &to)
    }
}
