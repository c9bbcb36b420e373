internal import Consensus
internal import Ledger
internal import LedgerCrypto
internal import Primitives
internal import Synchronization

/// Verifies the validators' signatures inside consensus messages, each one once.
///
/// A prepared certificate reappears in many VIEW-CHANGEs; what was found good is remembered in two generations, so that
/// the memory is bounded and the most recent half always remembered.
final class SignatureChecker: Sendable {
    private static let generationSize = 8192

    private struct Memory {
        var recent: Set<Consensus.SignatureCheck> = []
        var earlier: Set<Consensus.SignatureCheck> = []

        mutating func remember(_ check: Consensus.SignatureCheck) {
            if recent.count >= SignatureChecker.generationSize {
                earlier = recent
                recent = []
            }
            recent.insert(check)
        }
    }

    private let validators: ValidatorSet
    private let memory = Mutex(Memory())
    private let count = Atomic<UInt64>(0)

    /// Signatures verified, those that were remembered not counted.
    var verified: UInt64 { count.load(ordering: .relaxed) }

    init(validators: ValidatorSet) { self.validators = validators }

    /// Whether every signature verifies under the key of the validator that it names.
    func verify(_ checks: [Consensus.SignatureCheck]) -> Bool {
        for check in checks {
            guard validators.keys.indices.contains(check.signer.index) else { return false }
            let isKnown = memory.withLock { $0.recent.contains(check) || $0.earlier.contains(check) }
            if isKnown { continue }
            count.add(1, ordering: .relaxed)
            let digest = SHA256Function.digest(of: check.statement.encoded)
            guard validators.keys[check.signer.index].verify(check.signature, over: digest) else { return false }
            memory.withLock { $0.remember(check) }
        }
        return true
    }
}
