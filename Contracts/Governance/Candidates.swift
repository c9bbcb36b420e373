package import ContractKit
package import Primitives

/// A machine that follows the chain and wants to vote, as its organisation last reported it.
package struct CandidateRow: Record, Hashable {
    /// What it would be as a validator.
    package var validator = ValidatorRow()
    /// The height to which it had caught up when it signed its report.
    package var height = Height.genesis

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.record(1, "validator", &validator)
        try visitor.height(2, "height", &height)
    }
}

/// A registrar brings its candidate's report: signed by the machine itself, and not older than V blocks when the
/// candidate is added, so that nobody adds a validator that would hold up the others (failures.md 14).
package struct ReportCandidate: ContractMethod {
    package static let name = "report-candidate"
    package static let summary =
        "A registrar brings the signed report of its organisation's candidate, which caught up."
    package static let errors: [ErrorCode] = [.role, .reveal, .duplicate, .deadline]

    package var key = PublicKey.unset
    package var tlsPins: [Digest] = []
    package var address: [UInt8] = []
    package var height = Height.genesis
    /// The key's signature over `Governance.consensusKeyStatement`.
    package var possession = Signature.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.publicKey(1, "key", &key)
        try visitor.list(2, "tls_pins", &tlsPins, of: .digest, count: 1...4)
        try visitor.bytes(3, "address", &address, count: 1...255)
        try visitor.height(4, "height", &height)
        try visitor.signature(5, "possession", &possession)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        _ = try Governance.registrarsOrganisation(&context)
        let organisation = context.caller.organisation
        try Governance.checkFresh(height, &context)
        try Governance.checkConsensusKey(possession, of: key, for: organisation, height: height, &context)
        let isKnown = try Governance.candidates.get(key, &context)?.validator.organisation == organisation
        if !isKnown { try Governance.claim(consensusKey: key, for: organisation, &context) }
        var row = CandidateRow()
        row.validator.consensusKey = key
        row.validator.tlsPins = tlsPins
        row.validator.address = address
        row.validator.organisation = organisation
        row.height = height
        try Governance.candidates.put(key, row, &context)
        var event = CandidateReported()
        event.organisation = organisation
        event.key = key
        event.height = height
        try context.emit(event)
    }
}

extension Governance {
    /// What a consensus key signs to show that it is held, for whom, and how far its machine has followed the chain: the
    /// CBOR array `["akashi/consensus-key/1", chain, organisation, key, height]`, under its SHA-256.
    package static func consensusKeyStatement(
        chain: Digest,
        organisation: Identifier,
        key: PublicKey,
        height: Height
    ) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 192)
        encoder.array(5)
        encoder.text("akashi/consensus-key/1")
        encoder.byteString(chain)
        encoder.text(organisation)
        encoder.byteString(key.bytes)
        encoder.unsigned(height.number)
        return encoder.bytes
    }

    /// Of a key that is no point of the curve no signature verifies, so none gets into a set of validators.
    static func checkConsensusKey(
        _ signature: Signature,
        of key: PublicKey,
        for organisation: Identifier,
        height: Height,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let statement = consensusKeyStatement(
            chain: context.chain,
            organisation: organisation,
            key: key,
            height: height
        )
        guard try context.verify(signature, by: key, over: try context.sha256(statement)) else {
            throw ContractError(.reveal, "the key does not show that it is held")
        }
    }

    /// A report of a height that is neither to come nor V blocks past.
    static func checkFresh(_ height: Height, _ context: inout ContractContext) throws(ContractError) {
        let validity = try parameters.existing(Whole(), "parameters", &context).validity
        guard height <= context.height, context.height <= height.advanced(by: validity) else {
            throw ContractError(.deadline, "the report is too old, or of a height to come")
        }
    }

    static func claim(
        consensusKey key: PublicKey,
        for organisation: Identifier,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var row = ConsensusKeyRow()
        row.organisation = organisation
        try consensusKeys.insert(key, row, "consensus key", &context)
    }
}
