package import ContractKit
package import Primitives

/// A registrar gives its organisation's validator another consensus key, other TLS pins or another address, without a
/// vote: this brings back a validator that lost its journal (rule 20 of the protocol). It takes effect at a boundary like
/// every change of the validators, so it may be done once in V blocks for each validator: nobody churns epochs.
package struct RekeyValidator: ContractMethod {
    package static let name = "rekey-validator"
    package static let summary = "A registrar renews the keys, pins or address of its organisation's validator."
    package static let errors: [ErrorCode] = [.role, .reference, .reveal, .duplicate, .deadline, .limit]

    /// Its present consensus key.
    package var validator = PublicKey.unset
    /// Another one; without it the key stays.
    package var key: PublicKey?
    package var tlsPins: [Digest] = []
    package var address: [UInt8] = []
    package var height = Height.genesis
    /// The signature of the key it will have over `Governance.consensusKeyStatement`.
    package var possession = Signature.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.publicKey(1, "validator", &validator)
        try visitor.optional(2, "key", &key, .publicKey)
        try visitor.list(3, "tls_pins", &tlsPins, of: .digest, count: 1...4)
        try visitor.bytes(4, "address", &address, count: 1...255)
        try visitor.height(5, "height", &height)
        try visitor.signature(6, "possession", &possession)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        _ = try Governance.registrarsOrganisation(&context)
        let organisation = context.caller.organisation
        guard let present = try Governance.coming(&context).first(where: { $0.consensusKey == validator }) else {
            throw ContractError(.reference, "no such validator")
        }
        guard present.organisation == organisation else {
            throw ContractError(.role, "the validator belongs to another organisation")
        }
        let after = key ?? validator
        try checkRate(&context)
        try Governance.checkFresh(height, &context)
        try Governance.checkConsensusKey(possession, of: after, for: organisation, height: height, &context)
        if after != validator { try Governance.claim(consensusKey: after, for: organisation, &context) }
        var row = try Governance.consensusKeys.existing(after, "consensus key", &context)
        row.renewed = context.height
        try Governance.consensusKeys.put(after, row, &context)
        try Governance.changeValidators(&context) { rows throws(ContractError) in
            for index in rows.indices where rows[index].consensusKey == validator {
                rows[index].consensusKey = after
                rows[index].tlsPins = tlsPins
                rows[index].address = address
            }
        }
        var event = ValidatorRekeyed()
        event.organisation = organisation
        event.before = validator
        event.after = after
        try context.emit(event)
    }

    private func checkRate(_ context: inout ContractContext) throws(ContractError) {
        guard let renewed = try Governance.consensusKeys.existing(validator, "consensus key", &context).renewed else {
            return
        }
        let validity = try Governance.parameters.existing(Whole(), "parameters", &context).validity
        guard context.height >= renewed.advanced(by: validity) else {
            throw ContractError(.limit, "the validator was renewed only recently")
        }
    }
}
