import Logging
import PeerNetwork
import Primitives

/// Keys and certificates of a few validators of one chain, from which networks on loopback are made.
struct Validators {
    static let chain = Digest(words: (0xa1, 2, 3, 4))
    static let host = "127.0.0.1"

    var materials: [TLSMaterial]

    init(_ count: Int) throws {
        materials = try (0..<count).map { try TLSMaterial.generate(validator: $0) }
    }

    /// Everybody's endpoint; a port of zero for those that the reader will not dial.
    func endpoints(ports: [Int: Int]) -> [PeerEndpoint] {
        materials.indices.map {
            PeerEndpoint(index: $0, host: Self.host, port: ports[$0] ?? 0, pins: [materials[$0].pin])
        }
    }

    func configuration(_ index: Int, ports: [Int: Int] = [:], listenPort: Int = 0) -> PeerNetworkConfiguration {
        PeerNetworkConfiguration(
            index: index,
            chain: Self.chain,
            material: materials[index],
            peers: endpoints(ports: ports),
            listenHost: Self.host,
            listenPort: listenPort,
            softwareVersion: "akashi test"
        )
    }
}

/// A network and what it said.
struct Node: Sendable {
    let network: PeerNetwork
    let observer: Observer

    /// Starts a network for the time of `body`.
    static func run<Result>(
        _ configuration: PeerNetworkConfiguration,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Node) async throws -> Result
    ) async throws -> Result {
        let node = try await start(configuration)
        do {
            let result = try await body(node)
            await node.network.shutdown()
            return result
        } catch {
            await node.network.shutdown()
            throw error
        }
    }

    /// - Parameter asked: what becomes of followers' questions.
    static func start(
        _ configuration: PeerNetworkConfiguration,
        asked: @escaping @Sendable (FollowerRequest) -> Void = { $0.answer(nil) }
    ) async throws -> Node {
        let observer = Observer(asked)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let network = try PeerNetwork(configuration: configuration, events: observer.events, logger: logger)
        do {
            try await network.start()
        } catch {
            await network.shutdown()
            throw error
        }
        return Node(network: network, observer: observer)
    }

    /// Starts a network on a port that is still its own after a restart: below those that the system hands out, which a
    /// connection of another test would take meanwhile.
    static func startOnFixedPort(_ configuration: PeerNetworkConfiguration) async throws -> Node {
        var configuration = configuration
        for _ in 0..<20 {
            configuration.listenPort = Int.random(in: 12_000..<32_000)
            if let node = try? await start(configuration) { return node }
        }
        return try await start(configuration)
    }

    /// Starts a network on a port that was in use a moment ago. A process that another test begins just then holds a copy of
    /// the former socket until it has closed what it inherited, so the port may not be free at once.
    static func startAgain(_ configuration: PeerNetworkConfiguration) async throws -> Node {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try await start(configuration)
            } catch  where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    var port: Int { network.listeningPort ?? 0 }

    /// Starts all validators, the lowest first so that the others know whom to dial, and waits until all are linked.
    static func runAll<Result>(
        _ validators: Validators,
        limits: NetworkLimits = .standard,
        isolation: isolated (any Actor)? = #isolation,
        _ body: ([Node]) async throws -> Result
    ) async throws -> Result {
        var nodes: [Node] = []
        do {
            var ports: [Int: Int] = [:]
            for index in validators.materials.indices {
                var configuration = validators.configuration(index, ports: ports)
                configuration.limits = limits
                let node = try await start(configuration)
                nodes.append(node)
                ports[index] = node.port
            }
            let others = nodes.count - 1
            for node in nodes { try await node.observer.wait("all linked") { $0.connected.count == others } }
            let result = try await body(nodes)
            for node in nodes { await node.network.shutdown() }
            return result
        } catch {
            for node in nodes { await node.network.shutdown() }
            throw error
        }
    }
}
