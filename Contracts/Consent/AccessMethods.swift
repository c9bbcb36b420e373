package import ContractKit
internal import Governance
package import Primitives

/// Somebody asks for a record, naming the consent and the purpose.
package struct RequestAccess: ContractMethod {
    package static let name = "request-access"
    package static let summary = "An account asks for a record under a consent; the question is logged."
    package static let errors: [ErrorCode] = [.duplicate, .reference, .state, .policy]

    /// A random id.
    package var access = Digest.zero
    package var record = Digest.zero
    package var consent = Digest.zero
    package var purpose = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "access", &access)
        try visitor.digest(2, "record", &record)
        try visitor.digest(3, "consent", &consent)
        try visitor.identifier(4, "purpose", &purpose)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let recordRow = try Consent.records.existing(record, "record", &context)
        guard recordRow.state == .active else { throw ContractError(.state, "the record is restricted") }
        let consentRow = try Consent.consents.existing(consent, "consent", &context)
        // Whether the consent covers it is decided, and logged, by the custodian; whose it is can be told now.
        guard consentRow.pseudonym == recordRow.pseudonym else {
            throw ContractError(.policy, "the consent is not the record's subject's")
        }
        var row = AccessRow()
        row.record = record
        row.consent = consent
        row.pseudonym = recordRow.pseudonym
        row.requester = context.caller.account
        row.purpose = purpose
        row.requestedAt = context.time
        row.changedAt = context.time
        try Consent.accesses.insert(access, row, "access", &context)
        try Consent.accessesBySubject.add(Pair(row.pseudonym, Pair(context.height, access)), &context)
        try context.emit(AccessLogged(access, row))
    }
}

/// The record's custodian answers. Allowing is refused unless the consent is live and covers the use.
package struct DecideAccess: ContractMethod {
    package static let name = "decide-access"
    package static let summary = "The custodian of a record allows or denies an access; allowing needs live consent."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .consent]

    package var access = Digest.zero
    package var isAllowed = false

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "access", &access)
        try visitor.boolean(2, "is_allowed", &isAllowed)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Consent.moveAccess(access, from: .requested, to: isAllowed ? .allowed : .denied, &context)
    }
}

/// The record's custodian records that it releases the key, and only then does.
package struct ServeAccess: ContractMethod {
    package static let name = "serve-access"
    package static let summary = "The custodian of a record logs that an allowed access is served; needs live consent."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .consent]

    package var access = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "access", &access)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try Consent.moveAccess(access, from: .allowed, to: .served, &context)
    }
}

extension Consent {
    static func moveAccess(
        _ access: Digest,
        from before: AccessState,
        to after: AccessState,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var row = try accesses.existing(access, "access", &context)
        let record = try records.existing(row.record, "record", &context)
        guard record.custodian == context.caller.account, context.caller.has(.custodian) else {
            throw ContractError(.role, "the record is another custodian's")
        }
        guard row.state == before else { throw ContractError(.state, "the access is " + row.state.name) }
        // Asked at each step anew: a consent withdrawn between ALLOWED and SERVED stops the release.
        if after != .denied { try checkUse(of: record, by: row, &context) }
        row.state = after
        row.changedAt = context.time
        try accesses.put(access, row, &context)
        try context.emit(AccessLogged(access, row))
    }

    private static func checkUse(
        of record: RecordRow,
        by access: AccessRow,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard record.state == .active else { throw ContractError(.state, "the record is restricted") }
        guard let requester = try Governance.standing(of: access.requester, &context) else {
            throw ContractError(.role, "the requester is not active")
        }
        let use = DataUse(
            purpose: access.purpose,
            dataClass: record.dataClass,
            recipient: requester.sector,
            country: requester.jurisdiction
        )
        try requireLive(access.consent, for: use, &context)
    }
}
