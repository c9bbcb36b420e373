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
        let key = try KeyFile.load(configuration.consensusKeyPath)
        let index = configuration.validatorIndex
        guard chain.validators.validators.indices.contains(index) else {
            throw ConfigurationError(
                "validator.index: the genesis has validators 0 to \(chain.validators.count - 1), not \(index)"
            )
        }
        guard chain.validators.validators[index].consensusKey == key.publicKey else {
            throw ConfigurationError(
                "\(configuration.consensusKeyPath): is not the key of validator \(index) in the genesis"
            )
        }
        if chain.validators.faults == 0 {
            logger.warning(
                "with fewer than four validators no fault is tolerated",
                metadata: ["validators": "\(chain.validators.count)"]
            )
        }
        let store: ChainStore
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
        let finding = try JournalIdentity.check(store.database, keyPath: configuration.consensusKeyPath)
        if finding == .lost {
            logger.critical(
                """
                this key has voted with another journal than the one in \(configuration.dataPath): it was restored, \
                replaced or wiped. The validator only follows, until it has a new consensus key
                """
            )
        }
        return try assemble(
            configuration,
            chain,
            key,
            store,
            mayVote: finding == .own,
            version: version,
            logger: logger
        )
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
        _ chain: Chain,
        _ key: PrivateKey,
        _ store: ChainStore,
        mayVote: Bool,
        version: String,
        logger: Logger
    ) throws -> Node {
        let threads = NodeThreads()
        let fault = FaultSignal()
        let own = ReplicaID(configuration.validatorIndex)
        let accounts = AccountDirectory(chain: chain.id, store: store)
        let receiver = LateBound<FrameReceiver>()
        let linked = LateBound<Engine>()
        let network = try PeerNetwork(
            configuration: try networkConfiguration(configuration, chain, version: version),
            events: PeerNetworkEvents(
                received: { receiver.value?.receive($0) },
                linkChanged: { event in
                    guard case .connected(let peer) = event else { return }
                    linked.value?.enqueue { $0.step(.connected(ReplicaID(peer))) }
                }
            ),
            logger: logger
        )
        let peers = Peers(network: network)
        let execution = try ExecutionService(
            chain: chain,
            store: store,
            accounts: accounts,
            thread: threads.execution,
            speculationPath: configuration.dataPath + ".speculation"
        )
        let hub = EventHub(clock: threads.engine.next(), certified: store.lastCertified)
        let limits = poolLimits(configuration)
        let parts = Engine.Parts(
            journal: JournalWriter(store: store, thread: threads.journal, fault: fault),
            execution: execution,
            peers: peers,
            hub: hub,
            gauge: PoolGauge(capacity: limits.count),
            catchUp: CatchUp(
                own: own,
                chain: chain,
                store: store,
                execution: execution,
                peers: peers,
                loop: threads.engine.next(),
                logger: logger
            ),
            store: store,
            accounts: accounts,
            verifier: TransactionVerifier(
                threads: threads.crypto,
                admission: Admission(chain: chain.id, parameters: chain.genesis.parameters),
                accounts: accounts
            ),
            refusals: RefusalMemory(),
            fault: fault
        )
        let replica = try recoverReplica(own, chain, store, mayVote: mayVote)
        let engine = Engine(
            loop: threads.engine.next(),
            replica: replica,
            chain: chain,
            key: key,
            parts: parts,
            pool: Mempool(shares: chain.validators.count, limits: limits),
            logger: logger
        )
        linked.value = engine
        receiver.value = FrameReceiver(
            engine: engine,
            chain: chain,
            messageLimits: replica.configuration.limits,
            reading: threads.reading,
            logger: logger
        )
        return Node(
            chain: chain,
            engine: engine,
            parts: parts,
            network: network,
            receiver: receiver,
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
        _ chain: Chain,
        version: String
    ) throws -> PeerNetworkConfiguration {
        let material = try TLSMaterial.load(
            certificatePath: configuration.certificatePath,
            keyPath: configuration.certificateKeyPath
        )
        let index = configuration.validatorIndex
        guard chain.validators.validators[index].tlsPins.contains(material.pin) else {
            throw ConfigurationError(
                "\(configuration.certificatePath): its key is not pinned to validator \(index) in the genesis"
            )
        }
        let peers = try chain.validators.validators.enumerated().map { peer, validator in
            let known = configuration.peerAddresses.indices.contains(peer) ? configuration.peerAddresses[peer] : nil
            guard let address = known ?? NetworkAddress(validator.address) else {
                throw ConfigurationError(
                    "the genesis gives validator \(peer) the address '\(validator.address)', not host:port"
                )
            }
            return PeerEndpoint(index: peer, host: address.host, port: address.port, pins: validator.tlsPins)
        }
        return PeerNetworkConfiguration(
            index: index,
            chain: chain.id,
            material: material,
            peers: peers,
            listenHost: configuration.peerListen.host,
            listenPort: configuration.peerListen.port,
            softwareVersion: version
        )
    }

    /// The replica as its log left it: executed blocks, the highest certificate, and every promise in the journal.
    private static func recoverReplica(
        _ own: ReplicaID,
        _ chain: Chain,
        _ store: ChainStore,
        mayVote: Bool
    ) throws -> Replica {
        let parameters = chain.genesis.parameters
        var settings = Consensus.Configuration(
            id: own,
            replicas: chain.validators.count,
            chain: chain.id,
            hashing: { SHA256Function.digest(of: $0) }
        )
        settings.mayVote = mayVote
        settings.window = Int(clamping: parameters.window)
        settings.turn = parameters.turn
        settings.exclusion = parameters.exclusion
        settings.batchLimit = Int(clamping: parameters.batchCount)
        settings.drift = parameters.clockDriftMilliseconds
        settings.heartbeat = parameters.heartbeatMilliseconds
        settings.viewTimeout = parameters.viewTimeoutMilliseconds
        settings.viewTimeoutCap = parameters.viewTimeoutCapMilliseconds
        settings.repetition = max(50, min(parameters.heartbeatMilliseconds, parameters.viewTimeoutMilliseconds / 4))
        settings.jitterSeed = UInt64.random(in: .min ... .max)
        var recovery = Recovery()
        let certified = store.lastCertified
        // After a power failure the certificate can be above the last block.
        let first = max(1, min(certified, store.lastExecuted).reduced(by: UInt64(settings.summaries)).number)
        for number in first..<(store.lastExecuted.number + 1) {
            guard let header = try store.header(at: Height(number)) else {
                throw ConfigurationError("the store lacks the header of block \(number)")
            }
            recovery.blocks.append(header.summary)
        }
        // Certificates may skip heights; the highest one that is not above what was executed counts.
        var height = min(certified, store.lastExecuted)
        while height.number > 0, recovery.certificate == nil {
            recovery.certificate = try store.certificate(at: height)?.forConsensus(height: height)
            height = height.reduced(by: 1)
        }
        recovery.records = try store.journalRecords(limits: settings.limits)
        return Replica(settings, recovery: recovery)
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
