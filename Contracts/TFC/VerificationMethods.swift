package import ContractKit
package import Primitives

/// A verifier's word on one attribute. The m-th confirmation verifies it; when denials make m unreachable and the
/// attribute is mandatory, the case is rejected without a vote.
package struct Attest: ContractMethod {
    package static let name = "attest"
    package static let summary = "Attest, as a verifier of the field, whether a disclosed attribute is true."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .duplicate, .policy]

    package var admission: Digest = .zero
    package var attribute: Identifier = .unset
    package var ok = false
    package var method: Identifier = .unset
    package var evidence: Digest?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.identifier(2, "attribute", &attribute)
        try visitor.boolean(3, "ok", &ok)
        try visitor.identifier(4, "method", &method)
        try visitor.optional(5, "evidence", &evidence, .digest)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.verifier)
        var row = try TFC.settledCase(admission, &context)
        try TFC.refuseParty(of: row, context)
        let member = try TFC.callersMembership(of: row.field, &context)
        guard member.verifies else { throw ContractError(.role, "not a verifier of this field") }
        try row.require(.disclosed, .verifying)
        guard member.belongs(upTo: row.verifierPlace) else {
            throw ContractError(.role, "became a verifier after the attributes were disclosed")
        }
        let key = Pair(admission, attribute)
        var claim = try TFC.attributes.existing(key, "attribute", &context)
        let attestation = TFC.attestation(ok, method, evidence, context)
        try TFC.attestations.insert(
            Pair(admission, Pair(attribute, context.caller.organisation)),
            attestation,
            "attestation",
            &context
        )
        try context.emit(AttributeAttested(case: admission, attribute: attribute, by: context.caller, ok: ok))
        row.state = .verifying
        try record(in: &claim, of: &row)
        try TFC.attributes.put(key, claim, &context)
        if claim.required, claim.state == .failed {
            try TFC.close(admission, &row, as: .rejected, because: .attribute, at: context.time, &context)
        } else {
            try TFC.openBallotIfReady(admission, &row, &context)
        }
        try TFC.cases.put(admission, row, &context)
    }

    private func record(in claim: inout AttributeRow, of row: inout AdmissionCase) throws(ContractError) {
        if ok {
            claim.confirmations = try claim.confirmations.adding(1)
            guard claim.state == .disclosed, claim.confirmations >= row.policy.verifiersNeeded else { return }
            claim.state = .verified
            if claim.required { row.verified = try row.verified.adding(1) }
        } else {
            claim.denials = try claim.denials.adding(1)
            // With more than n − m denials, fewer than m verifiers are left.
            guard try claim.denials.adding(row.policy.verifiersNeeded) > row.verifiers else { return }
            claim.state = .failed
        }
    }
}

/// The other direction: the applicant's word on a member.
package struct AttestMember: ContractMethod {
    package static let name = "attest-member"
    package static let summary = "Attest, as the applicant, whether a member is what it says."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .duplicate]

    package var admission: Digest = .zero
    package var organisation: Identifier = .unset
    package var ok = false
    package var method: Identifier = .unset
    package var evidence: Digest?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.identifier(2, "organisation", &organisation)
        try visitor.boolean(3, "ok", &ok)
        try visitor.identifier(4, "method", &method)
        try visitor.optional(5, "evidence", &evidence, .digest)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try TFC.settledCase(admission, &context)
        try TFC.requireApplicant(of: row, context)
        try row.require(.disclosed, .verifying)
        guard let member = try TFC.members.get(Pair(row.field, organisation), &context),
            member.belongs(upTo: row.verifierPlace)
        else { throw ContractError(.reference, "no such member") }
        try TFC.memberAttestations.insert(
            Pair(admission, organisation),
            TFC.attestation(ok, method, evidence, context),
            "attestation",
            &context
        )
        row.state = .verifying
        if ok { row.membersAttested = try row.membersAttested.adding(1) }
        try TFC.cases.put(admission, row, &context)
        try context.emit(MemberAttested(case: admission, organisation: organisation, ok: ok))
    }
}

/// The applicant's signature under entering the field, after it saw who is in it.
package struct Assent: ContractMethod {
    package static let name = "assent"
    package static let summary = "Assent, as the applicant, to entering the field."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .duplicate, .policy]

    package var admission: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try TFC.settledCase(admission, &context)
        try TFC.requireApplicant(of: row, context)
        try row.require(.disclosed, .verifying)
        guard !row.assented else { throw ContractError(.duplicate, "already assented") }
        guard row.membersAttested >= row.policy.mutual else {
            throw ContractError(.policy, "fewer members attested than the policy wants")
        }
        row.state = .verifying
        row.assented = true
        try context.emit(CaseAssented(case: admission))
        try TFC.openBallotIfReady(admission, &row, &context)
        try TFC.cases.put(admission, row, &context)
    }
}

extension TFC {
    static func attestation(
        _ ok: Bool,
        _ method: Identifier,
        _ evidence: Digest?,
        _ context: borrowing ContractContext
    ) -> AttestationRow {
        var row = AttestationRow()
        row.ok = ok
        row.method = method
        row.evidence = evidence
        row.account = context.caller.account
        row.at = context.time
        return row
    }

    /// Who is judged does not judge.
    static func refuseParty(
        of admission: AdmissionCase,
        _ context: borrowing ContractContext
    ) throws(ContractError) {
        guard context.caller.organisation != admission.organisation else {
            throw ContractError(.policy, "a party to the case")
        }
    }
}
