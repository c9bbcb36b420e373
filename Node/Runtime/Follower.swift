internal import Consensus
internal import Ledger
internal import Logging
internal import PeerNetwork
internal import Primitives
internal import Synchronization

/// Takes certified blocks from whoever answers, where nobody tells this node anything by itself (protocol, epochs rule 6):
/// it is no validator of the present epoch, or one whose view of the epochs is stale.
///
/// Whom it asks it need not trust: a block proves itself under the validators of the epochs that this node has followed
/// itself. Who sends nothing, too little or a lie is left for the next, and nobody is kept for longer than a turn, so that
/// whoever holds back does so in vain.
final class Follower: Sendable {
    struct Figures: Sendable {
        var blocks: UInt64 = 0
        var calls: UInt64 = 0
    }

    private struct State {
        var figures = Figures()
        /// The last answer held all that there was.
        var isNear: Bool
        /// Where the chain stood when it was last seen to move, or all sources were asked in vain.
        var height: Height
        var since: ContinuousClock.Instant
        var nextSnapshot = ContinuousClock.now
    }

    /// How long one source is asked.
    private static let turn = Duration.seconds(30)
    private static let longestPause = Duration.seconds(2)
    private static let snapshotPause = Duration.seconds(60)

    private let isObserver: Bool
    private let chain: Chain
    private let epoch: EpochRecord
    private let store: ChainStore
    private let parts: Engine.Parts
    private let network: PeerNetwork
    private let sources: FollowSources
    let join: SnapshotJoin
    /// So many blocks behind, a snapshot is taken.
    private let lag: UInt64
    private let logger: Logger
    private let state: Mutex<State>

    init(
        isObserver: Bool,
        epoch: EpochRecord,
        parts: Engine.Parts,
        network: PeerNetwork,
        sources: FollowSources,
        join: SnapshotJoin,
        lag: UInt64,
        logger: Logger
    ) {
        self.isObserver = isObserver
        self.epoch = epoch
        self.parts = parts
        self.network = network
        self.sources = sources
        self.join = join
        self.lag = lag
        self.logger = logger
        chain = parts.store.chain
        store = parts.store
        // A validator that starts does not know how far the others are: it waits for them only briefly.
        let since = ContinuousClock.now - Self.patience(chain) + .seconds(1)
        state = Mutex(State(isNear: !isObserver, height: store.lastCertified, since: since))
    }

    var figures: Figures { state.withLock { $0.figures } }

    /// Whether it has what there is to follow, as far as it was told. A validator hears that from its peers.
    var isNear: Bool { state.withLock { $0.isNear } }

    // MARK: - When

    /// A view change takes no longer; after that a validator asks whether the others know of a later epoch.
    private static func patience(_ chain: Chain) -> Duration {
        let parameters = chain.genesis.parameters
        return .milliseconds(
            Int64(clamping: parameters.viewTimeoutMilliseconds + 2 * parameters.heartbeatMilliseconds + 1000)
        )
    }

    private var heartbeat: Duration { .milliseconds(Int64(clamping: chain.genesis.parameters.heartbeatMilliseconds)) }

    /// Nothing was certified for a while.
    private var isStalled: Bool {
        let certified = store.lastCertified
        return state.withLock { state in
            if certified > state.height {
                state.height = certified
                state.since = .now
            }
            return ContinuousClock.now - state.since >= Self.patience(chain)
        }
    }

    /// Follows for as long as the node lives.
    func run(_ engine: Engine) async {
        guard !sources.isEmpty else { return }
        var turn = 0
        var vain = 0
        while !Task.isCancelled {
            guard isObserver || isStalled || isFarBehind else {
                // It takes part again, and hears from its peers how far they are; a source may have left it in the middle.
                state.withLock { $0.isNear = true }
                try? await Task.sleep(for: .milliseconds(500))
                continue
            }
            let choices = sources.choices(turn: turn)
            turn += 1
            do {
                let count = try await follow(choices.source, choices.material, engine)
                vain = count > 0 ? 0 : vain + 1
            } catch is NodeEnds {
                return
            } catch is NextBlockGone {
                vain += 1
                // One source alone is not believed to be the last to have known the block.
                if vain >= choices.count, isToTrySnapshots, await takeSnapshot() { return }
            } catch is SnapshotIsDue {
                vain = 0
                if await takeSnapshot() { return }
            } catch {
                vain += 1
                logger.debug("cannot follow", metadata: ["source": "\(choices.source)", "why": "\(error)"])
                // Once all were asked, and then now and again.
                if isObserver, vain == choices.count || vain.isMultiple(of: 16 * choices.count) { warn(of: error) }
            }
            if vain > 0, vain.isMultiple(of: choices.count) { state.withLock { $0.since = .now } }
            guard vain > 0 else { continue }
            try? await Task.sleep(for: min(.milliseconds(100) * vain, Self.longestPause))
        }
    }

    private func warn(of error: any Error) {
        logger.warning(
            """
            nobody lets this node follow. Does a registrar's admit-observer name its certificate, and does one of the \
            addresses answer (peers.follow)?
            """,
            metadata: ["why": "\((error as? RefusedConnection).map { $0.reason.rawValue } ?? "\(error)")"]
        )
    }

    /// Others have proved to a validator that it is further behind than blocks are taken for.
    private var isFarBehind: Bool {
        guard isToTrySnapshots, let target = parts.catchUp.target else { return false }
        return target > store.lastExecuted.advanced(by: lag)
    }

    // MARK: - Snapshots

    /// After one that could not be had, blocks are taken for a while.
    private var isToTrySnapshots: Bool { state.withLock { ContinuousClock.now >= $0.nextSnapshot } }

    /// What a source proves to be certified.
    ///
    /// - Throws: `SnapshotIsDue` where it offers a snapshot that is far enough ahead.
    private func offers(_ call: FollowCall) async throws -> Height {
        let proven = try await call.offers(
            from: EpochTrail(chain: chain.id, from: epoch),
            limits: PeerLimits(chain.genesis.parameters)
        )
        guard let offered = proven.offers.first?.header.height else { return .genesis }
        if isToTrySnapshots, offered > store.lastExecuted.advanced(by: lag) { throw SnapshotIsDue() }
        return offered
    }

    /// Takes a snapshot in place of the blocks; then the node ends, and one over the snapshot follows.
    ///
    /// - Returns: false where there is none to be had, or it cannot be taken.
    private func takeSnapshot() async -> Bool {
        parts.catchUp.hold()
        do {
            if try await join.run(above: store.lastExecuted) != nil {
                parts.end.raise(.snapshotTaken)
                return true
            }
            logger.warning("no snapshot can be had; taking blocks instead")
        } catch is CancellationError {
            return true
        } catch {
            logger.error("no snapshot can be taken; taking blocks instead", metadata: ["why": "\(error)"])
        }
        state.withLock { $0.nextSnapshot = .now + Self.snapshotPause }
        parts.catchUp.release()
        return false
    }

    // MARK: - From whom

    /// Takes blocks from one source for a turn, or until it has none for a while.
    ///
    /// - Returns: how many blocks it gave.
    private func follow(_ source: NetworkAddress, _ material: TLSMaterial, _ engine: Engine) async throws -> Int {
        state.withLock { $0.figures.calls += 1 }
        let call = try await network.follow(host: source.host, port: source.port, material: material)
        defer { call.close() }
        let beyond = try await offers(call)
        guard isObserver || isStalled else { return 0 }
        let start = ContinuousClock.now
        var last = start
        var count = 0
        while !Task.isCancelled, ContinuousClock.now - start < Self.turn {
            let blocks = try await ask(call)
            if blocks.isEmpty {
                guard beyond <= store.lastExecuted else { throw NextBlockGone() }
                state.withLock { $0.isNear = true }
                // A validator has heard what it wanted to know.
                guard isObserver, ContinuousClock.now - last < heartbeat * 3 + .seconds(1) else { break }
            } else {
                if count == 0 { logger.info("following", metadata: ["source": "\(source)"]) }
                count += try await take(blocks, engine)
                last = .now
                // The next node follows on in the next epoch.
                guard blocks.last?.header.endsEpoch == false else { break }
                let isCutShort = SyncServer.isCutShort(blocks, PeerLimits(chain.genesis.parameters))
                let isNear = !isCutShort && beyond <= store.lastExecuted
                state.withLock { $0.isNear = isNear }
                guard isNear else { continue }
            }
            try await Task.sleep(for: min(max(heartbeat / 2, .milliseconds(50)), .milliseconds(500)))
        }
        return count
    }

    private func ask(_ call: FollowCall) async throws -> [SyncBlock] {
        let from = store.lastExecuted.advanced(by: 1)
        let bytes = try await call.ask(SyncMessage.request(from: from).encoded)
        guard
            case .answer(from, let blocks) = try SyncMessage(
                decoding: bytes,
                limits: PeerLimits(chain.genesis.parameters)
            )
        else { throw SourceFault("it answers another question") }
        guard blocks.isEmpty || SyncBlock.proven(blocks, from: from, chain: chain.id, by: epoch.validators) != nil
        else {
            throw SourceFault("its blocks prove nothing")
        }
        return blocks
    }

    /// - Returns: how many of the blocks are on the chain now and were not.
    private func take(_ blocks: [SyncBlock], _ engine: Engine) async throws -> Int {
        guard let outcome = await parts.execution.install(blocks) else { throw NodeEnds() }
        engine.enqueue { $0.installed(outcome) }
        state.withLock { $0.figures.blocks += UInt64(outcome.blocks.count) }
        switch outcome.fault {
        case nil: return outcome.blocks.count
        case .peer(let reason)?: throw SourceFault(reason)
        case .divergence?, .own?: throw NodeEnds()
        }
    }
}

/// There is nothing more to follow with: the node is stopping, or the engine stops it for what it heard.
private struct NodeEnds: Error {}

/// A source proves that a snapshot is to be taken.
private struct SnapshotIsDue: Error {}

/// A source has no next block although it proves later ones: it was pruned there.
private struct NextBlockGone: Error {}

/// Why a source is left for another one.
private struct SourceFault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
