internal import Consensus
internal import Ledger
internal import Logging
internal import NIOCore
internal import Primitives
internal import Synchronization

/// Takes certified blocks from peers when this node is behind (rule 29).
///
/// A block proves itself by its certificate, or by a certified descendant in the same answer; nothing that a peer claims
/// is believed beyond that. A peer that has nothing, lies or stalls is left for another.
final class CatchUp: Sendable {
    private struct State {
        var target: Height?
        var peer = ReplicaID(0)
        var isWaiting = false
        /// The next height to ask for: blocks below are on their way through execution.
        var next: Height?
        /// What the present request asked for: an answer from another height is late, or a lie.
        var asked: Height?
        var round: UInt64 = 0
        var timer: Scheduled<Void>?
        var figures = CatchUpFigures()
    }

    /// After this long without a useful answer the next peer is asked.
    private static let patience = TimeAmount.seconds(2)

    private let own: ReplicaID
    private let chain: Chain
    private let store: ChainStore
    private let execution: ExecutionService
    private let peers: Peers
    private let loop: any EventLoop
    private let logger: Logger
    private let state = Mutex(State())

    init(
        own: ReplicaID,
        chain: Chain,
        store: ChainStore,
        execution: ExecutionService,
        peers: Peers,
        loop: any EventLoop,
        logger: Logger
    ) {
        self.own = own
        self.chain = chain
        self.store = store
        self.execution = execution
        self.peers = peers
        self.loop = loop
        self.logger = logger
    }

    var figures: CatchUpFigures { state.withLock { $0.figures } }

    /// Whether the node is further behind than consensus alone would bring it back: a few blocks are nothing unusual under
    /// load, and no reason to turn clients away.
    var isFarBehind: Bool {
        let executed = execution.lastHeight
        let near = executed.advanced(by: chain.genesis.parameters.window)
        return state.withLock { $0.target.map { $0 > near } ?? false }
    }

    // MARK: - Asking

    /// Fetches blocks up to `target`, from this peer first. A second request replaces the first.
    func start(to target: Height, from peer: ReplicaID) {
        let mustAsk = state.withLock { state -> Bool in
            state.target = max(target, state.target ?? target)
            if !state.isWaiting { state.peer = peer }
            return !state.isWaiting
        }
        if mustAsk { ask() }
    }

    /// The chain has reached this height by whatever way.
    func reached(_ height: Height) {
        state.withLock { state in
            if let target = state.target, target <= height { state.target = nil }
        }
    }

    private func ask() {
        let executed = execution.lastHeight
        let request = state.withLock { state -> (ReplicaID, Height)? in
            state.timer?.cancel()
            guard let target = state.target, target > executed else {
                state.target = nil
                state.isWaiting = false
                state.next = nil
                return nil
            }
            let from = max(executed, (state.next ?? executed).reduced(by: 1)).advanced(by: 1)
            guard from <= target else {
                // Everything is on its way through execution; ask again if that does not bring the chain there.
                state.timer = retry(state.round)
                return nil
            }
            state.isWaiting = true
            state.asked = from
            state.round += 1
            state.timer = retry(state.round)
            return (state.peer, from)
        }
        if let (peer, from) = request { peers.send(SyncMessage.request(from: from), to: peer) }
    }

    private func retry(_ round: UInt64) -> Scheduled<Void> {
        loop.scheduleTask(in: Self.patience) { [weak self] in self?.tryAnother(after: round) }
    }

    private func tryAnother(after round: UInt64) {
        state.withLock { state in
            guard state.round == round else { return }
            state.next = nil
            state.figures.abandonedPeers += 1
            state.peer = next(after: state.peer)
        }
        ask()
    }

    private func next(after peer: ReplicaID) -> ReplicaID {
        let count = chain.validators.count
        for step in 1...max(1, count) {
            let candidate = (peer.index + step) % count
            if candidate != own.index { return ReplicaID(candidate) }
        }
        return peer
    }

    // MARK: - Answers

    func received(_ message: SyncMessage, from peer: ReplicaID, engine: Engine) {
        switch message {
        case .request(let from): serve(from, to: peer)
        case .answer(let from, let blocks): take(blocks, from: from, peer: peer, engine: engine)
        }
    }

    private func take(_ blocks: [SyncBlock], from: Height, peer: ReplicaID, engine: Engine) {
        let round = state.withLock { state -> UInt64? in
            state.isWaiting && state.peer == peer && state.asked == from ? state.round : nil
        }
        guard let round else { return }
        guard !blocks.isEmpty, blocks.first?.header.height == from, proves(blocks) else {
            logger.info("an answer proves nothing", metadata: ["peer": "\(peer.index)", "blocks": "\(blocks.count)"])
            return tryAnother(after: round)
        }
        let isMine = state.withLock { state -> Bool in
            guard state.isWaiting, state.round == round else { return false }
            state.next = blocks.last?.header.height.advanced(by: 1)
            state.isWaiting = false
            state.figures.blocks += UInt64(blocks.count)
            return true
        }
        guard isMine else { return }
        execution.install(blocks) { [weak self, weak engine] outcome in
            engine?.enqueue { $0.installed(outcome) }
            self?.ask()
        }
    }

    /// Each header is the parent of the next, and the last one has a certificate that verifies: then all are final.
    private func proves(_ blocks: [SyncBlock]) -> Bool {
        guard let last = blocks.last, let certificate = last.certificate else { return false }
        for (block, next) in zip(blocks, blocks.dropFirst()) {
            guard next.header.height == block.header.height.advanced(by: 1), next.header.parent == block.header.digest
            else {
                return false
            }
        }
        guard last.header.chain == chain.id else { return false }
        do throws(CertificateError) {
            try certificate.check(last.header, by: chain.validators)
            // Those before it are kept and handed on, so they are verified too.
            for block in blocks { try block.certificate?.check(block.header, by: chain.validators) }
            return true
        } catch { return false }
    }

    // MARK: - Serving

    private func serve(_ from: Height, to peer: ReplicaID) {
        let blocks = SyncServer(store: store, limits: PeerLimits(chain.genesis.parameters)).blocks(from: from)
        peers.send(SyncMessage.answer(from: from, blocks: blocks), to: peer)
    }
}

/// Figures of catching up for `/metrics`.
struct CatchUpFigures: Sendable {
    var blocks: UInt64 = 0
    var abandonedPeers: UInt64 = 0
}
