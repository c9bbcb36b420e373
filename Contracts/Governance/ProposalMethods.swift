package import ContractKit
package import Primitives

/// A voting organisation proposes a change of the validators, and votes for it thereby.
package struct ProposeValidatorChange: ContractMethod {
    package static let name = "propose-validator-change"
    package static let summary =
        "A voting organisation proposes to add, remove or replace a validator, and votes for it."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .duplicate]

    /// How far ahead a proposal may run *(ours)*.
    package static let longestMilliseconds: UInt64 = 31 * 24 * 3600 * 1000

    package var change = ValidatorChange.add
    package var candidate: PublicKey?
    package var validator: PublicKey?
    package var until: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.choice(1, "change", &change)
        try visitor.optional(2, "candidate", &candidate, .publicKey)
        try visitor.optional(3, "validator", &validator, .publicKey)
        try visitor.time(4, "until", &until)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let organisation = try Governance.votersOrganisation(&context)
        guard (candidate != nil) == (change != .remove), (validator != nil) == (change != .add) else {
            throw ContractError(.schema, "the change names other keys than it needs")
        }
        guard until > context.time, until - context.time <= Self.longestMilliseconds else {
            throw ContractError(.deadline, "a proposal runs for up to 31 days")
        }
        if let candidate { _ = try Governance.candidates.existing(candidate, "candidate", &context) }
        if let validator, try !Governance.coming(&context).contains(where: { $0.consensusKey == validator }) {
            throw ContractError(.reference, "no such validator")
        }
        try checkOnlyOpen(organisation, &context)
        var row = ProposalRow()
        row.change = change
        row.candidate = candidate
        row.validator = validator
        row.organisation = organisation
        row.until = until
        row.ayes = [organisation]
        let id = context.transaction
        try Governance.proposals.insert(id, row, "proposal", &context)
        var open = OpenProposalRow()
        open.proposal = id
        try Governance.openProposals.put(organisation, open, &context)
        var event = ChangeProposed()
        event.proposal = id
        event.organisation = organisation
        event.change = change
        try context.emit(event)
    }

    /// One at a time for each organisation, so that nobody floods the others with proposals.
    private func checkOnlyOpen(
        _ organisation: Identifier,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard let open = try Governance.openProposals.get(organisation, &context),
            let row = try Governance.proposals.get(open.proposal, &context)
        else { return }
        guard row.asOf(context.time).status != .open else {
            throw ContractError(.state, "another proposal of the organisation is open")
        }
    }
}

package struct VoteOnProposal: ContractMethod {
    package static let name = "vote"
    package static let summary = "A voting organisation votes for or against a proposal, once."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .duplicate]

    package var proposal = Digest.zero
    package var isFor = false

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
        try visitor.boolean(2, "is_for", &isFor)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let organisation = try Governance.votersOrganisation(&context)
        var row = try Governance.openProposal(proposal, &context)
        guard !row.ayes.contains(organisation), !row.noes.contains(organisation) else {
            throw ContractError(.duplicate, "the organisation has voted")
        }
        if isFor { row.ayes.append(organisation) } else { row.noes.append(organisation) }
        try Governance.proposals.put(proposal, row, &context)
        var event = VoteCast()
        event.proposal = proposal
        event.organisation = organisation
        event.isFor = isFor
        try context.emit(event)
    }
}

/// Carries out what enough organisations voted for. The votes of those that vote no more do not count, and a candidate
/// has to have caught up lately.
package struct ExecuteProposal: ContractMethod {
    package static let name = "execute-proposal"
    package static let summary = "A voting organisation carries out a proposal that a quorum of them voted for."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .quorum, .duplicate, .policy]

    package var proposal = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "proposal", &proposal)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        _ = try Governance.votersOrganisation(&context)
        var row = try Governance.openProposal(proposal, &context)
        let voters = try Governance.voters(&context)
        guard row.ayes.count(where: { voters.contains($0) }) >= Governance.quorum(of: voters.count) else {
            throw ContractError(.quorum, "too few voted for it")
        }
        var comer: ValidatorRow?
        if let key = row.candidate {
            let candidate = try Governance.candidates.existing(key, "candidate", &context)
            try Governance.checkFresh(candidate.height, &context)
            try Governance.candidates.delete(key, &context)
            comer = candidate.validator
        }
        let leaver = row.validator
        var left: ValidatorRow?
        try Governance.changeValidators(&context) { rows throws(ContractError) in
            left = rows.first { $0.consensusKey == leaver }
            try Self.apply(comer, leaver, to: &rows)
        }
        if let comer { try Governance.forgetObserver(comer, &context) }
        if let left { try Governance.observe(left, &context) }
        row.status = .executed
        try Governance.proposals.put(proposal, row, &context)
        var event = ProposalExecuted()
        event.proposal = proposal
        try context.emit(event)
    }

    /// Who comes takes the leaver's place, or the last.
    private static func apply(
        _ comer: ValidatorRow?,
        _ leaver: PublicKey?,
        to rows: inout [ValidatorRow]
    ) throws(ContractError) {
        guard let leaver else {
            if let comer { rows.append(comer) }
            return
        }
        guard let index = rows.firstIndex(where: { $0.consensusKey == leaver }) else {
            throw ContractError(.reference, "no such validator")
        }
        if let comer { rows[index] = comer } else { rows.remove(at: index) }
    }
}
