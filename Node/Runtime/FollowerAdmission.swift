internal import ContractKit
internal import Governance
internal import Ledger
internal import NIOPosix
internal import PeerNetwork
internal import Primitives
internal import Synchronization

/// Tells the network whose machines may follow, as the chain's state says now, whenever governance changes.
final class FollowerAdmission: Sendable {
    /// Registrars may report candidates without end; so many pins are kept in memory.
    private static let greatestCount = 4096

    private let store: ChainStore
    private let thread: NIOThreadPool
    private let network: PeerNetwork
    private let isDue = Mutex(false)

    init(store: ChainStore, thread: NIOThreadPool, network: PeerNetwork) {
        self.store = store
        self.thread = thread
        self.network = network
    }

    static func followers(_ store: ChainStore) throws -> [Digest: Identifier] {
        try store.view(at: store.lastExecuted).ask { context throws(ContractError) in
            try Governance.followers(atMost: greatestCount, &context)
        }.get()
    }

    /// Many changes that come together are read once.
    func refresh() {
        let isFirst = isDue.withLock { isDue in
            defer { isDue = true }
            return !isDue
        }
        guard isFirst else { return }
        thread.submit { [self] state in
            guard case .active = state else { return }
            isDue.withLock { $0 = false }
            if let followers = try? Self.followers(store) { network.replace(followers: followers) }
        }
    }
}
