package import ContractKit
package import Primitives

package enum AccountStatus: UInt64, Choice {
    case active = 1
    case suspended = 2
    case revoked = 3

    package var name: String {
        switch self {
        case .active: "ACTIVE"
        case .suspended: "SUSPENDED"
        case .revoked: "REVOKED"
        }
    }
}

/// A key and the height of the block that brought it.
package struct AccountKey: Record, Hashable {
    package var from = Height.genesis
    package var key = PublicKey.unset

    package init() {}

    package init(from: Height, key: PublicKey) {
        self.from = from
        self.key = key
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.height(1, "from", &from)
        try visitor.publicKey(2, "key", &key)
    }
}

/// An account: a pseudonym that outlives its keys.
package struct AccountRow: Record, Hashable {
    package static let greatestKeyCount = 2

    /// The current key last, and before it the one that it replaced: ordering at sequence s checks signatures under
    /// the key as of s − W (rule 5 of the protocol), so the key before is still needed for a while.
    package var keys: [AccountKey] = []
    package var organisation = Identifier.unset
    package var roles = Roles()
    package var status = AccountStatus.active

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.list(
            1,
            "keys",
            &keys,
            of: .record(AccountKey.self),
            count: 1...AccountRow.greatestKeyCount
        )
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.choices(3, "roles", &roles)
        try visitor.choice(4, "status", &status)
    }

    package var currentKey: PublicKey? { keys.last?.key }
}

package struct KeyOwnerRow: Record, Hashable {
    package var account = AccountID.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
    }
}
