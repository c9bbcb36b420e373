package import Consensus
internal import ContractKit
package import Governance
package import Ledger
package import Primitives
internal import Storage

/// Evidence of equivocation on its way to the chain (rule 28): the first proof of each consensus key and epoch, until
/// governance has one.
///
/// A pure value. Every validator sees most equivocations; so that not all of them tell the chain at once, each waits for
/// those with lower indexes.
package struct EquivocationReports: Sendable {
    private struct Report: Sendable {
        let proof: ProveEquivocation
        /// From this height on it may be sent, again or for the first time.
        var due: Height
    }

    private let validators: ValidatorSet
    private let patience: UInt64
    private let validity: UInt64
    private var pending: [EquivocationKey: Report] = [:]

    package init(own: Int, validators: ValidatorSet, parameters: Parameters) {
        self.validators = validators
        patience = UInt64(own) &* parameters.window
        validity = parameters.validity
    }

    package var isEmpty: Bool { pending.isEmpty }

    /// - Returns: what the journal keeps; nil where there is a proof of this key and epoch already.
    package mutating func add(_ evidence: Evidence, at height: Height) -> ProveEquivocation? {
        guard validators.validators.indices.contains(evidence.offender.index),
            let proof = ProveEquivocation(
                evidence,
                by: validators.validators[evidence.offender.index].consensusKey
            )
        else { return nil }
        return add(proof, at: height) ? proof : nil
    }

    /// A proof that the journal kept.
    @discardableResult
    package mutating func add(_ proof: ProveEquivocation, at height: Height) -> Bool {
        guard pending[EquivocationKey(proof)] == nil else { return false }
        pending[EquivocationKey(proof)] = Report(proof: proof, due: height.advanced(by: patience))
        return true
    }

    /// The proofs whose turn it is. They come again when a transaction of now has expired, unless the chain has them.
    package mutating func takeDue(at height: Height) -> [ProveEquivocation] {
        let due = pending.filter { $0.value.due <= height }
        for key in due.keys { pending[key]?.due = height.advanced(by: validity + 1) }
        return due.values.map(\.proof)
    }

    package mutating func remove(_ key: EquivocationKey) { pending[key] = nil }
}

/// Whose equivocation, and in which epoch: governance keeps one proof of each.
package struct EquivocationKey: Hashable, Sendable {
    let key: PublicKey
    let epoch: UInt64

    package init(_ proof: ProveEquivocation) {
        key = proof.key
        epoch = proof.epoch
    }

    /// Beyond every sequence, so that trimming leaves it alone. One entry per key and epoch: an offender cannot fill the
    /// disk.
    var journalKey: [UInt8] { Self.journalPrefix + Pair(key, epoch).bytes }

    static let journalPrefix = [UInt8](repeating: 0xff, count: 8) + [6]
}

extension ProveEquivocation {
    /// Nil where the statements are not two of one position, of a kind that a correct validator signs once.
    init?(_ evidence: Evidence, by key: PublicKey) {
        let (first, second) = (evidence.first, evidence.second)
        guard let kind = EquivocationKind(first.statement.kind), second.statement.kind == first.statement.kind,
            second.statement.position == first.statement.position
        else { return nil }
        self.init()
        self.key = key
        self.kind = kind
        epoch = first.statement.epoch
        view = first.statement.view
        position = first.statement.position
        firstDigest = first.statement.digest
        firstSignature = first.signature
        secondDigest = second.statement.digest
        secondSignature = second.signature
    }
}

extension EquivocationKind {
    fileprivate init?(_ kind: Statement.Kind) {
        switch kind {
        case .prePrepare: self = .prePrepare
        case .prepare: self = .prepare
        case .attest: self = .attest
        case .viewChange, .newView: return nil
        }
    }
}

extension ChainStore {
    /// The proofs that the journal keeps.
    func equivocationProofs() throws -> [ProveEquivocation] {
        try database.scan(.journal, from: EquivocationKey.journalPrefix, limit: .max).compactMap { entry in
            guard entry.key.starts(with: EquivocationKey.journalPrefix) else { return nil }
            return try? ProveEquivocation(decoding: entry.value)
        }
    }

    /// Whether governance has a proof for this key and epoch.
    func hasProof(of equivocation: EquivocationKey) throws(LedgerFault) -> Bool {
        let key = Governance.stateKey(ofEquivocationBy: equivocation.key, in: equivocation.epoch)
        return try state(key) != nil
    }
}
