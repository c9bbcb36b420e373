package import ContractKit
package import Primitives

package enum AccessState: UInt64, Choice {
    case requested = 1
    case allowed = 2
    case denied = 3
    case served = 4

    package var name: String {
        switch self {
        case .requested: "REQUESTED"
        case .allowed: "ALLOWED"
        case .denied: "DENIED"
        case .served: "SERVED"
        }
    }
}

/// One line of the access log. It is final on the chain before a vault releases a key.
package struct AccessRow: Record, Hashable {
    package var record = Digest.zero
    package var consent = Digest.zero
    package var pseudonym = AccountID.unset
    package var requester = AccountID.unset
    package var purpose = Identifier.unset
    package var state = AccessState.requested
    package var requestedAt: UInt64 = 0
    package var changedAt: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "record", &record)
        try visitor.digest(2, "consent", &consent)
        try visitor.account(3, "pseudonym", &pseudonym)
        try visitor.account(4, "requester", &requester)
        try visitor.identifier(5, "purpose", &purpose)
        try visitor.choice(6, "state", &state)
        try visitor.time(7, "requested_at", &requestedAt)
        try visitor.time(8, "changed_at", &changedAt)
    }
}
