import AsyncHTTPClient
import ContractKit
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NodeAPI
import Primitives
import ServiceLifecycle

/// A served API with a client at it. Every test has its own, on a port that the system chooses.
struct LiveAPI: Sendable {
    let port: Int
    let client: HTTPClient

    static func run<Value: Sendable>(
        _ backend: MockBackend,
        configure: (inout APIConfiguration) -> Void = { _ in },
        _ test: @Sendable @escaping (LiveAPI) async throws -> Value
    ) async throws -> Value {
        var configuration = APIConfiguration(port: 0)
        configure(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = try APIService(
            configuration: configuration,
            backend: backend,
            contracts: [Library.description],
            schemaDigest: Digest(repeating: 0xD1),
            logger: logger,
            whenListening: { listening.yield($0) }
        )
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [service], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw CancellationError() }
            var settings = HTTPClient.Configuration()
            settings.decompression = .disabled
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
            do {
                let value = try await test(LiveAPI(port: port, client: client))
                try await client.shutdown()
                await group.triggerGracefulShutdown()
                return value
            } catch {
                try? await client.shutdown()
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }

    struct Answer: Sendable {
        let status: Int
        let type: String
        let retryAfter: String?
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue { get throws { try JSONValue(parsing: body) } }
        /// A member at a path of names, for instance `["transaction", "status"]`.
        func member(_ path: String...) throws -> JSONValue? {
            var value = try json
            for name in path {
                guard case .object(let members) = value, let member = members[name] else { return nil }
                value = member
            }
            return value
        }
    }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send(request(path, headers: headers))
    }

    func post(
        _ path: String,
        _ type: String,
        _ body: [UInt8],
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = request(path, headers: headers + [("Content-Type", type)])
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: body))
        return try await send(request)
    }

    func request(_ path: String, headers: [(String, String)] = []) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return request
    }

    func send(_ request: HTTPClientRequest) async throws -> Answer {
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 16 << 20)
        return Answer(
            status: Int(response.status.code),
            type: response.headers.first(name: "Content-Type") ?? "",
            retryAfter: response.headers.first(name: "Retry-After"),
            body: Array(body.readableBytesView)
        )
    }

    /// Sends the bytes, and then one more every tenth of a second until the server closes.
    func trickle(_ bytes: [UInt8]) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        let drops = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) { _ in
            channel.writeAndFlush(ByteBuffer(string: "a"), promise: nil)
        }
        try await channel.closeFuture.get()
        drops.cancel()
    }

    /// Bytes straight onto the port, and whatever comes back until the server closes.
    func raw(_ bytes: [UInt8]) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            // The server may close before it has read everything, which is an answer too.
            try? await outbound.write(ByteBuffer(bytes: bytes))
            outbound.finish()
            var received: [UInt8] = []
            do {
                for try await part in inbound { received += Array(part.readableBytesView) }
            } catch {
                return received
            }
            return received
        }
    }
}
