internal import Consensus
internal import Ledger
internal import Logging
internal import NIOCore
internal import Primitives

extension Engine {
    func start() {
        step(.start)
        repeatGossip()
    }

    /// Gossip can be lost: a peer was away, or its queue was full. What has waited here from one turn of this timer to the
    /// next is told again, the oldest first and only so much of it, so that it costs nothing under load.
    private func repeatGossip() {
        guard !isStopped else { return }
        let oldest = pool.oldest(ofShare: own.index, count: Self.repeatedGossipCount)
        let waited = oldest.filter { repeatable.contains($0.reference) }
        repeatable = Set(oldest.map(\.reference))
        if !waited.isEmpty { parts.peers.gossip(waited.map(\.bytes)) }
        gossipTimer = loop.scheduleTask(in: .seconds(2)) { [weak self] in
            self?.assumeIsolated { $0.repeatGossip() }
        }
    }

    private static var repeatedGossipCount: Int { 64 }

    /// Blocks that came from a peer, in order; the replica hears of each.
    func installed(_ outcome: InstallOutcome) {
        for (block, certificate) in outcome.blocks {
            took(block)
            step(.installed(block.summary, certificate?.forConsensus(height: block.summary.height)))
        }
        switch outcome.fault {
        case nil: break
        case .peer(let reason)?: logger.warning("left a peer while catching up: \(reason)")
        case .divergence(let own, let expected)?: diverged(own, expected: expected)
        case .own(let reason)?: halt("a certified block cannot be executed: \(reason)")
        }
    }
}
