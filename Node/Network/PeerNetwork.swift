package import Logging
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// The links between validators: mutual TLS 1.3 with pinned certificates, frames in lanes, bounded queues both ways.
///
/// One event loop carries all connections. Sending is possible from any thread and never blocks; what does not fit is
/// dropped, oldest first, and counted. `shutdown` must be called before the last reference goes.
package final class PeerNetwork: Sendable {
    let configuration: PeerNetworkConfiguration
    /// The event loop's thread, where it is the network's own.
    private let group: MultiThreadedEventLoopGroup?
    let eventLoop: any EventLoop
    private let counters: NetworkCounters
    /// By index of validator, for sending without the event loop; in the order of the indexes for everything else.
    private let linksByIndex: [PeerLink?]
    private let links: [PeerLink]
    let hub: NIOLoopBoundBox<PeerHub>
    private let port = Mutex<Int?>(nil)
    private let hasStopped = Mutex(false)

    /// - Parameter shared: the event loop to live on; nil for one of its own.
    /// - Throws: an error of TLS if the certificate cannot be used.
    package init(
        configuration: PeerNetworkConfiguration,
        events: PeerNetworkEvents,
        on shared: (any EventLoop)? = nil,
        logger: Logger
    ) throws {
        let group: MultiThreadedEventLoopGroup?
        let eventLoop: any EventLoop
        if let shared {
            (group, eventLoop) = (nil, shared)
        } else {
            let own = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            (group, eventLoop) = (own, own.next())
            eventLoop.nameThread("peers")
        }
        let ordered = configuration.peers.sorted { $0.index < $1.index }
        let links = ordered.map { PeerLink(index: $0.index, limits: configuration.limits, eventLoop: eventLoop) }
        var byIndex = [PeerLink?](repeating: nil, count: (ordered.last?.index ?? -1) + 1)
        for link in links { byIndex[link.index] = link }
        let counters = NetworkCounters()
        counters.update { $0.certificateNotAfter = configuration.material.notAfter }
        let hub: PeerHub
        do {
            hub = try PeerHub(
                configuration: configuration,
                links: links,
                events: events,
                counters: counters,
                logger: logger,
                eventLoop: eventLoop
            )
        } catch {
            group?.shutdownGracefully { _ in }
            throw error
        }
        self.configuration = configuration
        self.group = group
        self.eventLoop = eventLoop
        self.counters = counters
        self.links = links
        linksByIndex = byIndex
        self.hub = .makeBoxSendingValue(hub, eventLoop: eventLoop)
        PeerNetwork.warnOfExpiry(configuration.material, logger: logger)
    }

    // MARK: Life

    /// Listens, and begins to dial the peers with lower indexes.
    ///
    /// - Throws: `NetworkError` if the address cannot be listened on; `shutdown` is still due then.
    package func start() async throws {
        let hub = self.hub
        let listener: any Channel
        do {
            listener = try await PeerHub.listen(
                hub,
                eventLoop: eventLoop,
                host: configuration.listenHost,
                port: configuration.listenPort,
                limits: configuration.limits
            ).get()
        } catch {
            throw NetworkError("\(configuration.listenHost):\(configuration.listenPort): cannot listen: \(error)")
        }
        port.withLock { $0 = listener.localAddress?.port }
        try await eventLoop.submit {
            hub.value.listener = listener
            for endpoint in hub.value.dialled { PeerHub.dial(hub, peer: endpoint.index) }
        }.get()
    }

    /// The port that is listened on, once started.
    package var listeningPort: Int? { port.withLock { $0 } }

    /// Ends all links, sending what is queued as far as the peers take it at once, and ends the event loop. A second call
    /// does nothing.
    package func shutdown() async {
        let isFirst = hasStopped.withLock { hasStopped in
            defer { hasStopped = true }
            return !hasStopped
        }
        guard isFirst else { return }
        let hub = self.hub
        try? await eventLoop.flatSubmit { hub.value.stop() }.get()
        try? await group?.shutdownGracefully()
    }

    // MARK: Frames

    /// Queues a frame for one peer. Any thread; never blocks.
    ///
    /// - Returns: false if it was not queued: no such peer, no link, or longer than its lane takes.
    @discardableResult
    package func send(_ lane: Lane, _ bytes: [UInt8], to index: Int) -> Bool {
        guard linksByIndex.indices.contains(index), let link = linksByIndex[index],
            bytes.count <= configuration.limits.lanes[lane].frameByteCount
        else { return false }
        return enqueue([link], lane, bytes) > 0
    }

    /// Queues a frame for every connected peer; it is encoded once. Any thread; never blocks.
    ///
    /// - Returns: for how many peers it was queued.
    @discardableResult
    package func broadcast(_ lane: Lane, _ bytes: [UInt8]) -> Int {
        guard bytes.count <= configuration.limits.lanes[lane].frameByteCount else { return 0 }
        return enqueue(links, lane, bytes)
    }

    private func enqueue(_ links: [PeerLink], _ lane: Lane, _ bytes: [UInt8]) -> Int {
        let frame = FrameEncoder.encode(channel: lane.rawValue, payload: bytes)
        var queued = 0
        var waking: [NIOLoopBound<PeerConnection>] = []
        for link in links {
            switch link.enqueue(frame, lane: lane) {
            case .unlinked: break
            case .queued: queued += 1
            case .wake(let connection):
                queued += 1
                waking.append(connection)
            }
        }
        if !waking.isEmpty {
            // One turn of the event loop for all of them, and for whatever else is queued until it comes.
            let connections = waking
            eventLoop.execute { for connection in connections { connection.value.drain() } }
        }
        return queued
    }

    // MARK: Status and change

    package var statistics: NetworkStatistics { counters.statistics(of: links) }

    /// Replaces pins and addresses of the peers, for a change of certificates without a restart.
    ///
    /// The peers are those of the start; a change of the set itself makes a new network.
    package func replace(peers: [PeerEndpoint]) {
        let hub = self.hub
        let own = configuration.index
        eventLoop.execute { hub.value.replace(peers: peers.filter { $0.index != own }) }
    }

    /// Replaces the own certificate, for new connections.
    package func replace(material: TLSMaterial) throws {
        let hub = self.hub
        let security = try TransportSecurity(material)
        counters.update { $0.certificateNotAfter = material.notAfter }
        eventLoop.execute { hub.value.replace(security: security) }
    }

    /// Expiry stopped whole networks elsewhere (failures 35): said at every start for the last ninety days, shown in status
    /// always.
    private static func warnOfExpiry(_ material: TLSMaterial, logger: Logger) {
        let days = (material.notAfter - CertificateCheck.now()) / 86_400
        if material.notAfter < CertificateCheck.now() {
            logger.critical("the certificate has expired: no peer accepts it")
        } else if days < 90 {
            logger.warning("the certificate expires soon", metadata: ["days": "\(days)"])
        }
    }
}
