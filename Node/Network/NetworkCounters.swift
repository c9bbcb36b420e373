internal import Synchronization

/// Counters of the network as a whole; those of a peer are its link's.
final class NetworkCounters: Sendable {
    struct Values {
        /// One count for each case of `Refusal`, in their order.
        var refusals = [UInt64](repeating: 0, count: Refusal.allCases.count)
        var accepted: UInt64 = 0
        var dialled: UInt64 = 0
        var dialsFailed: UInt64 = 0
        var linksIdle: UInt64 = 0
        var halfOpen = 0
        var certificateNotAfter: Int64 = 0
        var followers = 0
        var followerAnswers: UInt64 = 0
    }

    private let values = Mutex(Values())

    func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

    func count(_ refusal: Refusal) {
        guard let position = Refusal.allCases.firstIndex(of: refusal) else { return }
        update { $0.refusals[position] &+= 1 }
    }

    func statistics(of links: [PeerLink]) -> NetworkStatistics {
        let values = self.values.withLock { $0 }
        var statistics = NetworkStatistics()
        statistics.peers = links.map(\.statistics)
        statistics.refusals = zip(Refusal.allCases, values.refusals).map { ($0, $1) }
        statistics.accepted = values.accepted
        statistics.dialled = values.dialled
        statistics.dialsFailed = values.dialsFailed
        statistics.linksIdle = values.linksIdle
        statistics.halfOpen = values.halfOpen
        statistics.certificateNotAfter = values.certificateNotAfter
        statistics.followers = values.followers
        statistics.followerAnswers = values.followerAnswers
        return statistics
    }
}
