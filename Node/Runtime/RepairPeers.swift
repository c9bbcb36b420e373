internal import Ledger
internal import Logging
internal import PeerNetwork
internal import Primitives

/// From whom a repair takes what it needs: the damaged database itself first, then the other nodes, as a follower calls them.
final class RepairPeers: Sendable {
    private let network: PeerNetwork
    private let own: ChainStore?
    private let others: SnapshotJoin.Sources
    private let limits: PeerLimits
    private let logger: Logger

    init(
        _ configuration: NodeConfiguration,
        _ old: DamagedDatabase,
        _ chain: Chain,
        version: String,
        logger: Logger
    ) throws {
        let material = try CertificateFiles(configuration).present()
        let epoch = try? old.store.map { try $0.epoch(above: $0.lastExecuted) }
        network = try PeerNetwork(
            configuration: PeerNetworkConfiguration(
                index: nil,
                chain: chain.id,
                material: material,
                peers: [],
                listenHost: configuration.peerListen.host,
                listenPort: configuration.peerListen.port,
                softwareVersion: version
            ),
            events: PeerNetworkEvents(received: { _ in }, linkChanged: { _ in }),
            logger: logger
        )
        let present = epoch?.validators ?? chain.validators
        others = FollowSources(configuration, chain.validators, present, material).forSnapshots(network)
        own = old.store
        limits = PeerLimits(chain.genesis.parameters)
        self.logger = logger
    }

    func close() async { await network.shutdown() }

    var sources: SnapshotJoin.Sources {
        guard let own else { return others }
        return SnapshotJoin.Sources(names: ["what is there"] + others.names) { [others] index in
            index == 0 ? OwnSource(own) : try await others.connect(index - 1)
        }
    }

    /// Shows the blocks that each has from a height on to a body, until it takes some.
    func offer(blocksFrom height: Height, _ take: ([SyncBlock]) throws -> Bool) async throws -> Bool {
        if let own {
            let server = SyncServer(store: own, limits: limits, byteCount: SyncServer.followerByteCount)
            let blocks = server.blocks(from: height)
            if !blocks.isEmpty, try take(blocks) { return true }
        }
        for source in others.names.indices {
            if let blocks = await blocks(from: height, of: source), try take(blocks) { return true }
        }
        return false
    }

    private func blocks(from height: Height, of source: Int) async -> [SyncBlock]? {
        do {
            let call = try await others.connect(source)
            defer { call.close() }
            let answer = try await call.ask(SyncMessage.request(from: height).encoded)
            guard case .answer(height, let blocks) = try SyncMessage(decoding: answer, limits: limits), !blocks.isEmpty
            else { return nil }
            return blocks
        } catch {
            logger.info("gives no blocks", metadata: ["source": "\(others.names[source])", "why": "\(error)"])
            return nil
        }
    }
}

/// The damaged database as a source like others. What it cannot read, it fails to give, and somebody else is asked for that.
private struct OwnSource: SnapshotSource {
    private let server: SnapshotServer
    private let limits: PeerLimits

    init(_ store: ChainStore) {
        server = SnapshotServer(store)
        limits = PeerLimits(store.chain.genesis.parameters)
    }

    func ask(_ bytes: [UInt8]) async throws -> [UInt8] {
        guard let answer = server.answer(bytes) else { throw UnreadableError() }
        switch try SnapshotMessage(decoding: answer, limits: limits) {
        case .part(_, _, nil): throw UnreadableError()
        case .blocks(_, _, let blocks) where blocks.isEmpty: throw UnreadableError()
        default: return answer
        }
    }

    func close() {}
}

private struct UnreadableError: Error, CustomStringConvertible {
    var description: String { "it cannot be read" }
}
