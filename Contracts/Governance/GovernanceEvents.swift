package import ContractKit
package import Primitives

package struct AccountEnrolled: ContractEvent, Hashable {
    package static let name = "account-enrolled"

    package var account = AccountID.unset
    package var organisation = Identifier.unset
    package var roles = Roles()
    package var key = PublicKey.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.choices(3, "roles", &roles)
        try visitor.publicKey(4, "key", &key)
    }
}

package struct KeyRotated: ContractEvent, Hashable {
    package static let name = "key-rotated"

    package var account = AccountID.unset
    package var key = PublicKey.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.publicKey(2, "key", &key)
    }
}

package struct RolesChanged: ContractEvent, Hashable {
    package static let name = "roles-changed"

    package var account = AccountID.unset
    package var roles = Roles()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.choices(2, "roles", &roles)
    }
}

package struct AccountStatusChanged: ContractEvent, Hashable {
    package static let name = "account-status-changed"

    package var account = AccountID.unset
    package var status = AccountStatus.active

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.choice(2, "status", &status)
    }
}

package struct OrganisationLeft: ContractEvent, Hashable {
    package static let name = "organisation-left"

    package var organisation = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
    }
}
