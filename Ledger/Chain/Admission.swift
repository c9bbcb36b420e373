package import LedgerCrypto
package import Primitives

/// An account as admission sees it, as of the low watermark.
package struct Standing: Sendable {
    /// The account's current key, parsed.
    package let key: VerificationKey
    package let isActive: Bool

    package init(key: VerificationKey, isActive: Bool) {
        self.key = key
        self.isActive = isActive
    }
}

/// A signature that remains to be verified: a value of its own, so that a pool of threads can do many at once.
package struct SignatureCheck: Sendable {
    package let key: VerificationKey
    package let signature: Signature
    package let digest: Digest

    package var passes: Bool { key.verify(signature, over: digest) }

    package static let refusal = Refusal(.signature, "the signature does not verify under the account's key")
}

/// The checks that a transaction passes before it takes a place in the pool: the cheap ones first, the signature
/// last. They are pure; what they need of the state, the caller brings.
package struct Admission: Sendable {
    private let chain: Digest
    private let limits: TransactionLimits
    private let validity: UInt64

    package init(chain: Digest, parameters: Parameters) {
        self.chain = chain
        self.limits = parameters.transactionLimits
        self.validity = parameters.validity
    }

    /// The first check: its form.
    package func decode(
        _ bytes: [UInt8],
        highS: SignedTransaction.HighS = .refused
    ) throws(Refusal) -> SignedTransaction {
        try SignedTransaction(decoding: bytes, limits: limits, highS: highS)
    }

    /// All further checks but the signature's, which is returned.
    ///
    /// - Parameters:
    ///   - height: the low watermark: a transaction can be ordered above it.
    ///   - standing: looks an account up; nil where there is none.
    ///   - checkCall: the closed schema and the filter of personal data; `Call.check` unless a test brings another.
    package func examine(
        _ transaction: SignedTransaction,
        at height: Height,
        standing: (AccountID) -> Standing?,
        checkCall: (Call) throws(Refusal) -> Void = { (call: Call) throws(Refusal) in try call.check() }
    ) throws(Refusal) -> SignatureCheck {
        guard transaction.chain == chain else { throw Refusal(.chain, "signed for another chain") }
        try checkWindow(of: transaction, at: height)
        guard let standing = standing(transaction.account) else {
            throw Refusal(.account, "there is no such account")
        }
        guard standing.isActive else { throw Refusal(.account, "the account is not active") }
        for call in transaction.calls { try checkCall(call) }
        return SignatureCheck(key: standing.key, signature: transaction.signature, digest: transaction.signedDigest)
    }

    /// Failure 29: every transaction has a window, s ≤ valid-until ≤ s + V for a sequence s that is still to come.
    package func checkWindow(of transaction: SignedTransaction, at height: Height) throws(Refusal) {
        guard transaction.validUntil > height else {
            throw Refusal(
                .expired,
                "valid until \(transaction.validUntil.number), and the chain is at \(height.number)"
            )
        }
        guard transaction.validUntil <= height.advanced(by: validity) else {
            throw Refusal(.tooFar, "valid-until lies more than \(validity) blocks ahead of \(height.number)")
        }
    }
}
