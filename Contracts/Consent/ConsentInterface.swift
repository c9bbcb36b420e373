package import ContractKit
internal import Governance
package import Primitives

extension Consent {
    /// Refuses with CONSENT unless the consent is live now and covers the use. Nothing of the answer is stored by the
    /// one who asks: it is derived again whenever it matters.
    ///
    /// The row is returned because who granted matters too: a buyer could show a consent that it granted itself, so
    /// the asking contract compares the pseudonym with the one that the data is about.
    @discardableResult
    package static func requireLive(
        _ consent: Digest,
        for use: DataUse,
        _ context: inout ContractContext
    ) throws(ContractError) -> ConsentRow {
        let row = try context.call(into: id) { context throws(ContractError) in
            guard try consents.contains(consent, &context) else {
                throw ContractError(.consent, "no such consent")
            }
            return try current(consent, &context)
        }
        guard row.state.isLive else { throw ContractError(.consent, "the consent is " + row.state.name) }
        if let objection = row.terms.objection(to: use) {
            throw ContractError(.consent, "the consent is " + objection)
        }
        // A pseudonym that was revoked or suspended can no longer withdraw, so its consents do not count.
        guard try Governance.standing(of: row.pseudonym, &context) != nil else {
            throw ContractError(.consent, "the consent's pseudonym is not active")
        }
        return row
    }

    /// The place of a consent in the state, for proofs.
    package static func stateKey(ofConsent consent: Digest) -> StateKey { consents.stateKey(consent) }
    package static func stateKey(ofRecord record: Digest) -> StateKey { records.stateKey(record) }
}
