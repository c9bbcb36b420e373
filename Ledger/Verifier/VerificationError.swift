/// Why nothing is proven: the first check that failed, and a sentence about it.
public struct VerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the order in which they are made.
    public enum Check: String, Hashable, Sendable, CaseIterable {
        /// The genesis is one.
        case genesis
        /// The trusted header is one.
        case trustedHeader
        /// The file is a proof file: its encoding and its structure.
        case form
        /// All its headers are of the chain of the genesis.
        case chain
        /// They agree with the trusted header.
        case trust
        /// Each epoch hands over to the next, from the genesis to the one of the header.
        case epochs
        /// The headers up to the certified one follow each other.
        case descent
        /// A quorum of the epoch's validators signed.
        case certificate
        /// The transaction is one, and stands in the block.
        case transaction
        /// The receipt stands in the block, and is of that transaction.
        case receipt
        /// The receipt has the event.
        case event
        /// The state of the block has the value, or does not have the key.
        case state
    }

    /// The check that failed.
    public let check: Check
    /// A sentence for people.
    public let explanation: String

    /// Check and explanation in one line.
    public var description: String { "\(check.rawValue): \(explanation)" }

    init(_ check: Check, _ explanation: String) {
        self.check = check
        self.explanation = explanation
    }

    init(_ error: ProofError) {
        let check: Check =
            switch error {
            case .malformed: .form
            case .otherChain: .chain
            case .brokenHandover: .epochs
            case .brokenDescent: .descent
            case .certificate: .certificate
            case .badTransaction, .transactionNotInBlock: .transaction
            case .receiptNotInBlock, .otherReceipt: .receipt
            case .eventNotInReceipt: .event
            case .stateNotProven: .state
            case .contradictsTrusted: .trust
            }
        self.init(check, error.explanation)
    }
}
