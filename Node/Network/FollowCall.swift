internal import NIOCore
internal import NIOPosix
package import Primitives

/// A call to a node from which this one follows: questions and answers, one after the other.
package final class FollowCall: Sendable {
    private let connection: NIOLoopBoundBox<FollowConnection?>
    private let eventLoop: any EventLoop

    init(_ connection: NIOLoopBoundBox<FollowConnection?>, _ eventLoop: any EventLoop) {
        self.connection = connection
        self.eventLoop = eventLoop
    }

    /// Asks and waits for the answer; ends the call where none comes in time, or the task is cancelled.
    package func ask(_ bytes: [UInt8]) async throws -> [UInt8] {
        let promise = eventLoop.makePromise(of: [UInt8].self)
        let connection = self.connection
        eventLoop.execute {
            guard let asked = connection.value else { return promise.fail(RefusedConnection(.refusedByPeer)) }
            asked.ask(bytes, promise)
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            close()
        }
    }

    package func close() {
        let connection = self.connection
        eventLoop.execute { connection.value?.abort(.refusedByPeer) }
    }
}

extension PeerNetwork {
    /// Calls a node in order to follow it, whoever it is.
    ///
    /// - Parameter material: the own certificate, by which the node decides whether this one may follow.
    /// - Throws: why it cannot be; a `RefusedConnection` where the other side is no such node.
    package func follow(host: String, port: Int, material: TLSMaterial) async throws -> FollowCall {
        let eventLoop = self.eventLoop
        let limits = configuration.limits
        let (chain, version) = (configuration.chain, configuration.softwareVersion)
        let security = try TransportSecurity(material)
        let greeted = eventLoop.makePromise(of: Void.self)
        let connection = NIOLoopBoundBox<FollowConnection?>.makeEmptyBox(eventLoop: eventLoop)
        let call = FollowCall(connection, eventLoop)
        do {
            _ = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.milliseconds(limits.connectMilliseconds))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let made = FollowConnection(
                            limits: limits,
                            chain: chain,
                            softwareVersion: version,
                            greeted: greeted
                        )
                        connection.value = made
                        try security.install(made, own: material.pin, in: channel)
                    }
                }
                .connect(host: host, port: port)
                .get()
        } catch {
            // Where there was no connection, nobody else keeps the promise.
            greeted.fail(error)
        }
        try await withTaskCancellationHandler {
            try await greeted.futureResult.get()
        } onCancel: {
            call.close()
        }
        return call
    }

    /// From now on these machines may follow.
    package func replace(followers: [Digest: Identifier]) {
        let hub = self.hub
        eventLoop.execute { hub.value.replace(followers: followers) }
    }
}
