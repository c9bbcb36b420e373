package import Primitives

// `[1, transaction, receipt, path, path]`, `[2, [state proof, …]]`, `[3, receipt, path]` or `[4, event's digest, receipt,
// path]`.
extension ProofFile.Subject {
    private static let inclusionNumber: UInt64 = 1
    private static let stateNumber: UInt64 = 2
    private static let receiptNumber: UInt64 = 3
    private static let eventNumber: UInt64 = 4

    package func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .inclusion(let inclusion):
            encoder.array(5)
            encoder.unsigned(ProofFile.Subject.inclusionNumber)
            encoder.byteString(inclusion.transaction)
            encoder.byteString(inclusion.receipt)
            inclusion.transactionPath.encode(into: &encoder)
            inclusion.receiptPath.encode(into: &encoder)
        case .states(let proofs):
            encoder.array(2)
            encoder.unsigned(ProofFile.Subject.stateNumber)
            encoder.array(proofs.count)
            for proof in proofs { proof.encode(into: &encoder) }
        case .receipt(let inclusion):
            encoder.array(3)
            encoder.unsigned(ProofFile.Subject.receiptNumber)
            inclusion.encode(into: &encoder)
        case .event(let digest, let inclusion):
            encoder.array(4)
            encoder.unsigned(ProofFile.Subject.eventNumber)
            encoder.byteString(digest)
            inclusion.encode(into: &encoder)
        }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let count = try decoder.array(atMost: 5)
        switch (try decoder.unsigned(), count) {
        case (ProofFile.Subject.inclusionNumber, 5):
            self = .inclusion(try ProofFile.Inclusion(from: &decoder))
        case (ProofFile.Subject.stateNumber, 2):
            var proofs: [StateProof] = []
            for _ in 0..<(try decoder.array(atMost: .max)) { proofs.append(try StateProof(from: &decoder)) }
            guard !proofs.isEmpty else { throw .unexpectedValue }
            self = .states(proofs)
        case (ProofFile.Subject.receiptNumber, 3):
            self = .receipt(try ProofFile.ReceiptInclusion(from: &decoder))
        case (ProofFile.Subject.eventNumber, 4):
            let digest = try decoder.digest()
            self = .event(digest: digest, try ProofFile.ReceiptInclusion(from: &decoder))
        default:
            throw .unexpectedValue
        }
    }
}

extension ProofFile.Inclusion {
    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        transaction = try decoder.byteString(atMost: .max)
        receipt = try decoder.byteString(atMost: .max)
        transactionPath = try InclusionPath(from: &decoder)
        receiptPath = try InclusionPath(from: &decoder)
    }
}

extension ProofFile.ReceiptInclusion {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.byteString(receipt)
        path.encode(into: &encoder)
    }

    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        receipt = try decoder.byteString(atMost: .max)
        path = try InclusionPath(from: &decoder)
    }
}
