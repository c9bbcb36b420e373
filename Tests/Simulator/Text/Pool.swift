import Consensus
package import Primitives

/// The pool of a host whose world is calm, with a share of places for each validator: what clients submitted here, and what
/// other hosts told.
package struct Pool: Sendable {
    /// By admitting validator, in order of arrival.
    private var shares: [[Digest]] = []
    private var owners: [Digest: Int] = [:]
    /// Seen in proposals of the current view, by the last sequence of those.
    private var proposed: [Digest: UInt64] = [:]
    private var first = 0
    /// Places of one share; of others' shares it takes a few more, so that what is told again fits.
    package var capacity = 1 << 20
    /// The batch that consensus waits for.
    var wish: (view: View, sequence: Sequence)?

    package var isEmpty: Bool { owners.isEmpty }

    var references: [Digest] { shares.flatMap { $0 } }

    func share(of reference: Digest) -> ReplicaID? { owners[reference].map { ReplicaID($0) } }

    /// False where the share is full.
    mutating func add(_ reference: Digest, share: Int, reserve: Int = 0) -> Bool {
        guard owners[reference] == nil else { return true }
        while shares.count <= share { shares.append([]) }
        guard shares[share].count - reserve < capacity else { return false }
        shares[share].append(reference)
        owners[reference] = share
        return true
    }

    /// What the block executed is gone, and what else was proposed up to there waits again.
    mutating func finish(_ block: Block) {
        guard !owners.isEmpty else { return }
        for id in block.ids {
            for encoding in 0...1 as ClosedRange<UInt64> {
                let reference = Transactions.reference(id: id, encoding: encoding)
                guard let share = owners.removeValue(forKey: reference) else { continue }
                shares[share].removeAll { $0 == reference }
                proposed[reference] = nil
            }
        }
        proposed = proposed.filter { $0.value > block.height.number }
    }

    func isProposed(_ reference: Digest) -> Bool { proposed[reference] != nil }

    mutating func propose(_ references: [Digest], at sequence: Sequence) {
        for reference in references where owners[reference] != nil { proposed[reference] = sequence.number }
    }

    mutating func forgetProposals() { proposed = [:] }

    func hasReady(where isWanted: (Digest) -> Bool) -> Bool {
        owners.keys.contains { !isProposed($0) && isWanted($0) }
    }

    /// One of each share in turn, of what nobody has proposed.
    mutating func take(_ count: Int, at sequence: Sequence, where isWanted: (Digest) -> Bool) -> [Digest] {
        let queues = shares.map { share in share.filter { !isProposed($0) && isWanted($0) } }
        var taken: [Digest] = []
        first = shares.isEmpty ? 0 : (first + 1) % shares.count
        var depth = 0
        while taken.count < count, queues.contains(where: { $0.count > depth }) {
            for offset in queues.indices where taken.count < count {
                let queue = queues[(first + offset) % queues.count]
                if queue.count > depth { taken.append(queue[depth]) }
            }
            depth += 1
        }
        propose(taken, at: sequence)
        return taken
    }

    /// The oldest of each share.
    func oldest(_ count: Int) -> [(reference: Digest, share: Int)] {
        shares.indices.flatMap { share in shares[share].prefix(count).map { ($0, share) } }
    }
}

extension Host {
    func requestBatch(_ view: View, _ sequence: Sequence) {
        pool.wish = (view, sequence)
        world.scheduleBatch(of: self, life: life, view: view, sequence: sequence)
    }

    func onBatch(_ references: [Digest], view: View, sequence: Sequence, life: Int) {
        guard life == self.life, isUp else { return }
        hold(references)
        step(.batch(view, sequence, references))
    }

    func hold(_ references: [Digest]) {
        guard disk == nil else { return bodies.formUnion(references) }
        for reference in references where bodies.insert(reference).inserted { store.append(.body(reference)) }
    }

    private func isWanted(_ reference: Digest) -> Bool {
        guard let overlooks else { return true }
        return !overlooks(reference, pool.share(of: reference))
    }

    /// Something waits that this host would propose; until then the heartbeat decides.
    var hasBatch: Bool { pool.hasReady(where: isWanted) }

    func takeBatch(at sequence: Sequence) -> [Digest] {
        // Asked first: the pool cannot be read while it changes.
        let wanted = overlooks == nil ? nil : Set(pool.references.filter(isWanted))
        return pool.take(configuration.batchLimit, at: sequence) { wanted?.contains($0) ?? true }
    }

    var watchLimits: InclusionWatch.Limits {
        let window = UInt64(configuration.window)
        let batch = max(1, configuration.batchLimit)
        let batches = (pool.capacity * configuration.replicas + batch - 1) / batch
        var limits = InclusionWatch.Limits(
            roomy: window,
            total: UInt64(batches) + window,
            heartbeat: configuration.heartbeat,
            viewTimeout: configuration.viewTimeout
        )
        if world.options.hostMutations.contains(.complainAtOnce) {
            limits.roomy = 0
            limits.tellings = 0
        }
        return limits
    }

    /// A client's transaction; false where the own share is full.
    package func admit(_ reference: Digest) -> Bool {
        guard !chain.contains(Transactions.id(of: reference)) else { return true }
        guard pool.add(reference, share: configuration.id.index) else { return false }
        if isUp { world.offerBatch(to: self) }
        return true
    }

    func heard(_ references: [Digest], from peer: ReplicaID) {
        guard let share = members.index(of: peer) else { return }
        for reference in references where !chain.contains(Transactions.id(of: reference)) {
            _ = pool.add(reference, share: share.index, reserve: 16)
        }
        hold(references)
        world.offerBatch(to: self)
    }

    func took(_ block: Block) {
        pool.finish(block)
        guard case .proposal(let proposal) = block.batch else { return }
        watch?.saw(block.summary, isFull: proposal.references.count >= configuration.batchLimit)
    }

    /// Once a repetition: what was lost is told again, and what is left out is complained of (rule 25).
    func lookAtPool() {
        guard let replica, !pool.isEmpty || watch?.count != 0 || isOverdue else { return }
        let waiting = pool.oldest(8).map { reference, share in
            InclusionWatch.Waiting(
                reference,
                isProposed: pool.isProposed(reference),
                isOwn: share == configuration.id.index
            )
        }
        let told = watch?.look(at: waiting, replica.standing, now: world.moment(of: self).monotonic) ?? []
        if !told.isEmpty {
            hold(told)
            world.broadcast(.gossip(told), from: id)
        }
        let turn = replica.turn
        let wasOverdue = isOverdue
        isOverdue = watch?.isOverdue(in: turn) ?? false
        if isOverdue || wasOverdue { step(.overdue(isOverdue ? turn : nil)) }
    }
}

extension World {
    /// A batch is made when there is something to put into it; until then the heartbeat decides.
    func offerBatch(to host: Host) {
        guard let wish = host.pool.wish, host.hasBatch else { return }
        host.pool.wish = nil
        let event = Event.batch(host: host.id.index, life: host.life, view: wish.view, sequence: wish.sequence)
        queue.schedule(event, at: now + (host.pace ?? 0))
    }
}
