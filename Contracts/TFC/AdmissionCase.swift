package import ContractKit
package import Primitives

/// One organisation's application to one field.
package struct AdmissionCase: Record, Hashable {
    package var field: Digest = .zero
    package var applicant: AccountID = .unset
    package var organisation: Identifier = .unset
    package var state: CaseState = .applied
    package var reason: CaseReason = .open
    /// Copied from the field when the case opened.
    package var policy = FieldPolicy()
    package var openedAt: UInt64 = 0
    /// When the present phase is over: what is done at this time or later is too late. For a closed case, when it
    /// closed.
    package var deadline: UInt64 = 0
    /// The n of "m of n", and the last place that counts, both frozen when the attributes were disclosed.
    package var verifiers: UInt64 = 0
    package var verifierPlace: UInt64 = 0
    /// Required attributes that m verifiers found true.
    package var verified: UInt64 = 0
    /// Members that the applicant found true.
    package var membersAttested: UInt64 = 0
    package var assented = false
    /// Frozen when the ballot opened.
    package var electoratePlace: UInt64 = 0
    package var electorateWeight: UInt64 = 0
    package var commits: UInt64 = 0
    package var committedWeight: UInt64 = 0
    package var reveals: UInt64 = 0
    package var revealedWeight: UInt64 = 0
    package var yesWeight: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        let any = 0...UInt64.max
        try visitor.digest(1, "field", &field)
        try visitor.account(2, "applicant", &applicant)
        try visitor.identifier(3, "organisation", &organisation)
        try visitor.choice(4, "state", &state)
        try visitor.choice(5, "reason", &reason)
        try visitor.record(6, "policy", &policy)
        try visitor.time(7, "opened_at", &openedAt)
        try visitor.time(8, "deadline", &deadline)
        try visitor.unsigned(9, "verifiers", &verifiers, in: any)
        try visitor.unsigned(10, "verifier_place", &verifierPlace, in: any)
        try visitor.unsigned(11, "verified", &verified, in: any)
        try visitor.unsigned(12, "members_attested", &membersAttested, in: any)
        try visitor.boolean(13, "assented", &assented)
        try visitor.unsigned(14, "electorate_place", &electoratePlace, in: any)
        try visitor.unsigned(15, "electorate_weight", &electorateWeight, in: any)
        try visitor.unsigned(16, "commits", &commits, in: any)
        try visitor.unsigned(17, "committed_weight", &committedWeight, in: any)
        try visitor.unsigned(18, "reveals", &reveals, in: any)
        try visitor.unsigned(19, "revealed_weight", &revealedWeight, in: any)
        try visitor.unsigned(20, "yes_weight", &yesWeight, in: any)
    }

    /// Refuses what does not fit the case's phase, and says which kind of wrong moment it is.
    func require(_ wanted: CaseState...) throws(ContractError) {
        guard !wanted.contains(state) else { return }
        if reason == .quorum, wanted.contains(.reveal) || wanted.contains(.commit) {
            throw ContractError(.quorum, "the ballot lapsed for want of a quorum")
        }
        let isOver =
            switch reason {
            case .open: wanted.contains(.commit) && state == .reveal
            case .vote: wanted.contains(.commit) || wanted.contains(.reveal)
            case .disclosure: wanted.contains(.applied)
            case .verification: wanted.contains(.verifying)
            case .attribute, .quorum: false
            }
        if isOver { throw ContractError(.deadline, "that phase of the case is over") }
        if wanted.contains(.reveal), state == .commit {
            throw ContractError(.deadline, "votes are still being committed")
        }
        throw ContractError(.state, "the case is " + state.name)
    }
}

/// What an organisation has going in a field: at most one open case.
package struct ApplicantRow: Record, Hashable {
    /// The open case.
    package var open: Digest?
    package var attempts: UInt64 = 0
    /// It may not apply again before this.
    package var notBefore: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.optional(1, "open", &open, .digest)
        try visitor.unsigned(2, "attempts", &attempts, in: 0...UInt64.max)
        try visitor.time(3, "not_before", &notBefore)
    }
}
