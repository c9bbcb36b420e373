internal import Consensus
internal import Ledger
internal import Primitives

/// Transactions that come in from clients.
extension Node {
    package func submit(_ transactions: [[UInt8]]) async -> [SubmissionAnswer] {
        guard parts.gauge.hasRoom else {
            let full = Refusal(.busy, "this validator's places are taken")
            return transactions.map { _ in SubmissionAnswer(refusal: full, id: nil, reference: nil) }
        }
        let results = await parts.verifier.admit(transactions, highS: .normalised, at: parts.execution.lastHeight)
        var admitted: [SignedTransaction] = []
        var places: [Int] = []
        var answers = results.enumerated().map { place, result -> SubmissionAnswer in
            switch result {
            case .success(let transaction):
                if let known = finalStatus(of: transaction.id) {
                    return SubmissionAnswer(id: transaction.id, reference: transaction.reference, status: known)
                }
                admitted.append(transaction)
                places.append(place)
                return SubmissionAnswer(
                    id: transaction.id,
                    reference: transaction.reference,
                    status: TransactionStatus(.pending)
                )
            case .failure(let refusal): return refused(transactions[place], refusal)
            }
        }
        guard !admitted.isEmpty else { return answers }
        let refusals = await engine.admit(admitted, share: engine.own)
        var accepted: [[UInt8]] = []
        for (position, refusal) in refusals.enumerated() {
            let transaction = admitted[position]
            if let refusal, refusal.code != .replay {
                answers[places[position]] = SubmissionAnswer(
                    refusal: refusal,
                    id: transaction.id,
                    reference: transaction.reference
                )
            } else if refusal == nil {
                accepted.append(transaction.bytes)
            }
        }
        gossip(accepted)
        return answers
    }

    private func refused(_ bytes: [UInt8], _ refusal: Refusal) -> SubmissionAnswer {
        let decoded = try? SignedTransaction(
            decoding: bytes,
            limits: chain.genesis.parameters.transactionLimits,
            highS: .normalised
        )
        if let decoded { parts.refusals.refused(decoded.id, refusal) }
        return SubmissionAnswer(refusal: refusal, id: decoded?.id, reference: decoded?.reference)
    }

    /// In frames that the lane takes.
    private func gossip(_ transactions: [[UInt8]]) {
        var frame: [[UInt8]] = []
        var byteCount = 0
        for bytes in transactions {
            if !frame.isEmpty, frame.count == 512 || byteCount + bytes.count > 256 << 10 {
                parts.peers.gossip(frame)
                frame = []
                byteCount = 0
            }
            frame.append(bytes)
            byteCount += bytes.count
        }
        if !frame.isEmpty { parts.peers.gossip(frame) }
    }
}

extension SubmissionAnswer {
    init(refusal: Refusal, id: Digest?, reference: Digest?) {
        self.init(
            id: id,
            reference: reference,
            status: TransactionStatus(.refused, code: refusal.code.text, message: refusal.message),
            isOverload: refusal.code.isOverload
        )
    }
}
