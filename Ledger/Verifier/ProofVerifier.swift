internal import Primitives

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
        /// The receipt stands in the block.
        case receipt(Receipt)
        /// The receipt stands in the block and has the event, first at this index.
        case event(index: Int, Receipt)
        /// After the block, the state held these rows.
        case states([Row])
    }

    /// A key of the state, and the value under it if there was one.
    package struct Row: Hashable, Sendable {
        package let key: [UInt8]
        package let value: [UInt8]?

        package init(key: [UInt8], value: [UInt8]?) {
            self.key = key
            self.value = value
        }
    }

    /// A fact and the certified header that it holds under.
    package struct Verified: Sendable {
        package let fact: Fact
        package let header: Header
        /// Those of the header's epoch.
        package let validators: ValidatorSet
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
        let epoch = UInt64(file.handovers.count)
        try descend(from: file.header, through: file.descendants, epoch: epoch)
        try check(file.descendants.last ?? file.header, file.certificate, by: validators, epoch: epoch)
        return Verified(
            fact: try fact(of: file.subject, under: file.header),
            header: file.header,
            validators: validators
        )
    }

    private func fact(of subject: ProofFile.Subject, under header: Header) throws(ProofError) -> Fact {
        switch subject {
        case .inclusion(let inclusion):
            return try fact(of: inclusion, under: header)
        case .states(let proofs):
            guard proofs.allSatisfy({ $0.verifies(under: header.stateRoot) }) else { throw .stateNotProven }
            return .states(proofs.map { Row(key: $0.key, value: $0.value) })
        case .receipt(let inclusion):
            return .receipt(try receipt(inclusion.receipt, at: inclusion.path, under: header))
        case .event(let digest, let inclusion):
            let receipt = try receipt(inclusion.receipt, at: inclusion.path, under: header)
            guard let index = receipt.events.firstIndex(where: { $0.digest == digest }) else {
                throw .eventNotInReceipt
            }
            return .event(index: index, receipt)
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
            guard handover.header.endsEpoch, handover.header.nextValidatorsDigest == handover.nextValidators.digest
            else { throw .brokenHandover }
            validators = handover.nextValidators
            height = handover.header.height
            epoch += 1
        }
        guard header.height > height else { throw .brokenHandover }
        return validators
    }

    /// A header is final by the certificate of a descendant too: each names the digest of the one before it. An epoch's
    /// last header always has a certificate of its own, so that no such chain leads out of an epoch.
    private func descend(from first: Header, through descendants: [Header], epoch: UInt64) throws(ProofError) {
        var last = first
        for header in descendants {
            try agree(header, epoch: epoch)
            guard !last.endsEpoch, header.parent == last.digest,
                header.height == last.height.advanced(by: 1)
            else { throw .brokenDescent }
            last = header
        }
        if !descendants.isEmpty { try agree(first, epoch: epoch) }
    }

    private func check(
        _ header: Header,
        _ certificate: Certificate,
        by validators: ValidatorSet,
        epoch: UInt64
    ) throws(ProofError) {
        try agree(header, epoch: epoch)
        do throws(CertificateError) {
            try certificate.check(header, by: validators)
        } catch {
            throw .certificate(error)
        }
    }

    /// It is of this chain and epoch and contradicts nothing that the caller trusts: whoever holds retired keys can sign
    /// another past, but not one that agrees with the trusted header about the validators of its epoch and about its own
    /// height.
    private func agree(_ header: Header, epoch: UInt64) throws(ProofError) {
        guard header.chain == chain.id else { throw .otherChain }
        guard header.epoch == epoch else { throw .brokenHandover }
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
        let receipt = try receipt(inclusion.receipt, at: inclusion.receiptPath, under: header)
        guard receipt.transaction == transaction.id else { throw .otherReceipt }
        return .inclusion(transaction, receipt)
    }

    private func receipt(
        _ bytes: [UInt8],
        at path: InclusionPath,
        under header: Header
    ) throws(ProofError) -> Receipt {
        guard path.root(of: BlockTree.leaf(bytes)) == header.receiptsRoot else { throw .receiptNotInBlock }
        let receipt: Receipt
        do throws(CBORError) {
            receipt = try Receipt(decoding: bytes)
        } catch {
            throw .malformed(error)
        }
        guard receipt.height == header.height else { throw .otherReceipt }
        return receipt
    }
}
