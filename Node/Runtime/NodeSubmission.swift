internal import Consensus
internal import Ledger
internal import Primitives

/// Transactions that come in from clients.
extension Node {
    package func submit(_ transactions: [[UInt8]]) async -> [SubmissionAnswer] {
        guard ownIndex != nil else {
            let observer = Refusal(.busy, "this node is no validator of the present epoch: submit to one")
            return transactions.map { _ in SubmissionAnswer(refusal: observer, id: nil, reference: nil) }
        }
        guard parts.gauge.hasRoom else {
            let full = Refusal(.busy, "this validator's places are taken")
            return transactions.map { _ in SubmissionAnswer(refusal: full, id: nil, reference: nil) }
        }
        let judgements = await parts.verifier.judge(
            transactions,
            at: parts.execution.lastHeight,
            recall: { self.finalStatus(of: $0) }
        )
        var answers = judgements.map(answer)
        var admitted: [SignedTransaction] = []
        var places: [Int] = []
        for (place, judgement) in judgements.enumerated() {
            guard case .good(let transaction) = judgement else { continue }
            admitted.append(transaction)
            places.append(place)
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
        parts.peers.gossipInFrames(accepted)
        return answers
    }

    private func answer(to judgement: TransactionVerifier.Judgement) -> SubmissionAnswer {
        switch judgement {
        case .good(let transaction):
            return SubmissionAnswer(
                id: transaction.id,
                reference: transaction.reference,
                status: TransactionStatus(.pending)
            )
        case .known(let transaction, let status):
            return SubmissionAnswer(id: transaction.id, reference: transaction.reference, status: status)
        case .refused(let refusal, let transaction):
            if let id = transaction?.id { parts.refusals.refused(id, refusal) }
            return SubmissionAnswer(refusal: refusal, id: transaction?.id, reference: transaction?.reference)
        }
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
