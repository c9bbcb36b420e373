internal import Consensus
internal import FoundationEssentials
internal import Ledger
internal import LedgerCrypto
package import Logging
internal import NIOCore
internal import NIOPosix
internal import PeerNetwork
internal import Primitives
internal import Storage
internal import Synchronization

extension Node {
    /// Opens a validator's home and puts the node together, without starting anything that others could notice.
    ///
    /// - Throws: `ConfigurationError` for a home that does not fit together, with what would be right.
    package static func open(_ configuration: NodeConfiguration, version: String, logger: Logger) throws -> Node {
        let chain = try readGenesis(configuration.genesisPath)
        let store: ChainStore
        let key = try KeyFiles(configuration).presentKey().publicKey
        if let height = try SnapshotAdoption.complete(configuration.dataPath, chain: chain, key: key) {
            logger.notice("the snapshot is in place", metadata: ["height": "\(height.number)"])
        }
        do {
            try FileManager.default.createDirectory(
                atPath: configuration.dataPath,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            store = try ChainStore(path: configuration.dataPath, chain: chain)
        } catch {
            throw ConfigurationError("\(configuration.dataPath): \(error)")
        }
        return try assemble(configuration, store, after: nil, version: version, logger: logger)
    }

    /// The node of the epoch that follows on the one that has ended, over the same store.
    package static func open(
        _ configuration: NodeConfiguration,
        after ended: EpochEnded,
        version: String,
        logger: Logger
    ) throws -> Node {
        try assemble(configuration, ended.store, after: ended, version: version, logger: logger)
    }

    private static func readGenesis(_ path: String) throws -> Chain {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path): there is no genesis file")
        }
        do {
            return try Chain(decoding: [UInt8](data))
        } catch {
            throw ConfigurationError("\(path): is not a genesis file: \(error.explanation)")
        }
    }

    private static func assemble(
        _ configuration: NodeConfiguration,
        _ store: ChainStore,
        after ended: EpochEnded?,
        version: String,
        logger: Logger
    ) throws -> Node {
        let chain = store.chain
        let resumption = try Resumption(store)
        let epoch = resumption.epoch
        let seat = try Seat(in: epoch, configuration, store, logger)
        if epoch.validators.faults == 0, seat.index != nil {
            logger.warning(
                "with fewer than four validators no fault is tolerated",
                metadata: ["validators": "\(epoch.validators.count)"]
            )
        }
        if configuration.clockOffsetMilliseconds != 0 {
            logger.warning(
                "this node's clock is set wrong on purpose (clock.offset_milliseconds), which is for tests only",
                metadata: ["milliseconds": "\(configuration.clockOffsetMilliseconds)"]
            )
        }
        let threads = NodeThreads()
        let end = EndSignal()
        // An observer has the index behind the last (`Consensus.Configuration.id`).
        let own = ReplicaID(seat.index ?? epoch.validators.count)
        let accounts = AccountDirectory(chain: chain.id, store: store)
        let receiver = LateBound<FrameReceiver>()
        let linked = LateBound<Engine>()
        let server = SyncServer(
            store: store,
            limits: PeerLimits(chain.genesis.parameters),
            byteCount: SyncServer.followerByteCount
        )
        let network = try PeerNetwork(
            configuration: try networkConfiguration(configuration, store, epoch.validators, seat, version: version),
            events: PeerNetworkEvents(
                received: { receiver.value?.receive($0) },
                linkChanged: { event in
                    guard case .connected(let peer) = event else { return }
                    linked.value?.enqueue { $0.step(.connected(ReplicaID(peer))) }
                },
                asked: { request in
                    threads.reading.submit { state in
                        guard case .active = state else { return }
                        request.answer(server.answer(request.bytes))
                    }
                }
            ),
            // The engine's: a message passes from the socket to the replica and back without waking a thread.
            on: NodeThreads.engine.next(),
            logger: logger
        )
        let admission = FollowerAdmission(store: store, thread: threads.reading, network: network)
        let peers = Peers(network: network)
        let execution = try ExecutionService(
            store: store,
            accounts: accounts,
            thread: threads.execution,
            speculationPath: configuration.dataPath + ".speculation",
            governanceChanged: { admission.refresh() }
        )
        let hub = EventHub(clock: NodeThreads.engine.next(), certified: store.lastCertified)
        let limits = poolLimits(configuration)
        let parts = Engine.Parts(
            journal: JournalWriter(store: store, thread: threads.journal, end: end),
            execution: execution,
            peers: peers,
            hub: hub,
            gauge: PoolGauge(capacity: limits.count),
            catchUp: CatchUp(
                own: own,
                chain: chain,
                validators: epoch.validators,
                store: store,
                execution: execution,
                peers: peers,
                loop: NodeThreads.engine.next(),
                logger: logger
            ),
            inquiry: DivergenceInquiry(
                store: store,
                peers: peers,
                loop: NodeThreads.engine.next(),
                reportPath: configuration.dataPath + ".divergence"
            ),
            store: store,
            accounts: accounts,
            verifier: TransactionVerifier(
                threads: threads.crypto,
                admission: Admission(chain: chain.id, parameters: chain.genesis.parameters),
                accounts: accounts
            ),
            refusals: RefusalMemory(),
            end: end,
            reading: threads.reading
        )
        let replica = try resumption.replica(own, mayVote: seat.mayVote, awaitsAnswers: ended?.hasVoted != true)
        let engine = Engine(
            loop: NodeThreads.engine.next(),
            replica: replica,
            chain: chain,
            key: seat.key,
            parts: parts,
            pool: Mempool(shares: epoch.validators.count, limits: limits),
            clockOffset: configuration.clockOffsetMilliseconds,
            reports: try resumption.reports(own),
            logger: logger
        )
        linked.value = engine
        receiver.value = FrameReceiver(
            engine: engine,
            chain: chain,
            epoch: epoch,
            messageLimits: replica.configuration.limits,
            logger: logger
        )
        let sources = FollowSources(configuration, chain.validators, epoch.validators, seat.material)
        let follower = Follower(
            isObserver: seat.index == nil,
            epoch: epoch,
            parts: parts,
            network: network,
            sources: sources,
            join: SnapshotJoin(
                chain: chain,
                path: SnapshotAdoption.joiningPath(configuration.dataPath),
                sources: sources.forSnapshots(network),
                logger: logger
            ),
            lag: configuration.snapshotLag ?? SnapshotJoin.standardLag(chain.genesis.parameters),
            logger: logger
        )
        return Node(
            index: seat.index,
            follower: follower,
            pruning: Pruning(
                store: store,
                retention: configuration.retentionBlocks,
                hub: hub,
                threads: threads.reading,
                logger: logger
            ),
            chain: chain,
            validators: epoch.validators,
            carried: ended?.waiting ?? [],
            engine: engine,
            parts: parts,
            network: network,
            receiver: receiver,
            linked: linked,
            threads: threads,
            logger: logger
        )
    }

    private static func poolLimits(_ configuration: NodeConfiguration) -> Mempool.Limits {
        var limits = Mempool.Limits()
        limits.count = configuration.mempoolTransactions
        limits.byteCount = configuration.mempoolBytes
        return limits
    }

    private static func networkConfiguration(
        _ configuration: NodeConfiguration,
        _ store: ChainStore,
        _ validators: ValidatorSet,
        _ seat: Seat,
        version: String
    ) throws -> PeerNetworkConfiguration {
        let chain = store.chain
        let others = seat.index == nil ? [] : Array(validators.validators.enumerated())
        let peers = try others.map { peer, validator in
            guard let address = configuration.dialled(validator.address, genesis: chain.validators) else {
                throw ConfigurationError(
                    "the chain gives validator \(peer) the address '\(validator.address)', not host:port"
                )
            }
            return PeerEndpoint(index: peer, host: address.host, port: address.port, pins: validator.tlsPins)
        }
        return PeerNetworkConfiguration(
            index: seat.index,
            chain: chain.id,
            material: seat.material,
            peers: peers,
            followers: try FollowerAdmission.followers(store),
            listenHost: configuration.peerListen.host,
            listenPort: configuration.peerListen.port,
            softwareVersion: version
        )
    }
}

/// A value that is set once, right after the parts that refer to each other exist.
final class LateBound<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    var value: Value? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
