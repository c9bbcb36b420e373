package import Primitives

/// Why a proof file proves nothing.
package enum ProofError: Error, Hashable, Sendable {
    case malformed(CBORError)
    case otherChain
    case brokenHandover
    case brokenDescent
    case certificate(CertificateError)
    case badTransaction(Refusal)
    case transactionNotInBlock
    case receiptNotInBlock
    case otherReceipt
    case eventNotInReceipt
    case stateNotProven
    case contradictsTrusted

    /// A sentence for people.
    package var explanation: String {
        switch self {
        case .malformed(let error): "the file is not a proof: \(error.explanation)"
        case .otherChain: "a header is of another chain than the genesis"
        case .brokenHandover: "the epochs do not follow each other from the genesis"
        case .brokenDescent: "the headers up to the certified one do not follow each other"
        case .certificate(let error): error.explanation
        case .badTransaction(let refusal): refusal.message
        case .transactionNotInBlock: "the transaction does not stand in the block"
        case .receiptNotInBlock: "the receipt does not stand in the block"
        case .otherReceipt: "the receipt is of another transaction or block"
        case .eventNotInReceipt: "the receipt has no event with this digest"
        case .stateNotProven: "the value does not stand in the state"
        case .contradictsTrusted: "the proof contradicts the trusted header"
        }
    }
}
