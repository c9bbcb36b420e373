internal import Consensus
internal import Ledger
internal import Primitives

/// Proposals whose bodies this replica gathers or holds, from the moment it accepts them until they are certified.
///
/// Bounded by the window: the replica asks for at most so many proposals at a time and says which to forget.
struct Acquisitions {
    struct Acquisition {
        let proposal: Proposal
        var bodies: [Digest: SignedTransaction] = [:]
        var missing: Set<Digest> = []
        /// Those of the bodies that came on demand, so that nobody has verified their signatures here.
        var fetched: Set<Digest> = []
        /// Set once all bodies are here and found valid, in the proposal's order.
        var transactions: [SignedTransaction]?
        /// How often peers were asked; each time the next one.
        var rounds = 0
        /// Whether the crypto threads look at it right now.
        var isChecking = false
        /// It breaks a rule, whatever else arrives.
        var isRefused = false
    }

    private let own: ReplicaID
    private let replicas: Int
    private var byDigest: [Digest: Acquisition] = [:]

    init(own: ReplicaID, replicas: Int) {
        self.own = own
        self.replicas = replicas
    }

    subscript(digest: Digest) -> Acquisition? {
        get { byDigest[digest] }
        set { byDigest[digest] = newValue }
    }

    var count: Int { byDigest.count }

    /// Gives verified transactions to the proposals that lack them; which ones took some, by ascending sequence.
    mutating func supply(_ transactions: [SignedTransaction]) -> [(proposal: Proposal, references: [Digest])] {
        var supplied: [(proposal: Proposal, references: [Digest])] = []
        for (digest, acquisition) in byDigest where !acquisition.missing.isEmpty {
            let wanted = transactions.filter { acquisition.missing.contains($0.reference) }
            guard !wanted.isEmpty else { continue }
            for transaction in wanted {
                byDigest[digest]?.missing.remove(transaction.reference)
                byDigest[digest]?.bodies[transaction.reference] = transaction
            }
            supplied.append((acquisition.proposal, wanted.map(\.reference)))
        }
        return supplied.sorted { $0.proposal.sequence < $1.proposal.sequence }
    }

    /// The decoded transactions of a batch that is held; nil where they have to be read from the store.
    func transactions(of digest: Digest) -> [SignedTransaction]? { byDigest[digest]?.transactions }

    mutating func forget(upTo sequence: Sequence) {
        byDigest = byDigest.filter { $0.value.proposal.sequence > sequence }
    }

    /// Whom to ask in this round: the proposer first, then the others in turn, so that several serve.
    func peer(for acquisition: Acquisition) -> ReplicaID? {
        guard replicas > 1 else { return nil }
        let first = acquisition.proposal.proposer.index
        for step in 0..<replicas {
            let candidate = (first + acquisition.rounds + step) % replicas
            if candidate != own.index { return ReplicaID(candidate) }
        }
        return nil
    }
}
