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
        let results = await parts.verifier.admit(transactions, highS: .normalised, at: parts.execution.lastHeight)
        var answers = zip(transactions, results).map { bytes, result in answer(to: bytes, result) }
        await recall(&answers, results)
        var admitted: [SignedTransaction] = []
        var places: [Int] = []
        for (place, result) in results.enumerated() where answers[place].status.state == .pending {
            guard case .success(let transaction) = result else { continue }
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

    private func answer(to bytes: [UInt8], _ result: Result<SignedTransaction, Refusal>) -> SubmissionAnswer {
        switch result {
        case .success(let transaction):
            return SubmissionAnswer(
                id: transaction.id,
                reference: transaction.reference,
                status: TransactionStatus(.pending)
            )
        case .failure(let refusal):
            let decoded = try? SignedTransaction(
                decoding: bytes,
                limits: chain.genesis.parameters.transactionLimits,
                highS: .normalised
            )
            return SubmissionAnswer(refusal: refusal, id: decoded?.id, reference: decoded?.reference)
        }
    }

    /// What is executed already is answered as it stands, also where its window has passed since: a client that sends
    /// again because it missed the answer must not take it for refused.
    private func recall(
        _ answers: inout [SubmissionAnswer],
        _ results: [Result<SignedTransaction, Refusal>]
    ) async {
        let asked = answers.map { answer -> Digest? in
            let isExpired = answer.status.code == RefusalCode.expired.text
            return answer.status.state == .pending || isExpired ? answer.id : nil
        }
        let known = await reading { asked.map { id in id.flatMap { self.finalStatus(of: $0) } } } ?? []
        for (place, status) in known.enumerated() {
            if let status { answers[place].status = status }
        }
        for (answer, result) in zip(answers, results) where answer.status.state == .refused {
            if case .failure(let refusal) = result, let id = answer.id { parts.refusals.refused(id, refusal) }
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
