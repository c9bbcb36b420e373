package import ContractKit
package import Primitives

package struct CandidateReported: ContractEvent, Hashable {
    package static let name = "candidate-reported"

    package var organisation = Identifier.unset
    package var key = PublicKey.unset
    package var height = Height.genesis

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
        try visitor.publicKey(2, "key", &key)
        try visitor.height(3, "height", &height)
    }
}

package struct ChangeProposed: ContractEvent, Hashable {
    package static let name = "change-proposed"

    package var proposal = Digest.zero
    package var organisation = Identifier.unset
    package var change = ValidatorChange.add

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.choice(3, "change", &change)
    }
}

package struct VoteCast: ContractEvent, Hashable {
    package static let name = "vote-cast"

    package var proposal = Digest.zero
    package var organisation = Identifier.unset
    package var isFor = false

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.boolean(3, "is_for", &isFor)
    }
}

package struct ProposalExecuted: ContractEvent, Hashable {
    package static let name = "proposal-executed"

    package var proposal = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
    }
}

/// A validator has another key or other pins, from the boundary on.
package struct ValidatorRekeyed: ContractEvent, Hashable {
    package static let name = "validator-rekeyed"

    package var organisation = Identifier.unset
    package var before = PublicKey.unset
    package var after = PublicKey.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
        try visitor.publicKey(2, "before", &before)
        try visitor.publicKey(3, "after", &after)
    }
}

/// So many validators are to vote above the boundary.
package struct ValidatorsChanging: ContractEvent, Hashable {
    package static let name = "validators-changing"

    package var boundary = Height.genesis
    package var count: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.height(1, "boundary", &boundary)
        try visitor.unsigned(2, "count", &count, in: 0...100)
    }
}

/// The block above this one is the epoch's first.
package struct EpochBegan: ContractEvent, Hashable {
    package static let name = "epoch-began"

    package var epoch: UInt64 = 0
    package var start = Height.genesis
    package var count: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "epoch", &epoch, in: 0...UInt64.max)
        try visitor.height(2, "start", &start)
        try visitor.unsigned(3, "count", &count, in: 0...100)
    }
}

package struct EquivocationProven: ContractEvent, Hashable {
    package static let name = "equivocation-proven"

    package var organisation = Identifier.unset
    package var key = PublicKey.unset
    package var epoch: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
        try visitor.publicKey(2, "key", &key)
        try visitor.unsigned(3, "epoch", &epoch, in: 0...UInt64.max)
    }
}
