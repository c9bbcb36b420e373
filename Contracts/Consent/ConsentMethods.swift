package import ContractKit
package import Primitives

/// A subject allows a use of its data, under the pseudonym that signs.
package struct GrantConsent: ContractMethod {
    package static let name = "grant-consent"
    package static let summary = "A subject grants a consent under its pseudonym."
    package static let errors: [ErrorCode] = [.role, .duplicate, .deadline]

    /// A random id.
    package var consent = Digest.zero
    package var terms = ConsentTerms()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "consent", &consent)
        try visitor.record(2, "terms", &terms)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        try context.require(.subject)
        try terms.check(context)
        var row = ConsentRow()
        row.pseudonym = context.caller.account
        row.terms = terms
        row.since = context.height
        try Consent.consents.insert(consent, row, "consent", &context)
        try Consent.consentsBySubject.add(Pair(row.pseudonym, consent), &context)
        try context.schedule(at: terms.until, kind: Consent.consentCase, key: consent)
        try context.emit(ConsentChanged(consent, row))
    }
}

/// A subject replaces the terms of a live consent.
package struct AmendConsent: ContractMethod {
    package static let name = "amend-consent"
    package static let summary = "A subject replaces the terms of its live consent."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .deadline]

    package var consent = Digest.zero
    package var terms = ConsentTerms()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "consent", &consent)
        try visitor.record(2, "terms", &terms)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Consent.ownLiveConsent(consent, &context)
        try terms.check(context)
        try context.cancel(at: row.terms.until, kind: Consent.consentCase, key: consent)
        row.terms = terms
        row.state = .amended
        row.revision = try row.revision.adding(1)
        row.since = context.height
        try Consent.consents.put(consent, row, &context)
        try context.schedule(at: terms.until, kind: Consent.consentCase, key: consent)
        try context.emit(ConsentChanged(consent, row))
    }
}

/// A subject withdraws a consent. From this block on, whatever needs it is refused.
package struct WithdrawConsent: ContractMethod {
    package static let name = "withdraw-consent"
    package static let summary = "A subject withdraws its live consent."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var consent = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "consent", &consent)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        var row = try Consent.ownLiveConsent(consent, &context)
        try context.cancel(at: row.terms.until, kind: Consent.consentCase, key: consent)
        row.state = .withdrawn
        row.since = context.height
        try Consent.consents.put(consent, row, &context)
        try context.emit(ConsentChanged(consent, row))
    }
}

extension Consent {
    /// The consent with its own due transition applied: past its end it has expired, whether or not the queue of
    /// deadlines has come to it.
    static func current(
        _ consent: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> ConsentRow {
        var row = try consents.existing(consent, "consent", &context)
        guard row.state.isLive, row.terms.until <= context.time else { return row }
        try context.cancel(at: row.terms.until, kind: consentCase, key: consent)
        row.state = .expired
        row.since = context.height
        try consents.put(consent, row, &context)
        try context.emit(ConsentChanged(consent, row))
        return row
    }

    /// A live consent of the caller. Only the pseudonym that granted it decides about it.
    static func ownLiveConsent(
        _ consent: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) -> ConsentRow {
        let row = try current(consent, &context)
        guard row.pseudonym == context.caller.account else {
            throw ContractError(.role, "the consent is another's")
        }
        guard row.state.isLive else { throw ContractError(.state, "the consent is " + row.state.name) }
        return row
    }
}
