internal import Consensus
internal import Ledger
internal import Logging
internal import NIOCore
internal import Primitives

/// Bodies first (rule 15): a proposal is voted on only once every transaction that it names is here and valid.
extension Engine {
    func acquire(_ proposal: Proposal) {
        if let known = acquisitions[proposal.digest] {
            // Asked for again, by a later view, which began by giving places back: the answer is the same.
            if !known.isRefused { pool.reserve(proposal.references, for: proposal.sequence.number) }
            if known.transactions != nil { step(.acquired(proposal.sequence, proposal.digest)) }
            if known.isRefused { step(.refused(proposal.sequence, proposal.digest)) }
            return
        }
        guard Set(proposal.references).count == proposal.references.count else {
            acquisitions[proposal.digest] = Acquisitions.Acquisition(proposal: proposal)
            return refuse(proposal)
        }
        var acquisition = Acquisitions.Acquisition(proposal: proposal)
        for reference in proposal.references {
            if let transaction = pool[reference] {
                acquisition.bodies[reference] = transaction
            } else {
                acquisition.missing.insert(reference)
            }
        }
        pool.reserve(proposal.references, for: proposal.sequence.number)
        acquisitions[proposal.digest] = acquisition
        if acquisition.missing.isEmpty {
            check(proposal.digest)
        } else if !takeFromStore(proposal) {
            // Gossip that is here already, but not verified yet, need not be sent a second time.
            parts.verifier.afterWaiting { [weak self] in self?.enqueue { $0.fetchMissing(of: proposal.digest) } }
        }
    }

    /// Gossip may come after the proposal that names it.
    func supply(_ transactions: [SignedTransaction]) {
        for (proposal, references) in acquisitions.supply(transactions) {
            pool.reserve(references, for: proposal.sequence.number)
            check(proposal.digest)
        }
    }

    /// After a restart the bodies of what was voted on are in the store: they were checked before the vote.
    private func takeFromStore(_ proposal: Proposal) -> Bool {
        guard let bodies = try? parts.store.bodies(height: proposal.sequence.height, proposal: proposal.digest) else {
            return false
        }
        let transactions = bodies.compactMap { try? SignedTransaction(decoding: $0, limits: transactionLimits) }
        guard transactions.map(\.reference) == proposal.references else { return false }
        acquisitions[proposal.digest]?.missing = []
        acquisitions[proposal.digest]?.transactions = transactions
        step(.acquired(proposal.sequence, proposal.digest))
        return true
    }

    /// The bodies of an own proposal are those that were sealed for it.
    func keepOwnBodies(of proposal: Proposal) {
        guard proposal.proposer == own, acquisitions[proposal.digest] == nil, let sealed,
            sealed.sequence == proposal.sequence, sealed.transactions.map(\.reference) == proposal.references
        else { return }
        var acquisition = Acquisitions.Acquisition(proposal: proposal)
        acquisition.transactions = sealed.transactions
        acquisitions[proposal.digest] = acquisition
        self.sealed = nil
        parts.journal.append(
            .bodies(proposal.sequence.height, proposal: proposal.digest, acquisition.transactions ?? [])
        )
    }

    // MARK: - Fetching

    private func fetchMissing(of digest: Digest) {
        guard var acquisition = acquisitions[digest], !acquisition.missing.isEmpty, !isStopped else { return }
        counters.lateFetches += 1
        if let peer = acquisitions.peer(for: acquisition) {
            let wanted = acquisition.proposal.references.filter { acquisition.missing.contains($0) }
            parts.peers.send(
                .request(proposal: digest, sequence: acquisition.proposal.sequence.number, references: wanted),
                to: peer
            )
        }
        acquisition.rounds += 1
        acquisitions[digest] = acquisition
        loop.scheduleTask(in: Self.fetchPatience) { [weak self] in
            self?.assumeIsolated { $0.fetchMissing(of: digest) }
        }
    }

    /// After this long without an answer the next peer is asked.
    static var fetchPatience: TimeAmount { .milliseconds(150) }

    func received(_ message: FetchMessage, from peer: ReplicaID) {
        switch message {
        case .request(let proposal, let sequence, let references):
            let bodies = held(references, proposal: proposal, sequence: sequence)
            if !bodies.isEmpty { parts.peers.send(.answer(proposal: proposal, bodies: bodies), to: peer) }
        case .answer(let proposal, let bodies): arrived(bodies, for: proposal)
        }
    }

    private func held(_ references: [Digest], proposal: Digest, sequence: UInt64) -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        var byteCount = 0
        var others: [Digest: [UInt8]]?
        for reference in references {
            if others == nil, pool[reference] == nil {
                others = bodiesByReference(proposal: proposal, height: Height(sequence))
            }
            guard let bytes = pool[reference]?.bytes ?? others?[reference] else { continue }
            byteCount += bytes.count
            guard byteCount <= batchLimits.byteCount else { break }
            bodies.append(bytes)
        }
        return bodies
    }

    private func bodiesByReference(proposal: Digest, height: Height) -> [Digest: [UInt8]] {
        if let transactions = acquisitions.transactions(of: proposal) {
            return Dictionary(transactions.map { ($0.reference, $0.bytes) }) { first, _ in first }
        }
        let stored = (try? parts.store.bodies(height: height, proposal: proposal)) ?? []
        return Dictionary(stored.map { (BlockTree.leaf($0), $0) }) { first, _ in first }
    }

    private func arrived(_ bodies: [[UInt8]], for proposal: Digest) {
        guard var acquisition = acquisitions[proposal], !acquisition.missing.isEmpty else { return }
        for bytes in bodies {
            guard let transaction = try? SignedTransaction(decoding: bytes, limits: transactionLimits),
                acquisition.missing.remove(transaction.reference) != nil
            else { continue }
            acquisition.bodies[transaction.reference] = transaction
            acquisition.fetched.insert(transaction.reference)
        }
        acquisitions[proposal] = acquisition
        if acquisition.missing.isEmpty { check(proposal) }
    }

    var transactionLimits: TransactionLimits { chain.genesis.parameters.transactionLimits }

    // MARK: - Checking

    /// Checks limits, windows and keys here, and on the crypto threads the signatures that were not verified before.
    private func check(_ digest: Digest) {
        guard let acquisition = acquisitions[digest], acquisition.missing.isEmpty, acquisition.transactions == nil,
            !acquisition.isChecking
        else { return }
        let proposal = acquisition.proposal
        let transactions = proposal.references.compactMap { acquisition.bodies[$0] }
        let byteCount = transactions.reduce(0) { $0 + $1.bytes.count }
        guard transactions.count == proposal.references.count, byteCount <= batchLimits.byteCount else {
            return refuse(proposal)
        }
        let rules = orderingRules(at: proposal.sequence)
        var examinations: [TransactionVerifier.Examination] = []
        for transaction in transactions {
            let isFetched = acquisition.fetched.contains(transaction.reference)
            switch rules.judge(transaction) {
            case .acceptable where !isFetched: continue
            case .acceptable, .needsCheck:
                examinations.append(.init(transaction: transaction, keyHeight: rules.keyHeight))
            case .tooEarly, .never:
                logger.info("refusing a proposal", metadata: ["sequence": "\(proposal.sequence.number)"])
                return refuse(proposal)
            }
        }
        guard !examinations.isEmpty else { return complete(digest, transactions) }
        acquisitions[digest]?.isChecking = true
        parts.verifier.verify(examinations) { [weak self] allPass in
            self?.enqueue { engine in
                engine.acquisitions[digest]?.isChecking = false
                if allPass {
                    engine.complete(digest, transactions)
                } else {
                    engine.refuse(proposal)
                }
            }
        }
    }

    private func refuse(_ proposal: Proposal) {
        acquisitions[proposal.digest]?.isRefused = true
        acquisitions[proposal.digest]?.bodies = [:]
        acquisitions[proposal.digest]?.missing = []
        step(.refused(proposal.sequence, proposal.digest))
    }

    private func complete(_ digest: Digest, _ transactions: [SignedTransaction]) {
        guard let acquisition = acquisitions[digest], acquisition.transactions == nil else { return }
        let proposal = acquisition.proposal
        acquisitions[digest]?.transactions = transactions
        acquisitions[digest]?.bodies = [:]
        parts.journal.append(.bodies(proposal.sequence.height, proposal: digest, transactions))
        step(.acquired(proposal.sequence, digest))
    }
}
