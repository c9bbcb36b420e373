package import ContractKit
internal import Contracts
internal import Hummingbird
internal import HummingbirdCore
internal import LedgerCrypto
package import Logging
internal import NIOCore
package import NodeRuntime
package import Primitives
internal import ServiceLifecycle

/// The node's HTTP edge: one Hummingbird application over one `NodeBackend`.
package struct APIService: Service {
    private let application: Application<RouterResponder<APIContext>>

    /// - Parameters:
    ///   - contracts: the descriptions by which JSON is converted, and which `/v1/contracts` shows.
    ///   - schemaDigest: what clients compare with the digest of their own copy of the descriptions.
    ///   - whenListening: told the port, which the system chooses where the configuration says 0.
    package init(
        configuration: APIConfiguration,
        backend: any NodeBackend,
        contracts: [ContractDescription] = ContractRegistry.descriptions,
        schemaDigest: Digest = ContractRegistry.schemaDigest(SHA256Function.self),
        logger: Logger,
        whenListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(APIConfigurationError) {
        try configuration.check()
        let edge = APIEdge(
            configuration: configuration,
            backend: backend,
            contracts: contracts,
            schemaDigest: schemaDigest
        )
        let stall = TimeAmount.seconds(Int64(configuration.stallSeconds))
        let patience = TimeAmount.seconds(Int64(configuration.bodySeconds))
        let server = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    StalledWriteHandler(patience: stall), RequestDeadlineHandler(patience: patience),
                ],
                idleTimeout: .seconds(Int64(configuration.idleSeconds)),
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: 8 << 10,
                    maxHeaderListSize: 32 << 10,
                    maxHeaderFieldCount: 64
                )
            )
        )
        application = Application(
            router: edge.router(),
            server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "akashi",
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connectionCount, logger: logger)
            ),
            onServerRunning: { channel in
                whenListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger
        )
    }

    package func run() async throws {
        try await application.run()
    }
}

/// What all handlers share.
struct APIEdge: Sendable {
    let configuration: APIConfiguration
    let backend: any NodeBackend
    let contracts: [ContractDescription]
    let schemaDigest: Digest
    let clients: ClientLimits
    /// Requests that wait for finality.
    let waiting: Places
    let feeds: Places
    let figures = RequestFigures()

    init(
        configuration: APIConfiguration,
        backend: any NodeBackend,
        contracts: [ContractDescription],
        schemaDigest: Digest
    ) {
        self.schemaDigest = schemaDigest
        self.configuration = configuration
        self.backend = backend
        self.contracts = contracts
        clients = ClientLimits(
            requestsPerSecond: configuration.requestsPerSecond,
            burst: configuration.requestBurst
        )
        waiting = Places(configuration.waitingCount)
        feeds = Places(configuration.feedCount)
    }

    func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: FiguresMiddleware(figures: figures))
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: LimitMiddleware(clients: clients))
        for route in Endpoint.all {
            router.on(route.routerPath, method: route.method) { request, context in
                try await route.handler(self)(request, context)
            }
        }
        return router
    }

    func contract(_ name: String) -> ContractDescription? { contracts.first { $0.name == name } }
}

/// Holds back a client that asks too often. Health and readiness are always answered: supervisors depend on them.
struct LimitMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let clients: ClientLimits

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        if path != "/healthz", path != "/readyz", let seconds = clients.take(context.client, now: .now) {
            throw Problem(.tooManyRequests, "RATE", "too many requests from this address", retryAfterSeconds: seconds)
        }
        return try await next(request, context)
    }
}

extension Response {
    static func json(_ text: JSONText, status: HTTPResponse.Status = .ok) -> Response {
        bytes(text.bytes, "application/json", status: status)
    }

    static func bytes(_ bytes: [UInt8], _ type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

extension Parameters {
    /// A digest in the path. One value has one spelling, so that caches and logs agree.
    func digest(_ name: String) throws(Problem) -> Digest {
        guard let text = self[name[...]], let digest = Digest(hex: String(text)) else {
            throw Problem.malformed("'\(name)' is 64 lower-case hexadecimal digits")
        }
        return digest
    }

    func height(_ name: String) throws(Problem) -> Height {
        guard let text = self[name[...]], let number = UInt64(text), String(number) == text else {
            throw Problem.malformed("'\(name)' is a block's number")
        }
        return Height(number)
    }
}
