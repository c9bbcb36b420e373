package import ContractKit
package import Primitives

/// Electorate and weights are frozen; votes may be committed.
package struct BallotOpened: ContractEvent {
    package static let name = "ballot-opened"

    package var admission: Digest = .zero
    package var weight: UInt64 = 0
    package var members: UInt64 = 0
    package var deadline: UInt64 = 0

    package init() {}

    init(case admission: Digest, weight: UInt64, members: UInt64, deadline: UInt64) {
        self.admission = admission
        self.weight = weight
        self.members = members
        self.deadline = deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.unsigned(2, "weight", &weight, in: 0...UInt64.max)
        try visitor.unsigned(3, "members", &members, in: 0...UInt64.max)
        try visitor.time(4, "deadline", &deadline)
    }
}

/// A member sealed its vote.
package struct VoteCommitted: ContractEvent {
    package static let name = "vote-committed"

    package var admission: Digest = .zero
    package var organisation: Identifier = .unset
    package var voter: AccountID = .unset
    package var weight: UInt64 = 0

    package init() {}

    init(case admission: Digest, by caller: Caller, weight: UInt64) {
        self.admission = admission
        organisation = caller.organisation
        voter = caller.account
        self.weight = weight
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.account(3, "voter", &voter)
        try visitor.unsigned(4, "weight", &weight, in: 0...UInt64.max)
    }
}

/// The quorum is there and no more votes are taken; they may be opened.
package struct RevealOpened: ContractEvent {
    package static let name = "reveal-opened"

    package var admission: Digest = .zero
    package var committedWeight: UInt64 = 0
    package var deadline: UInt64 = 0

    package init() {}

    init(case admission: Digest, committedWeight: UInt64, deadline: UInt64) {
        self.admission = admission
        self.committedWeight = committedWeight
        self.deadline = deadline
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.unsigned(2, "committed_weight", &committedWeight, in: 0...UInt64.max)
        try visitor.time(3, "deadline", &deadline)
    }
}

/// A member opened its vote.
package struct VoteRevealed: ContractEvent {
    package static let name = "vote-revealed"

    package var admission: Digest = .zero
    package var organisation: Identifier = .unset
    package var voter: AccountID = .unset
    package var choice: VoteChoice = .no
    package var weight: UInt64 = 0

    package init() {}

    init(case admission: Digest, by caller: Caller, choice: VoteChoice, weight: UInt64) {
        self.admission = admission
        organisation = caller.organisation
        voter = caller.account
        self.choice = choice
        self.weight = weight
    }

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.account(3, "voter", &voter)
        try visitor.choice(4, "choice", &choice)
        try visitor.unsigned(5, "weight", &weight, in: 0...UInt64.max)
    }
}
