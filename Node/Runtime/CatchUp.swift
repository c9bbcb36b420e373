internal import Consensus
package import Ledger
internal import Logging
internal import NIOCore
package import Primitives
internal import Synchronization

/// Takes certified blocks from peers when this node is behind (rule 29).
///
/// A block proves itself by its certificate, or by a certified descendant in the same answer; nothing that a peer claims
/// is believed beyond that. Whom to ask is decided by `CatchUpPlan`; here are its clock, its network and its executor.
final class CatchUp: Sendable {
    private struct State {
        var plan: CatchUpPlan
        var timer: Scheduled<Void>?
        var blocks: UInt64 = 0
    }

    /// After this long without a useful answer the next peer is asked.
    private static let patience = TimeAmount.seconds(2)

    private let chain: Chain
    private let validators: ValidatorSet
    private let store: ChainStore
    private let execution: ExecutionService
    private let peers: Peers
    private let loop: any EventLoop
    private let logger: Logger
    private let state: Mutex<State>

    init(
        own: ReplicaID,
        chain: Chain,
        validators: ValidatorSet,
        store: ChainStore,
        execution: ExecutionService,
        peers: Peers,
        loop: any EventLoop,
        logger: Logger
    ) {
        self.chain = chain
        self.validators = validators
        self.store = store
        self.execution = execution
        self.peers = peers
        self.loop = loop
        self.logger = logger
        state = Mutex(State(plan: CatchUpPlan(own: own, replicas: validators.count)))
    }

    var figures: CatchUpFigures {
        state.withLock { CatchUpFigures(blocks: $0.blocks, abandonedPeers: $0.plan.abandonedPeers) }
    }

    /// Whether the node is further behind than consensus alone would bring it back: a few blocks are nothing unusual under
    /// load, and no reason to turn clients away.
    var isFarBehind: Bool {
        let executed = execution.lastHeight
        let near = executed.advanced(by: chain.genesis.parameters.window)
        return state.withLock { $0.plan.target.map { $0 > near } ?? false }
    }

    // MARK: - Asking

    /// Fetches blocks up to `target`, from this peer first.
    func start(to target: Height, from peer: ReplicaID) {
        advance { plan, executed in plan.want(target, from: peer, executed: executed) }
    }

    /// The height that is certified, as far as others have proved it here, and not reached yet.
    var target: Height? { state.withLock { $0.plan.target } }

    /// Asks for nothing while a snapshot is being taken.
    func hold() { state.withLock { $0.plan.hold() } }
    func release() { advance { plan, executed in plan.release(executed: executed) } }

    /// The chain has reached this height by whatever way.
    func reached(_ height: Height) { state.withLock { $0.plan.reached(height) } }

    /// Lets the plan decide, and does what it decides.
    private func advance(_ decide: (inout CatchUpPlan, Height) -> CatchUpPlan.Step) {
        let executed = execution.lastHeight
        let step = state.withLock { state -> CatchUpPlan.Step in
            let step = decide(&state.plan, executed)
            guard step != .none else { return step }
            state.timer?.cancel()
            let round = state.plan.round
            state.timer = loop.scheduleTask(in: Self.patience) { [weak self] in
                self?.advance { plan, executed in plan.timedOut(round, executed: executed) }
            }
            return step
        }
        if case .ask(let peer, let from) = step { peers.send(SyncMessage.request(from: from), to: peer) }
    }

    // MARK: - Answers

    func take(_ blocks: [SyncBlock], from: Height, peer: ReplicaID, engine: Engine) {
        guard state.withLock({ $0.plan.expects(from: from, of: peer) }) else { return }
        guard let last = SyncBlock.proven(blocks, from: from, chain: chain.id, by: validators) else {
            logger.info("an answer proves nothing", metadata: ["peer": "\(peer.index)", "blocks": "\(blocks.count)"])
            return advance { plan, executed in
                plan.expects(from: from, of: peer) ? plan.rejected(executed: executed) : .none
            }
        }
        var isTaken = false
        advance { plan, executed in
            // Verifying took its time: the timer may have gone on to another peer.
            isTaken = plan.expects(from: from, of: peer)
            return isTaken ? plan.accepted(through: last, executed: executed) : .none
        }
        guard isTaken else { return }
        execution.install(blocks) { [weak self, weak engine] outcome in
            engine?.enqueue { $0.installed(outcome) }
            self?.state.withLock { $0.blocks += UInt64(outcome.blocks.count) }
            self?.advance { plan, executed in
                plan.executed(through: executed, isPeersFault: outcome.isPeersFault)
            }
        }
    }

    // MARK: - Serving

    func serve(_ from: Height, to peer: ReplicaID) {
        let blocks = SyncServer(
            store: store,
            limits: PeerLimits(chain.genesis.parameters),
            byteCount: SyncServer.peerByteCount
        ).blocks(from: from)
        peers.send(SyncMessage.answer(from: from, blocks: blocks), to: peer)
    }
}

extension SyncBlock {
    /// The last height of an answer of consecutive blocks from a height on: each header is the parent of the next, and the
    /// last one has a certificate that verifies, so that all of them are final. Nil where it proves nothing.
    ///
    /// - Parameter validators: of the epoch in which all of them stand: an answer ends with its epoch.
    package static func proven(
        _ blocks: [SyncBlock],
        from: Height,
        chain: Digest,
        by validators: ValidatorSet
    ) -> Height? {
        guard let last = blocks.last, blocks.first?.header.height == from, let certificate = last.certificate,
            last.header.chain == chain
        else { return nil }
        for (block, next) in zip(blocks, blocks.dropFirst()) {
            guard next.header.height == block.header.height.advanced(by: 1), next.header.parent == block.header.digest
            else { return nil }
        }
        do throws(CertificateError) {
            try certificate.check(last.header, by: validators)
            // Those before it are kept and handed on, so they are verified too.
            for block in blocks.dropLast() { try block.certificate?.check(block.header, by: validators) }
            return last.header.height
        } catch { return nil }
    }
}

/// Figures of catching up for `/metrics`.
struct CatchUpFigures: Sendable {
    var blocks: UInt64 = 0
    var abandonedPeers: UInt64 = 0
}
