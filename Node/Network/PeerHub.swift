internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Primitives

/// Which connection carries which link, who is half open, whom to dial: all that is confined to the event loop.
final class PeerHub {
    let limits: NetworkLimits
    let chain: Digest
    let events: PeerNetworkEvents
    let counters: NetworkCounters
    let logger: Logger
    let eventLoop: any EventLoop
    private let ownIndex: Int?
    private let links: [Int: PeerLink]
    /// Our HELLO, encoded once.
    let hello: ByteBuffer

    private(set) var endpoints: [PeerEndpoint]
    private var check: CertificateCheck
    private(set) var security: TransportSecurity
    let desk: FollowerDesk
    private var carrying: [Int: PeerConnection] = [:]
    /// Accepted connections that have not shown who they are, oldest first.
    private var halfOpen: [PeerConnection] = []
    /// Every connection that has not ended.
    private var connections: [ObjectIdentifier: PeerConnection] = [:]
    var listener: (any Channel)?
    var backoffs: [Int: Backoff] = [:]
    /// When the present links were made.
    private var linkedAt: [Int: NIODeadline] = [:]
    private(set) var isStopped = false

    init(
        configuration: PeerNetworkConfiguration,
        links: [PeerLink],
        events: PeerNetworkEvents,
        counters: NetworkCounters,
        logger: Logger,
        eventLoop: any EventLoop
    ) throws {
        limits = configuration.limits
        chain = configuration.chain
        ownIndex = configuration.index
        endpoints = configuration.peers
        check = CertificateCheck(peers: configuration.peers, followers: configuration.followers)
        desk = FollowerDesk(limits: limits, events: events, counters: counters, eventLoop: eventLoop)
        security = try TransportSecurity(configuration.material)
        self.events = events
        self.counters = counters
        self.logger = logger
        self.eventLoop = eventLoop
        var byIndex: [Int: PeerLink] = [:]
        for link in links { byIndex[link.index] = link }
        self.links = byIndex
        let greeting = Hello(
            chain: configuration.chain,
            index: configuration.index.map { UInt64(clamping: $0) },
            softwareVersion: configuration.softwareVersion
        )
        hello = FrameEncoder.encode(channel: ChannelByte.hello, payload: greeting.encoded)
    }

    // MARK: Identity

    func identify(
        _ certificate: NIOSSLCertificate?,
        expected: Int?
    ) -> Result<CertificateCheck.Identity, RefusedConnection> {
        check.identify(certificate, expected: expected, time: CertificateCheck.now())
    }

    /// From now on these pins and addresses; links whose peer is no longer pinned by any of its pins stay until they end,
    /// since their certificates were right when they began.
    func replace(peers: [PeerEndpoint]) {
        endpoints = peers
        check = CertificateCheck(peers: peers, followers: check.followers)
    }

    /// From now on these machines may follow; those that may not any more are left.
    func replace(followers: [Digest: Identifier]) {
        check.followers = followers
        desk.keep(only: followers)
    }

    /// From now on this certificate, for new connections.
    func replace(security: TransportSecurity) { self.security = security }

    // MARK: Connections

    /// A connection begins; called on the way to its first handler.
    func began(_ connection: PeerConnection) {
        guard !isStopped else { return connection.abort(nil) }
        connections[ObjectIdentifier(connection)] = connection
        guard connection.expected == nil else { return }
        counters.update { $0.accepted &+= 1 }
        halfOpen.append(connection)
        // The oldest goes, not the newest: a validator that is slow to greet takes milliseconds, so whoever fills the places
        // with silent connections does not keep the real ones out.
        if halfOpen.count > limits.halfOpenCount, let oldest = halfOpen.first { oldest.abort(.halfOpenLimit) }
        countHalfOpen()
    }

    /// The peer has shown who it is: this connection carries the link from now on. A link has one connection, and the newest
    /// wins, because only the holder of the pinned key can open one, and it does so when the former is dead for it.
    func link(
        _ connection: PeerConnection,
        _ index: Int,
        identity: CertificateCheck.Identity,
        hello: Hello,
        eventLoop: any EventLoop
    ) -> PeerLink? {
        guard !isStopped, let link = links[index] else { return nil }
        removeHalfOpen(connection)
        if let former = carrying[index] {
            former.close()
            link.noteReplacement()
        }
        carrying[index] = connection
        linkedAt[index] = .now()
        link.connect(
            NIOLoopBound(connection, eventLoop: eventLoop),
            softwareVersion: hello.softwareVersion,
            certificateNotAfter: identity.notAfter
        )
        logger.info("peer connected", metadata: ["peer": "\(index)", "version": "\(hello.softwareVersion)"])
        events.linkChanged(.connected(peer: index))
        return link
    }

    /// The peer has shown that it may follow, and wants no more: it gets a place, or the reason why not.
    func admitFollower(_ connection: PeerConnection, _ identity: CertificateCheck.Identity) -> Refusal? {
        guard !isStopped else { return .followerLimit }
        removeHalfOpen(connection)
        return desk.admit(connection, identity)
    }

    /// A connection has ended, for whatever reason; called once for each.
    func ended(_ connection: PeerConnection, reason: Refusal?) {
        connections[ObjectIdentifier(connection)] = nil
        removeHalfOpen(connection)
        desk.left(connection)
        if let reason {
            // Strangers cause these at will: counted always, written down only for whoever asks for it.
            counters.count(reason)
            events.refused(reason)
            logger.debug("peer refused", metadata: ["reason": "\(reason.rawValue)"])
        }
        guard let (index, _) = carrying.first(where: { $0.value === connection }), let link = links[index] else {
            return
        }
        carrying[index] = nil
        // A link that does not last is no reason to call again at once: two processes with one key replace each other's.
        let longest = TimeAmount.milliseconds(limits.backoffMilliseconds.upperBound)
        if let since = linkedAt[index], .now() - since > longest { backoffs[index]?.reset() }
        link.disconnect()
        logger.info("peer disconnected", metadata: ["peer": "\(index)"])
        events.linkChanged(.disconnected(peer: index))
    }

    private func removeHalfOpen(_ connection: PeerConnection) {
        halfOpen.removeAll { $0 === connection }
        countHalfOpen()
    }

    private func countHalfOpen() {
        let count = halfOpen.count
        counters.update { $0.halfOpen = count }
    }

    // MARK: The end

    /// Stops listening and dialling and ends every connection; those with a link send what is queued first, as far as the
    /// peers take it at once.
    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        var ends = connections.values.compactMap(\.closed)
        if let listener { ends.append(listener.close()) }
        listener = nil
        for connection in connections.values { connection.close() }
        return EventLoopFuture.andAllComplete(ends, on: eventLoop)
    }

    /// The higher index dials the lower: one connection for each pair, and whichever side restarts, the dialling one comes
    /// back by itself.
    var dialled: [PeerEndpoint] { endpoints.filter { endpoint in ownIndex.map { endpoint.index < $0 } ?? false } }
}
