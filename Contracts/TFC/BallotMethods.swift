package import ContractKit
package import Primitives

/// A sealed vote: its digest, and nothing that tells the choice.
package struct CommitVote: ContractMethod {
    package static let name = "commit"
    package static let summary = "Commit a sealed vote on an application."
    package static let errors: [ErrorCode] = [
        .role, .reference, .state, .deadline, .duplicate, .policy, .quorum,
    ]

    package var admission: Digest = .zero
    package var commitment: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.digest(2, "commitment", &commitment)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try TFC.settledCase(admission, &context)
        try TFC.refuseParty(of: row, context)
        try context.require(.member)
        let member = try TFC.callersMembership(of: row.field, &context)
        try row.require(.commit)
        guard member.belongs(upTo: row.electoratePlace) else {
            throw ContractError(.role, "not in this ballot's electorate")
        }
        var ballot = BallotRow()
        ballot.account = context.caller.account
        ballot.weight = member.weight
        ballot.commitment = commitment
        try TFC.ballots.insert(Pair(admission, context.caller.organisation), ballot, "vote", &context)
        row.commits = try row.commits.adding(1)
        row.committedWeight = try row.committedWeight.adding(member.weight)
        try context.emit(VoteCommitted(case: admission, by: context.caller, weight: member.weight))
        // Nobody is left to wait for.
        if row.committedWeight == row.electorateWeight {
            try TFC.endCommit(admission, &row, at: context.time, &context)
        }
        try TFC.cases.put(admission, row, &context)
    }
}

/// Opens a sealed vote.
package struct RevealVote: ContractMethod {
    package static let name = "reveal"
    package static let summary = "Reveal a committed vote with its salt."
    package static let errors: [ErrorCode] = [
        .role, .reference, .state, .deadline, .duplicate, .policy, .quorum, .reveal,
    ]

    package var admission: Digest = .zero
    package var choice: VoteChoice = .no
    package var salt: [UInt8] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.choice(2, "choice", &choice)
        try visitor.bytes(3, "salt", &salt, count: TFC.saltByteCount)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try TFC.settledCase(admission, &context)
        try TFC.refuseParty(of: row, context)
        try context.require(.member)
        try row.require(.reveal)
        let key = Pair(admission, context.caller.organisation)
        var ballot = try TFC.ballots.existing(key, "committed vote", &context)
        guard ballot.account == context.caller.account else { throw ContractError(.role, "another account's vote") }
        guard ballot.choice == nil else { throw ContractError(.duplicate, "already revealed") }
        let preimage = TFC.votePreimage(
            field: row.field,
            case: admission,
            voter: context.caller.account,
            choice: choice,
            salt: salt
        )
        guard try context.sha256(preimage) == ballot.commitment else {
            throw ContractError(.reveal, "choice and salt do not open the commitment")
        }
        ballot.choice = choice
        ballot.salt = salt
        try TFC.ballots.put(key, ballot, &context)
        row.reveals = try row.reveals.adding(1)
        row.revealedWeight = try row.revealedWeight.adding(ballot.weight)
        if choice == .yes { row.yesWeight = try row.yesWeight.adding(ballot.weight) }
        try context.emit(VoteRevealed(case: admission, by: context.caller, choice: choice, weight: ballot.weight))
        if row.revealedWeight == row.committedWeight {
            try TFC.count(admission, &row, at: context.time, &context)
        }
        try TFC.cases.put(admission, row, &context)
    }
}
