internal import Consensus
internal import Ledger
internal import LedgerCrypto
internal import Logging
internal import Primitives

/// Rule 25, the host's part: what pools may lack is told again, and what a primary leaves out is complained of.
extension Engine {
    static func watchLimits(pool: Mempool, parameters: Parameters) -> InclusionWatch.Limits {
        // Of a batch that is full by its bytes this much is known: nothing of the greatest size fitted any more.
        let leastBytes = max(
            1,
            parameters.batchByteCount - min(parameters.batchByteCount, parameters.transactionByteCount)
        )
        let byCount = UInt64(clamping: pool.capacity.count) / max(1, parameters.batchCount) + 1
        let byBytes = UInt64(clamping: pool.capacity.byteCount) / leastBytes + 1
        return InclusionWatch.Limits(
            roomy: parameters.window,
            total: byCount + byBytes + parameters.window,
            heartbeat: parameters.heartbeatMilliseconds,
            viewTimeout: parameters.viewTimeoutMilliseconds
        )
    }

    /// The first that are looked at, of each share and in all: few, as they stand for the rest.
    private static var headsInAll: Int { 64 }

    /// Once a repetition. Gossip can be lost: a peer was away, or its queue was full.
    func lookAtPool() {
        guard !isStopped else { return }
        let rules = orderingRules(at: Sequence(replica.executed).advanced(by: 1))
        var left = [Int](
            repeating: max(4, Self.headsInAll / replica.configuration.replicas),
            count: replica.configuration.replicas
        )
        var waiting: [Mempool.Head] = []
        for head in pool.heads(ofEachShare: Self.headsInAll) where left[head.share] > 0 && isOrderable(head, rules) {
            left[head.share] -= 1
            waiting.append(head)
        }
        let told = Set(
            watch.look(
                at: waiting.map { head in
                    InclusionWatch.Waiting(
                        head.transaction.reference,
                        isProposed: head.isProposed,
                        isOwn: head.share == own.index
                    )
                },
                replica.standing,
                now: Moment.present(offset: clockOffset).monotonic
            )
        )
        if !told.isEmpty {
            counters.retellings += UInt64(told.count)
            parts.peers.gossipInFrames(waiting.map(\.transaction).filter { told.contains($0.reference) }.map(\.bytes))
        }
        let turn = replica.turn
        let wasOverdue = isOverdue
        isOverdue = watch.isOverdue(in: turn)
        if isOverdue || wasOverdue { step(.overdue(isOverdue ? turn : nil)) }
    }

    /// A correct primary takes it at any sequence of the window, under the keys that count there. What nobody will ever
    /// order does not stay at the head of its share.
    private func isOrderable(_ head: Mempool.Head, _ rules: OrderingRules) -> Bool {
        let transaction = head.transaction
        let last = replica.certified.advanced(by: UInt64(replica.configuration.window))
        switch rules.judge(transaction) {
        case .acceptable: return transaction.validUntil > last
        case .needsCheck(let key):
            if key.verify(transaction.signature, over: transaction.signedDigest) {
                return transaction.validUntil > last
            }
            if !head.isProposed { dropUnlessCurrent(transaction) }
        case .tooEarly: break
        case .never: if !head.isProposed { drop(transaction) }
        }
        return false
    }

    /// Whether another transaction might not have fitted. Of bodies that are not here nothing is known.
    func isFull(_ batch: Batch) -> Bool {
        guard case .proposal(let proposal) = batch else { return true }
        guard !proposal.references.isEmpty else { return false }
        guard let transactions = acquisitions.transactions(of: proposal.digest) else { return true }
        let byteCount = transactions.reduce(0) { $0 + $1.bytes.count }
        let largest = Int(clamping: chain.genesis.parameters.transactionByteCount)
        return transactions.count >= batchLimits.count || byteCount > batchLimits.byteCount - largest
    }

    func complained(of turn: Turn, owner: ReplicaID, isDemanded: Bool) {
        counters.complaints += isDemanded ? 0 : 1
        counters.demands += isDemanded ? 1 : 0
        logger.warning(
            "a primary leaves out what it could order",
            metadata: [
                "validator": "\(owner.index)", "view": "\(turn.view.number)", "turn": "\(turn.number)",
                "demands the next view": "\(isDemanded)",
            ]
        )
    }
}
