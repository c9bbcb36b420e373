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
        supply(transactions)
        parts.gauge.update(waiting: pool.count(ofShare: own.index))
        sealIfDue()
        return answers
    }

    /// Which of these ids wait in the pool.
    func waiting(_ ids: [Digest]) -> [Bool] { ids.map { pool.reference(ofID: $0) != nil } }

    func requestBatch(_ view: View, _ sequence: Sequence) {
        batchRequest = BatchRequest(view: view, sequence: sequence)
        sealIfDue()
    }

    /// A block costs every validator some syncs and a dozen signatures however small it is, so the more waits and the more
    /// is in flight, the longer the pool may fill. A transaction that comes alone is sealed at once.
    func sealIfDue() {
        guard let request = batchRequest, !isStopped else { return }
        let available = pool.waitingCount
        guard available > 0 else { return }
        let due = lastSealed + pace(of: request, available: available)
        if available >= batchLimits.count || due <= .now() { return seal(request) }
        guard sealTimer?.due != due else { return }
        cancelSealing()
        let timer = loop.scheduleTask(deadline: due) { [weak self] in
            guard let self else { return }
            assumeIsolated { $0.sealIfDue() }
        }
        sealTimer = (due, timer)
    }

    func cancelSealing() {
        sealTimer?.timer.cancel()
        sealTimer = nil
    }

    /// How long after the last batch the next one is sealed.
    private func pace(of request: BatchRequest, available: Int) -> TimeAmount {
        let inFlight = request.sequence.number - min(request.sequence.number, replica.executed.number + 1)
        let gathering = min(Int64(available) * Self.paceEach, Self.paceMax)
        return .milliseconds(gathering * (1 + Int64(clamping: inFlight)))
    }

    /// In milliseconds: what each waiting transaction adds to the pause between batches, and the most that all add.
    private static let paceEach: Int64 = 2
    private static let paceMax: Int64 = 25

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
        cancelSealing()
        lastSealed = .now()
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
