package import Primitives

/// Where a transaction stands (formats.md, "Receipt and proof").
package struct TransactionStatus: Equatable, Sendable {
    /// The words that an API gives.
    package enum State: String, Equatable, Sendable {
        /// This node has never heard of it, or has forgotten it.
        case unknown
        /// Admitted, and not yet in a certified block.
        case pending
        /// In a certified block. Whether its calls took effect is in `code`.
        case final
        /// Not admitted; it can never become final as it is.
        case refused
        /// Its validity window passed before it was ordered.
        case expired
    }

    package var state: State
    /// The block that it is in, when final.
    package var height: Height?
    /// Its position in the block, when final.
    package var index: UInt32?
    /// `OK` or the contract's error code when final; the refusal's code when refused.
    package var code: String?
    /// A short message beside a code that is not `OK`.
    package var message: String?

    package init(
        _ state: State,
        height: Height? = nil,
        index: UInt32? = nil,
        code: String? = nil,
        message: String? = nil
    ) {
        self.state = state
        self.height = height
        self.index = index
        self.code = code
        self.message = message
    }
}

/// The answer to one submitted transaction.
package struct SubmissionAnswer: Equatable, Sendable {
    /// The transaction's id; nil where the bytes do not decode.
    package var id: Digest?
    /// The leaf hash of the whole bytes; nil where the bytes do not decode.
    package var reference: Digest?
    package var status: TransactionStatus
    /// True where the refusal is for want of room, so that the same bytes are worth another try.
    package var isOverload: Bool

    package init(id: Digest?, reference: Digest?, status: TransactionStatus, isOverload: Bool = false) {
        self.id = id
        self.reference = reference
        self.status = status
        self.isOverload = isOverload
    }
}
