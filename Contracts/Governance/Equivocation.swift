package import ContractKit
package import Primitives

/// What a validator may sign once only at a position (rule 28 of the protocol). VIEW-CHANGE and NEW-VIEW are no evidence.
package enum EquivocationKind: UInt64, Choice {
    case prePrepare = 1
    case prepare = 2
    case attest = 5

    package var name: String {
        switch self {
        case .prePrepare: "PRE-PREPARE"
        case .prepare: "PREPARE"
        case .attest: "ATTEST"
        }
    }

    var statement: Statement.Kind {
        switch self {
        case .prePrepare: .prePrepare
        case .prepare: .prepare
        case .attest: .attest
        }
    }
}

/// Two statements under one consensus key, at one position, for two digests: of these a correct validator signs one.
package struct EquivocationRow: Record, Hashable {
    package var key = PublicKey.unset
    package var kind = EquivocationKind.prepare
    package var epoch: UInt64 = 0
    /// 0 for ATTEST.
    package var view: UInt64 = 0
    /// The sequence, for ATTEST the height.
    package var position: UInt64 = 0
    package var firstDigest = Digest.zero
    package var firstSignature = Signature.unset
    package var secondDigest = Digest.zero
    package var secondSignature = Signature.unset
    /// Whose key it was.
    package var organisation = Identifier.unset
    /// The block that brought the proof.
    package var height = Height.genesis

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.publicKey(1, "key", &key)
        try visitor.choice(2, "kind", &kind)
        try visitor.unsigned(3, "epoch", &epoch, in: 0...UInt64.max)
        try visitor.unsigned(4, "view", &view, in: 0...UInt64.max)
        try visitor.unsigned(5, "position", &position, in: 0...UInt64.max)
        try visitor.digest(6, "first_digest", &firstDigest)
        try visitor.signature(7, "first_signature", &firstSignature)
        try visitor.digest(8, "second_digest", &secondDigest)
        try visitor.signature(9, "second_signature", &secondSignature)
        try visitor.identifier(10, "organisation", &organisation)
        try visitor.height(11, "height", &height)
    }
}

/// Anybody shows two contradicting statements of one validator. They prove themselves, so it does not matter who shows
/// them; the first proof of each key and epoch is kept for good.
package struct ProveEquivocation: ContractMethod, Hashable {
    package static let name = "prove-equivocation"
    package static let summary = "Anybody shows two statements of one validator that contradict each other."
    package static let errors: [ErrorCode] = [.reference, .reveal, .duplicate]

    package var key = PublicKey.unset
    package var kind = EquivocationKind.prepare
    package var epoch: UInt64 = 0
    package var view: UInt64 = 0
    package var position: UInt64 = 0
    package var firstDigest = Digest.zero
    package var firstSignature = Signature.unset
    package var secondDigest = Digest.zero
    package var secondSignature = Signature.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.publicKey(1, "key", &key)
        try visitor.choice(2, "kind", &kind)
        try visitor.unsigned(3, "epoch", &epoch, in: 0...UInt64.max)
        try visitor.unsigned(4, "view", &view, in: 0...UInt64.max)
        try visitor.unsigned(5, "position", &position, in: 0...UInt64.max)
        try visitor.digest(6, "first_digest", &firstDigest)
        try visitor.signature(7, "first_signature", &firstSignature)
        try visitor.digest(8, "second_digest", &secondDigest)
        try visitor.signature(9, "second_signature", &secondSignature)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let owner = try Governance.consensusKeys.existing(key, "consensus key", &context)
        let present = try Governance.succession.existing(Whole(), "succession", &context).epoch
        guard epoch <= present, owner.votes(in: epoch) else {
            throw ContractError(.reference, "no validator of that epoch had the key")
        }
        guard firstDigest != secondDigest else { throw ContractError(.reveal, "the statements say the same") }
        try check(firstSignature, over: firstDigest, &context)
        try check(secondSignature, over: secondDigest, &context)
        var row = EquivocationRow()
        row.key = key
        row.kind = kind
        row.epoch = epoch
        row.view = kind == .attest ? 0 : view
        row.position = position
        row.firstDigest = firstDigest
        row.firstSignature = firstSignature
        row.secondDigest = secondDigest
        row.secondSignature = secondSignature
        row.organisation = owner.organisation
        row.height = context.height
        try Governance.equivocations.insert(Pair(key, epoch), row, "proof", &context)
        var event = EquivocationProven()
        event.organisation = owner.organisation
        event.key = key
        event.epoch = epoch
        try context.emit(event)
    }

    private func check(
        _ signature: Signature,
        over digest: Digest,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let statement = Statement(
            kind: kind.statement,
            chain: context.chain,
            epoch: epoch,
            view: view,
            position: position,
            digest: digest
        )
        guard try context.verify(signature, by: key, over: try context.sha256(statement.encoded)) else {
            throw ContractError(.reveal, "a signature does not verify")
        }
    }
}
