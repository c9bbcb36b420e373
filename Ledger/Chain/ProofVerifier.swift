package import Primitives

/// Checks proof files with no network: all it has is the genesis and, if the caller has one, a header that it
/// trusts, which protects against a history rewritten with old keys.
package struct ProofVerifier: Sendable {
    private let chain: Chain
    private let trusted: Header?

    package init(chain: Chain, trusted: Header? = nil) {
        self.chain = chain
        self.trusted = trusted
    }

    /// What a proof file proves.
    package enum Fact: Sendable {
        /// The transaction stands in the block, and this receipt is how it ended.
        case inclusion(SignedTransaction, Receipt)
        /// After the block, the state held this value under the key, or nothing.
        case state(key: [UInt8], value: [UInt8]?)
    }

    /// A fact and the certified header that it holds under.
    package struct Verified: Sendable {
        package let fact: Fact
        package let header: Header
    }

    package func verify(_ bytes: [UInt8]) throws(ProofError) -> Verified {
        let file: ProofFile
        do throws(CBORError) {
            file = try ProofFile(decoding: bytes)
        } catch {
            throw .malformed(error)
        }
        return try verify(file)
    }

    package func verify(_ file: ProofFile) throws(ProofError) -> Verified {
        let validators = try follow(file.handovers, to: file.header)
        try check(file.header, file.certificate, by: validators, epoch: UInt64(file.handovers.count))
        switch file.subject {
        case .inclusion(let inclusion):
            return Verified(fact: try fact(of: inclusion, under: file.header), header: file.header)
        case .state(let proof):
            guard proof.verifies(under: file.header.stateRoot) else { throw .stateNotProven }
            return Verified(fact: .state(key: proof.key, value: proof.value), header: file.header)
        }
    }

    /// Walks from the genesis validators through every epoch to the validators of the header.
    private func follow(_ handovers: [ProofFile.Handover], to header: Header) throws(ProofError) -> ValidatorSet {
        var validators = chain.validators
        var height = Height.genesis
        var epoch: UInt64 = 0
        for handover in handovers {
            guard handover.header.height > height else { throw .brokenHandover }
            try check(handover.header, handover.certificate, by: validators, epoch: epoch)
            guard handover.header.nextValidatorsDigest == handover.nextValidators.digest else { throw .brokenHandover }
            validators = handover.nextValidators
            height = handover.header.height
            epoch += 1
        }
        guard header.height > height else { throw .brokenHandover }
        return validators
    }

    private func check(
        _ header: Header,
        _ certificate: Certificate,
        by validators: ValidatorSet,
        epoch: UInt64
    ) throws(ProofError) {
        guard header.chain == chain.id else { throw .otherChain }
        guard header.epoch == epoch else { throw .brokenHandover }
        do throws(CertificateError) {
            try certificate.check(header, by: validators)
        } catch {
            throw .certificate(error)
        }
        // Whoever holds retired keys can sign another past, but not one that agrees with the trusted header about
        // the validators of its epoch and about its own height.
        guard let trusted else { return }
        guard trusted.chain == header.chain,
            trusted.epoch != header.epoch || trusted.validatorsDigest == header.validatorsDigest,
            trusted.height != header.height || trusted == header
        else { throw .contradictsTrusted }
    }

    private func fact(of inclusion: ProofFile.Inclusion, under header: Header) throws(ProofError) -> Fact {
        let transaction: SignedTransaction
        do throws(Refusal) {
            transaction = try SignedTransaction(decoding: inclusion.transaction, limits: .greatest)
        } catch {
            throw .badTransaction(error)
        }
        guard inclusion.transactionPath.root(of: transaction.reference) == header.transactionsRoot else {
            throw .transactionNotInBlock
        }
        guard inclusion.receiptPath.root(of: BlockTree.leaf(inclusion.receipt)) == header.receiptsRoot else {
            throw .receiptNotInBlock
        }
        let receipt: Receipt
        do throws(CBORError) {
            receipt = try Receipt(decoding: inclusion.receipt)
        } catch {
            throw .malformed(error)
        }
        guard receipt.transaction == transaction.id, receipt.height == header.height else { throw .otherReceipt }
        return .inclusion(transaction, receipt)
    }
}

/// Why a proof file proves nothing.
package enum ProofError: Error, Hashable, Sendable {
    case malformed(CBORError)
    case otherChain
    case brokenHandover
    case certificate(CertificateError)
    case badTransaction(Refusal)
    case transactionNotInBlock
    case receiptNotInBlock
    case otherReceipt
    case stateNotProven
    case contradictsTrusted

    /// A sentence for people.
    package var explanation: String {
        switch self {
        case .malformed(let error): "the file is not a proof: \(error.explanation)"
        case .otherChain: "a header is of another chain than the genesis"
        case .brokenHandover: "the epochs do not follow each other from the genesis"
        case .certificate(let error): error.explanation
        case .badTransaction(let refusal): refusal.message
        case .transactionNotInBlock: "the transaction does not stand in the block"
        case .receiptNotInBlock: "the receipt does not stand in the block"
        case .otherReceipt: "the receipt is of another transaction or block"
        case .stateNotProven: "the value does not stand in the state"
        case .contradictsTrusted: "the proof contradicts the trusted header"
        }
    }
}
