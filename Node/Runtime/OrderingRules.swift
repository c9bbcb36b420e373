package import Consensus
package import Ledger
package import LedgerCrypto
internal import Primitives

/// Whether a transaction may be ordered at a sequence: its window, and its account's key as of `sequence − W`, which
/// every replica that may accept the sequence has certified (rules 5 and 6).
///
/// Primary and backups ask the same rules, so a correct primary proposes nothing that a correct backup refuses.
package struct OrderingRules {
    package enum Judgement {
        /// Fine, with the signature that was verified at admission.
        case acceptable
        /// Fine, if the signature verifies under this key: the account has had another one lately.
        case needsCheck(VerificationKey)
        /// The account is younger than the height that counts here.
        case tooEarly
        /// Its window does not contain the sequence, or there is no such account.
        case never
    }

    let sequence: Sequence
    let validity: UInt64
    let keyHeight: Height
    let accounts: AccountDirectory

    package init(sequence: Sequence, parameters: Parameters, accounts: AccountDirectory) {
        self.sequence = sequence
        self.validity = parameters.validity
        self.keyHeight = sequence.height.reduced(by: parameters.window)
        self.accounts = accounts
    }

    package func judge(_ transaction: SignedTransaction) -> Judgement {
        guard transaction.validUntil >= sequence.height,
            transaction.validUntil <= sequence.height.advanced(by: validity)
        else { return transaction.validUntil < sequence.height ? .never : .tooEarly }
        switch accounts.key(of: transaction.account, asOf: keyHeight) {
        case .only: return .acceptable
        case .oneOfSeveral(let key): return .needsCheck(key)
        case .notYet: return .tooEarly
        case .unknown: return .never
        }
    }
}
