internal import Primitives

/// What a proof file proves, in types of the standard library. Bytes are as they are on the chain.
public struct ProvenStatement: Hashable, Sendable {
    /// The chain, which is the verifier's.
    public let chainID: [UInt8]
    /// The epoch of the block: how often the validators had changed.
    public let epoch: UInt64
    /// The block in which, or after which, the content holds.
    public let height: UInt64
    /// The block's time in milliseconds since 1970, on which the validators agreed.
    public let time: UInt64
    /// The digest of the block's header.
    public let headerDigest: [UInt8]
    /// The state root after the block.
    public let stateRoot: [UInt8]
    /// What is proven of the block, or of the state after it.
    public let content: ProvenContent
}

/// What holds.
public enum ProvenContent: Hashable, Sendable {
    /// The transaction stands in the block, and this receipt is how it ended.
    case transaction(ProvenTransaction, ProvenReceipt)
    /// A transaction of the block ended so.
    case receipt(ProvenReceipt)
    /// A transaction of the block raised this event: the one at the index among those of the receipt.
    case event(index: Int, ProvenReceipt)
    /// After the block the state held these values, or nothing where the value is nil.
    case state([ProvenRow])

    /// A word for people and logs.
    public var kind: String {
        switch self {
        case .transaction: "transaction"
        case .receipt: "receipt"
        case .event: "event"
        case .state(let rows) where rows.allSatisfy({ $0.value == nil }): "absence"
        case .state: "state"
        }
    }
}

/// A transaction as it stands in the block.
public struct ProvenTransaction: Hashable, Sendable {
    /// One call of a contract's method.
    public struct Call: Hashable, Sendable {
        /// The contract's name.
        public let contract: String
        /// The method's name.
        public let method: String
        /// An encoded map.
        public let arguments: [UInt8]
    }

    /// The digest of what was signed.
    public let id: [UInt8]
    /// The account that signed.
    public let account: [UInt8]
    /// All of them took effect, or none did.
    public let calls: [Call]
    /// The COSE_Sign1 as it stands in the block.
    public let bytes: [UInt8]
}

/// How a transaction ended.
public struct ProvenReceipt: Hashable, Sendable {
    /// Something that a contract said it did.
    public struct Event: Hashable, Sendable {
        /// The contract that said it.
        public let contract: String
        /// What happened.
        public let name: String
        /// The contract raises it when the fields change.
        public let version: UInt64
        /// An encoded map.
        public let fields: [UInt8]
    }

    /// The transaction's id; zeros for what the chain did by itself in the block.
    public let transaction: [UInt8]
    /// Its position in the block.
    public let index: UInt64
    /// `OK`, or the code of the refusal in capitals.
    public let code: String
    /// Why it failed; nil where it did not.
    public let message: String?
    /// In the order in which they happened; none where the transaction failed.
    public let events: [Event]
    /// Units of metered work.
    public let workUnits: UInt64
    /// The receipt as it stands in the block.
    public let bytes: [UInt8]
}

/// A key of the state, and the value under it; nil where the key is absent.
public struct ProvenRow: Hashable, Sendable {
    /// Contract, table, and the table's own key.
    public let key: [UInt8]
    /// The encoded row.
    public let value: [UInt8]?
}

// MARK: From what was checked

extension ProvenStatement {
    init(_ verified: ProofVerifier.Verified) {
        let header = verified.header
        chainID = header.chain.bytes
        epoch = header.epoch
        height = header.height.number
        time = header.time
        headerDigest = header.digest.bytes
        stateRoot = header.stateRoot.bytes
        content =
            switch verified.fact {
            case .inclusion(let transaction, let receipt):
                .transaction(ProvenTransaction(transaction), ProvenReceipt(receipt))
            case .receipt(let receipt): .receipt(ProvenReceipt(receipt))
            case .event(let index, let receipt): .event(index: index, ProvenReceipt(receipt))
            case .states(let rows): .state(rows.map { ProvenRow(key: $0.key, value: $0.value) })
            }
    }
}

extension ProvenTransaction {
    init(_ transaction: SignedTransaction) {
        id = transaction.id.bytes
        account = transaction.account.digest.bytes
        calls = transaction.calls.map {
            Call(contract: $0.contract.text, method: $0.method.text, arguments: $0.arguments)
        }
        bytes = transaction.bytes
    }
}

extension ProvenReceipt {
    init(_ receipt: Receipt) {
        transaction = receipt.transaction.bytes
        index = receipt.index
        code = receipt.status.text
        message = if case .failed(_, let message) = receipt.status { message } else { nil }
        events = receipt.events.map {
            Event(contract: $0.contract.text, name: $0.name.text, version: $0.version, fields: $0.fields)
        }
        workUnits = receipt.used
        bytes = receipt.encoded
    }
}
