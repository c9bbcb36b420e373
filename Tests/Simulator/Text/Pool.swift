import Consensus
import Primitives

/// The pool of a host whose world is calm: what a script submitted, in order, and nothing by chance.
package struct Pool: Sendable {
    private(set) var waiting: [Digest] = []
    /// Seen in proposals of the current view.
    var proposed: Set<Digest> = []
    /// The batch that consensus waits for.
    var wish: (view: View, sequence: Sequence)?

    mutating func add(_ reference: Digest) { if !waiting.contains(reference) { waiting.append(reference) } }

    /// What is neither executed nor proposed.
    func ready(_ chain: Chain) -> [Digest] {
        waiting.filter { !proposed.contains($0) && !chain.contains(Transactions.id(of: $0)) }
    }
}

extension World {
    /// A batch is made when there is something to put into it; until then the heartbeat decides.
    func offerBatch(to host: Host) {
        guard let wish = host.pool.wish, !host.pool.ready(host.chain).isEmpty else { return }
        host.pool.wish = nil
        let event = Event.batch(host: host.id.index, life: host.life, view: wish.view, sequence: wish.sequence)
        queue.schedule(event, at: now)
    }

    /// References for a batch of a calm world, bounded as batches are.
    func submitted(to host: Host) -> [Digest] {
        let references = Array(host.pool.ready(host.chain).prefix(host.configuration.batchLimit))
        host.pool.proposed.formUnion(references)
        return references
    }
}
