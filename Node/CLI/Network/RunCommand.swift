internal import AkashiClient
internal import ArgumentParser
internal import CMalloc
internal import Contracts
internal import Glibc
internal import Logging
internal import NIOCore
internal import NodeAPI
internal import NodeRuntime
internal import PeerNetwork
internal import ServiceLifecycle
internal import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a validator until SIGTERM; SIGHUP reads the log level again.",
        discussion: "Example: akashi run --home testnet/run/validator-0"
    )

    @Option(help: ArgumentHelp("The validator's home.", valueName: "directory"))
    var home: String

    @Option(help: ArgumentHelp("Overrides api.listen.", valueName: "host:port"))
    var api: String?

    @Option(help: ArgumentHelp("Overrides peers.listen.", valueName: "host:port"))
    var peers: String?

    @Option(name: .customLong("log-level"), help: ArgumentHelp("Overrides log.level.", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        do {
            try await serve()
        } catch let error as ConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        } catch let error as APIConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        } catch let error as NodeFault {
            throw ClientError("FAULT", "the node stopped: \(error.description)")
        } catch let error as NetworkError {
            throw ClientError("CONFIGURATION", "\(error)")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ClientError("CONFIGURATION", "the address of the API or of the peers is in use by another process")
        }
    }

    private var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["api.listen"] = api
        flags["peers.listen"] = peers
        flags["log.level"] = logLevel
        return flags
    }

    private func serve() async throws {
        // Buffers of whole batches come and go, and each that is freed would make glibc sort out its fast bins.
        mallopt(M_MXFAST, 0)
        let configuration = try await NodeConfiguration.load(home: home, flags: flags)
        let level = LogLevel(Logger.Level(rawValue: configuration.logLevel) ?? .info)
        let format: NodeLog.Format
        switch configuration.logFormat {
        case "text": format = .text
        case "json": format = .json
        default: format = isatty(STDERR_FILENO) == 1 ? .text : .json
        }
        LoggingSystem.bootstrap { NodeLog(label: $0, format: format, shared: level) }
        let logger = Logger(label: "akashi")
        var ending: Ending? = .start
        while let before = ending { ending = try await serve(after: before, configuration, level, logger) }
    }

    /// On what a node follows.
    private enum Ending {
        case start
        case epoch(EpochEnded)
    }

    /// Opens a node and serves until it ends; nil where it ended for good. Nothing of it is left then.
    private func serve(
        after ending: Ending,
        _ configuration: NodeConfiguration,
        _ level: LogLevel,
        _ logger: Logger
    ) async throws -> Ending? {
        do {
            let version = AkashiCommand.version
            let node =
                switch ending {
                case .start: try Node.open(configuration, version: version, logger: logger)
                case .epoch(let ended): try Node.open(configuration, after: ended, version: version, logger: logger)
                }
            try await serve(node, configuration, level, logger)
            return nil
        } catch let ended as EpochEnded {
            return .epoch(ended)
        } catch let taken as SnapshotTaken {
            try await taken.isClosed()
            return .start
        }
    }

    /// Serves for one epoch, or until a signal.
    private func serve(
        _ node: Node,
        _ configuration: NodeConfiguration,
        _ level: LogLevel,
        _ logger: Logger
    ) async throws {
        let service = try APIService(
            configuration: APIConfiguration(host: configuration.apiListen.host, port: configuration.apiListen.port),
            backend: node,
            contracts: ContractRegistry.descriptions,
            logger: logger
        ) { port in logger.info("serving HTTP", metadata: ["port": "\(port)"]) }
        let group = ServiceGroup(
            // Stopped in reverse: the edge takes nothing new before the node stops.
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: node), .init(service: service),
                    .init(service: LevelReader(home: home, flags: flags, level: level, logger: logger)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }
}

/// Reads the log level again whenever SIGHUP arrives.
private struct LevelReader: Service {
    let home: String
    let flags: [String: String]
    let level: LogLevel
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            do {
                let configuration = try await NodeConfiguration.load(home: home, flags: flags)
                level.current = Logger.Level(rawValue: configuration.logLevel) ?? level.current
                logger.notice("log level read again", metadata: ["level": "\(level.current)"])
            } catch {
                logger.error("the configuration cannot be read again", metadata: ["error": "\(error)"])
            }
        }
    }
}
