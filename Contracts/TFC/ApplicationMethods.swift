package import ContractKit
package import Primitives

/// The first layer opens.
package struct Apply: ContractMethod {
    package static let name = "apply"
    package static let summary = "Apply to a field for the caller's organisation."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .duplicate, .policy]

    package var field: Digest = .zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "field", &field)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.applicant)
        let row = try TFC.fields.existing(field, "field", &context)
        guard row.state == .active else { throw ContractError(.state, "the field is " + row.state.name) }
        let organisation = context.caller.organisation
        var applicant = try settledApplicant(organisation, &context)
        guard applicant.open == nil else { throw ContractError(.duplicate, "an application is open") }
        // One member per organisation; a founder that was named and has not joined has its place already.
        guard try !TFC.members.contains(Pair(field, organisation), &context) else {
            throw ContractError(.duplicate, "the organisation has its place in the field")
        }
        guard context.time >= applicant.notBefore else { throw ContractError(.policy, "the cooldown is not over") }
        applicant.attempts = try applicant.attempts.adding(1)
        let id = try context.sha256(
            TFC.casePreimage(field: field, organisation: organisation, attempt: applicant.attempts)
        )
        applicant.open = id
        try TFC.applicants.put(Pair(field, organisation), applicant, &context)
        var admission = AdmissionCase()
        admission.field = field
        admission.applicant = context.caller.account
        admission.organisation = organisation
        admission.policy = row.policy
        admission.openedAt = context.time
        let deadline = try context.time.adding(row.policy.disclosureTime)
        try TFC.enter(.applied, until: deadline, id, &admission, &context)
        try TFC.cases.insert(id, admission, "case", &context)
        try context.emit(
            CaseOpened(case: id, field: field, organisation: organisation, deadline: deadline)
        )
    }

    private func settledApplicant(
        _ organisation: Identifier,
        _ context: inout ContractContext
    ) throws(ContractError) -> ApplicantRow {
        let key = Pair(field, organisation)
        let before = try TFC.applicants.get(key, &context) ?? ApplicantRow()
        guard let open = before.open else { return before }
        _ = try TFC.settledCase(open, &context)
        return try TFC.applicants.get(key, &context) ?? before
    }
}

/// Attribute commitments. They may come in several calls; with the last required one the second layer opens.
package struct Disclose: ContractMethod {
    package static let name = "disclose"
    package static let summary = "Disclose attributes of the applicant as commitments."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline, .duplicate]

    package var admission: Digest = .zero
    package var attributes: [AttributeClaim] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "case", &admission)
        try visitor.list(
            2,
            "attributes",
            &attributes,
            of: .record(AttributeClaim.self),
            count: 1...FieldPolicy.attributeLimit
        )
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try TFC.settledCase(admission, &context)
        try TFC.requireApplicant(of: row, context)
        try row.require(.applied)
        for claim in attributes {
            var attribute = AttributeRow()
            attribute.claim = claim
            attribute.required = row.policy.required.contains(claim.type)
            try TFC.attributes.insert(Pair(admission, claim.type), attribute, "attribute", &context)
        }
        let isComplete = try isComplete(row, &context)
        if isComplete { try open(&row, &context) }
        try TFC.cases.put(admission, row, &context)
        try context.emit(CaseDisclosed(case: admission, attributes: attributes.map { $0.type }, isComplete: isComplete))
    }

    private func isComplete(
        _ row: AdmissionCase,
        _ context: inout ContractContext
    ) throws(ContractError) -> Bool {
        let page = try TFC.attributes.scan(prefix: admission, limit: PageCursor.greatestPage, &context)
        guard page.entries.count <= FieldPolicy.attributeLimit else {
            throw ContractError(.limit, "too many attributes")
        }
        return page.entries.count { $0.row.required } == row.policy.required.count
    }

    /// Freezes the n of "m of n" and gives verification its time.
    private func open(_ row: inout AdmissionCase, _ context: inout ContractContext) throws(ContractError) {
        let field = try TFC.fields.existing(row.field, "field", &context)
        row.verifiers = field.verifiers
        row.verifierPlace = field.members
        let deadline = try context.time.adding(row.policy.verificationTime)
        try TFC.enter(.disclosed, until: deadline, admission, &row, &context)
    }
}

extension TFC {
    /// Only the account that applied acts for the applicant.
    static func requireApplicant(
        of admission: AdmissionCase,
        _ context: borrowing ContractContext
    ) throws(ContractError) {
        try context.require(.applicant)
        guard context.caller.account == admission.applicant else {
            throw ContractError(.role, "not the applicant of this case")
        }
    }
}
