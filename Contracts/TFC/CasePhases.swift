internal import ContractKit
internal import Primitives

/// How a case moves on: by what was done, or because its time is over.
///
/// Times of transitions by deadline are the deadlines themselves and not the moment when somebody came to look, so
/// that the queue, a late method and a late query all find the same state.
extension TFC {
    /// The case with every transition applied that is due.
    static func settledCase(
        _ id: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> AdmissionCase {
        var admission = try cases.existing(id, "case", &context)
        var changed = false
        // At most two steps: the end of COMMIT opens REVEAL, whose end may have passed as well.
        while !admission.state.isClosed, context.time >= admission.deadline {
            try passDeadline(id, &admission, &context)
            changed = true
        }
        if changed { try cases.put(id, admission, &context) }
        return admission
    }

    private static func passDeadline(
        _ id: Digest,
        _ admission: inout AdmissionCase,
        _ context: inout ContractContext
    ) throws(ContractError) {
        switch admission.state {
        case .applied:
            try close(id, &admission, as: .lapsed, because: .disclosure, at: admission.deadline, &context)
        case .disclosed, .verifying:
            try close(id, &admission, as: .lapsed, because: .verification, at: admission.deadline, &context)
        case .commit:
            try endCommit(id, &admission, at: admission.deadline, &context)
        case .reveal:
            try count(id, &admission, at: admission.deadline, &context)
        case .admitted, .rejected, .lapsed:
            break
        }
    }

    /// Sets the phase and its deadline; the queue forgets the one before.
    static func enter(
        _ state: CaseState,
        until deadline: UInt64,
        _ id: Digest,
        _ admission: inout AdmissionCase,
        _ context: inout ContractContext
    ) throws(ContractError) {
        if admission.deadline != 0 {
            try context.cancel(at: admission.deadline, kind: phaseDeadline, key: id)
        }
        admission.state = state
        admission.deadline = deadline
        if !state.isClosed { try context.schedule(at: deadline, kind: phaseDeadline, key: id) }
    }

    /// The third layer opens when the first two are complete: every required attribute verified by m, enough members
    /// attested by the applicant, and its assent given. Electorate and weights are frozen here.
    static func openBallotIfReady(
        _ id: Digest,
        _ admission: inout AdmissionCase,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard admission.assented, admission.verified == UInt64(admission.policy.required.count) else { return }
        let field = try fields.existing(admission.field, "field", &context)
        admission.electoratePlace = field.members
        admission.electorateWeight = field.weight
        let deadline = try context.time.adding(admission.policy.commitTime)
        try enter(.commit, until: deadline, id, &admission, &context)
        try context.emit(
            BallotOpened(case: id, weight: field.weight, members: field.members, deadline: deadline)
        )
    }

    /// Without a quorum the case lapses; with one, the votes are opened.
    static func endCommit(
        _ id: Digest,
        _ admission: inout AdmissionCase,
        at time: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let reached = try admission.policy.reachesQuorum(
            committed: admission.committedWeight,
            of: admission.electorateWeight
        )
        guard reached else {
            return try close(id, &admission, as: .lapsed, because: .quorum, at: time, &context)
        }
        let deadline = try time.adding(admission.policy.revealTime)
        try enter(.reveal, until: deadline, id, &admission, &context)
        try context.emit(RevealOpened(case: id, committedWeight: admission.committedWeight, deadline: deadline))
    }

    static func count(
        _ id: Digest,
        _ admission: inout AdmissionCase,
        at time: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let admits = try admission.policy.admits(yes: admission.yesWeight, of: admission.committedWeight)
        try close(id, &admission, as: admits ? .admitted : .rejected, because: .vote, at: time, &context)
        if admits { try admit(admission, &context) }
    }

    static func close(
        _ id: Digest,
        _ admission: inout AdmissionCase,
        as state: CaseState,
        because reason: CaseReason,
        at time: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try enter(state, until: time, id, &admission, &context)
        admission.reason = reason
        let key = Pair(admission.field, admission.organisation)
        var applicant = try applicants.get(key, &context) ?? ApplicantRow()
        applicant.open = nil
        applicant.notBefore = state == .admitted ? time : try time.adding(admission.policy.cooldown)
        try applicants.put(key, applicant, &context)
        try context.emit(CaseClosed(id, admission))
    }

    private static func admit(
        _ admission: AdmissionCase,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var member = Member()
        member.weight = admission.policy.memberWeight
        member.verifies = admission.policy.admittedVerify
        member.account = admission.applicant
        try addMember(member, admission.organisation, to: admission.field, at: admission.deadline, &context)
    }

    /// Makes an organisation an active member, in the next place.
    static func addMember(
        _ invited: Member,
        _ organisation: Identifier,
        to fieldID: Digest,
        at time: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var field = try fields.existing(fieldID, "field", &context)
        var member = invited
        field.members = try field.members.adding(1)
        field.weight = try field.weight.adding(member.weight)
        if member.verifies { field.verifiers = try field.verifiers.adding(1) }
        member.state = .active
        member.place = field.members
        member.since = time
        try fields.put(fieldID, field, &context)
        try members.put(Pair(fieldID, organisation), member, &context)
        try context.emit(MemberJoined(field: fieldID, organisation: organisation, member: member))
    }
}
