internal import Consensus
internal import Ledger
internal import LedgerCrypto
internal import NIOCore
internal import Primitives

/// The pool's side of the engine: what comes in, and the batches that the replica asks for.
extension Engine {
    /// Puts verified transactions into the share of the validator that admitted them; answers each.
    func admit(_ transactions: [SignedTransaction], share: ReplicaID) -> [Refusal?] {
        guard !isStopped else { return transactions.map { _ in Refusal(.busy, "the node is stopping") } }
        let answers = transactions.map { transaction -> Refusal? in
            do throws(Refusal) {
                try pool.insert(transaction, share: share.index, withReserve: share != own)
                return nil
            } catch { return error }
        }
        parts.gauge.update(waiting: pool.count(ofShare: own.index))
        sealIfDue()
        return answers
    }

    /// Which of these ids wait in the pool.
    func waiting(_ ids: [Digest]) -> [Bool] { ids.map { pool.reference(ofID: $0) != nil } }

    func requestBatch(_ view: View, _ sequence: Sequence) {
        batchRequest = BatchRequest(view: view, sequence: sequence, since: .now())
        sealIfDue()
    }

    /// Seals at once when nothing is in flight; the more is, the longer it lets the pool fill, because each block costs
    /// every validator three syncs and a dozen signatures however small it is.
    func sealIfDue() {
        sealTimer?.cancel()
        sealTimer = nil
        guard let request = batchRequest, !isStopped else { return }
        let available = pool.waitingCount
        guard available > 0 else { return }
        let inFlight = request.sequence.number - min(request.sequence.number, replica.executed.number + 1)
        let patience = TimeAmount.milliseconds(Int64(clamping: inFlight) * Self.patiencePerBlock)
        let due = request.since + patience
        if available >= batchLimits.count || due <= .now() {
            seal(request)
        } else {
            sealTimer = loop.scheduleTask(deadline: due) { [weak self] in
                self?.assumeIsolated { $0.sealIfDue() }
            }
        }
    }

    /// How long the next batch waits for each block that is proposed and not yet executed, in milliseconds.
    static var patiencePerBlock: Int64 { 8 }

    var batchLimits: Mempool.BatchLimits {
        let parameters = chain.genesis.parameters
        return Mempool.BatchLimits(
            count: Int(clamping: parameters.batchCount),
            byteCount: Int(clamping: parameters.batchByteCount)
        )
    }

    /// Takes what may be ordered at this sequence. Transactions that the backups could not accept there yet, because
    /// their account is younger than the lag rule's height, stay in the pool for a later one, and others take their
    /// room: a batch that has some and leaves others out is what backups complain of (rule 25).
    private func seal(_ request: BatchRequest) {
        batchRequest = nil
        pool.release(sequence: request.sequence.number)
        let rules = orderingRules(at: request.sequence)
        var accepted: [SignedTransaction] = []
        var room = batchLimits
        for _ in 0..<Self.takings where room.count > 0 {
            let taken = pool.take(room, for: request.sequence.number)
            guard !taken.isEmpty else { break }
            for transaction in taken where isAcceptable(transaction, rules) {
                accepted.append(transaction)
                room.count -= 1
                room.byteCount -= transaction.bytes.count
            }
        }
        counters.proposedBatches += 1
        counters.proposedTransactions += UInt64(accepted.count)
        sealed = SealedBatch(sequence: request.sequence, transactions: accepted)
        step(.batch(request.view, request.sequence, accepted.map(\.reference)))
    }

    /// How often a batch is filled up; what is not acceptable yet is rarely more than a batch.
    private static var takings: Int { 4 }

    private func isAcceptable(_ transaction: SignedTransaction, _ rules: OrderingRules) -> Bool {
        switch rules.judge(transaction) {
        case .acceptable: return true
        case .needsCheck(let key):
            // The account's key changed: the backups check under the one that counts at this sequence.
            guard key.verify(transaction.signature, over: transaction.signedDigest) else {
                dropUnlessCurrent(transaction)
                return false
            }
            return true
        case .tooEarly: return false  // The pool gives it back once this sequence is executed.
        case .never:
            drop(transaction)
            return false
        }
    }

    /// Signed with the newer key it waits until that one counts; signed with an older one it never will.
    func dropUnlessCurrent(_ transaction: SignedTransaction) {
        let current = parts.accounts.standing(of: transaction.account)?.key
        if current?.verify(transaction.signature, over: transaction.signedDigest) != true { drop(transaction) }
    }

    /// It can never be ordered any more: whoever waits for it hears why.
    func drop(_ transaction: SignedTransaction) {
        pool.remove(reference: transaction.reference)
        if transaction.validUntil <= Height(replica.executed.number) {
            parts.refusals.expired([transaction.id])
        } else {
            parts.refusals.refused(
                transaction.id,
                Refusal(.account, "its account's key changed before it was ordered, or the account is gone")
            )
        }
        parts.hub.abandon([transaction.id])
    }

    func orderingRules(at sequence: Sequence) -> OrderingRules {
        OrderingRules(
            sequence: sequence,
            parameters: chain.genesis.parameters,
            accounts: parts.accounts
        )
    }
}
