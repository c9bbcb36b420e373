package import ContractKit
package import Primitives

package enum ValidatorChange: UInt64, Choice {
    case add = 1
    case remove = 2
    case replace = 3

    package var name: String {
        switch self {
        case .add: "ADD"
        case .remove: "REMOVE"
        case .replace: "REPLACE"
        }
    }
}

package enum ProposalStatus: UInt64, Choice {
    case open = 1
    case executed = 2
    case expired = 3

    package var name: String {
        switch self {
        case .open: "OPEN"
        case .executed: "EXECUTED"
        case .expired: "EXPIRED"
        }
    }
}

/// A change of the validators that organisations vote on.
package struct ProposalRow: Record, Hashable {
    package var change = ValidatorChange.add
    /// Who is to come: the consensus key of a candidate.
    package var candidate: PublicKey?
    /// Who is to go: the consensus key of a validator.
    package var validator: PublicKey?
    package var organisation = Identifier.unset
    package var until: UInt64 = 0
    package var status = ProposalStatus.open
    package var ayes: [Identifier] = []
    package var noes: [Identifier] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "change", &change)
        try visitor.optional(2, "candidate", &candidate, .publicKey)
        try visitor.optional(3, "validator", &validator, .publicKey)
        try visitor.identifier(4, "organisation", &organisation)
        try visitor.time(5, "until", &until)
        try visitor.choice(6, "status", &status)
        try visitor.list(7, "ayes", &ayes, of: .identifier, atMost: ProposalRow.greatestVoteCount)
        try visitor.list(8, "noes", &noes, of: .identifier, atMost: ProposalRow.greatestVoteCount)
    }

    /// Voters change with the validators while a proposal is open.
    static let greatestVoteCount = 128

    /// The row as it stands at a time: nobody has to close a proposal that ran out.
    func asOf(_ time: UInt64) -> ProposalRow {
        var row = self
        if row.status == .open, time >= until { row.status = .expired }
        return row
    }
}

/// Which proposal of an organisation is open.
package struct OpenProposalRow: Record, Hashable {
    package var proposal = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
    }
}

extension Governance {
    /// The organisations that may propose and vote *(ours)*: active, with a validator in force. Each has one vote, however
    /// many validators it runs.
    static func voters(_ context: inout ContractContext) throws(ContractError) -> [Identifier] {
        var voters: [Identifier] = []
        for row in try validatorsInForce(&context) where !voters.contains(row.organisation) {
            let organisation = try organisations.existing(row.organisation, "organisation", &context)
            if organisation.status == .active { voters.append(row.organisation) }
        }
        return voters
    }

    /// How many of them a change needs *(ours)*: a quorum, as of so many replicas. So f of them can neither push a change
    /// through nor hold one up, and no two changes that contradict each other both have one.
    static func quorum(of voters: Int) -> Int { (voters + (max(voters, 1) - 1) / 3) / 2 + 1 }

    /// The caller's organisation, if its registrar may vote.
    static func votersOrganisation(_ context: inout ContractContext) throws(ContractError) -> Identifier {
        _ = try registrarsOrganisation(&context)
        let organisation = context.caller.organisation
        guard try voters(&context).contains(organisation) else {
            throw ContractError(.role, "the organisation runs no validator")
        }
        return organisation
    }

    /// A proposal that can still be voted on and executed.
    static func openProposal(_ id: Digest, _ context: inout ContractContext) throws(ContractError) -> ProposalRow {
        let row = try proposals.existing(id, "proposal", &context)
        guard row.status == .open else { throw ContractError(.state, "the proposal is " + row.status.name) }
        guard context.time < row.until else { throw ContractError(.deadline, "the proposal has run out") }
        return row
    }
}
