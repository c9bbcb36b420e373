internal import Logging
internal import NIOCore
internal import NIOPosix

extension PeerHub {
    /// Opens the listening socket; the returned future is its channel.
    static func listen(
        _ hub: NIOLoopBoundBox<PeerHub>,
        eventLoop: any EventLoop,
        host: String,
        port: Int,
        limits: NetworkLimits
    ) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: waterMark(limits))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try hub.value.install(in: channel, expected: nil) }
            }
            .bind(host: host, port: port)
    }

    /// Connects to a peer and, whenever that ends, again after a pause, until the hub stops.
    static func dial(_ hub: NIOLoopBoundBox<PeerHub>, peer index: Int) {
        guard !hub.value.isStopped, let endpoint = hub.value.endpoints.first(where: { $0.index == index }) else {
            return
        }
        let limits = hub.value.limits
        hub.value.counters.update { $0.dialled &+= 1 }
        ClientBootstrap(group: hub.value.eventLoop)
            .connectTimeout(.milliseconds(limits.connectMilliseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: waterMark(limits))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try hub.value.install(in: channel, expected: index) }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .flatMap(\.closeFuture)
            .hop(to: hub.value.eventLoop)
            .whenComplete { result in
                if case .failure = result { hub.value.counters.update { $0.dialsFailed &+= 1 } }
                guard !hub.value.isStopped else { return }
                let pause = hub.value.pause(before: index)
                hub.value.eventLoop.scheduleTask(in: .milliseconds(pause)) { dial(hub, peer: index) }
            }
    }

    /// Milliseconds to wait before calling a peer again.
    private func pause(before index: Int) -> Int64 {
        var generator = SystemRandomNumberGenerator()
        return backoffs[index, default: Backoff(range: limits.backoffMilliseconds)].next(using: &generator)
    }

    private func install(in channel: any Channel, expected: Int?) throws {
        let connection = PeerConnection(hub: self, expected: expected)
        try security.install(connection, in: channel)
        began(connection)
    }

    /// Above the mark, frames stay in their lanes' queues, where newer ones may replace them.
    private static func waterMark(_ limits: NetworkLimits) -> ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: limits.unsentByteCount / 4, high: limits.unsentByteCount)
    }
}
