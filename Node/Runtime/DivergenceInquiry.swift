internal import Consensus
internal import FoundationEssentials
internal import Ledger
internal import Logging
internal import NIOCore
internal import Primitives
internal import Synchronization

/// Finds out in what the own block differs from the certified one, before the node stops (rule 27): asks all peers what
/// the certified block did, and takes the first answer that proves itself on the own state before the block.
final class DivergenceInquiry: Sendable {
    private struct Case {
        let own: BlockChanges
        let expected: Digest
        let done: @Sendable (DivergenceReport) -> Void
    }

    /// How often peers are asked, who may have no certificate of the block themselves yet, and after how often the node
    /// stops without an answer.
    private static let pause = TimeAmount.milliseconds(250)
    private static let greatestCount = 20

    private let store: ChainStore
    private let peers: Peers
    private let loop: any EventLoop
    private let reportPath: String
    private let open = Mutex<Case?>(nil)

    /// - Parameter reportPath: the file that gets the report.
    init(store: ChainStore, peers: Peers, loop: any EventLoop, reportPath: String) {
        self.store = store
        self.peers = peers
        self.loop = loop
        self.reportPath = reportPath
    }

    /// Asks; `done` gets the report when it is written, once.
    func begin(own: BlockChanges, expected: Digest, then done: @escaping @Sendable (DivergenceReport) -> Void) {
        let isFirst = open.withLock { open in
            guard open == nil else { return false }
            open = Case(own: own, expected: expected, done: done)
            return true
        }
        guard isFirst else { return }
        ask(for: own.header.height, remaining: Self.greatestCount)
    }

    private func ask(for height: Height, remaining: Int) {
        guard open.withLock({ $0 != nil }) else { return }
        guard remaining > 0 else { return close(with: nil) }
        peers.broadcast(SyncMessage.changesRequest(height))
        loop.scheduleTask(in: Self.pause) { [weak self] in self?.ask(for: height, remaining: remaining - 1) }
    }

    /// On a thread that may wait for disk.
    func received(_ changes: BlockChanges) {
        guard let pending = open.withLock({ $0 }), changes.header.digest == pending.expected else { return }
        guard (try? store.bears(out: changes)) == true else { return }
        close(with: changes)
    }

    private func close(with certified: BlockChanges?) {
        guard let pending = open.withLock({ $0.take() }) else { return }
        let report = DivergenceReport(own: pending.own, expected: pending.expected, certified: certified)
        try? Data(report.text.utf8).write(to: URL(filePath: reportPath))
        pending.done(report)
    }

    // MARK: - The others' side

    /// What a certified block did, for a peer whose own came out otherwise.
    func serve(_ height: Height, to peer: ReplicaID) {
        guard height.number > 0, height <= store.lastCertified, let changes = try? store.changes(at: height) else {
            return
        }
        peers.send(SyncMessage.changes(changes), to: peer)
    }
}
