internal import Configuration
internal import FoundationEssentials

/// What a validator's home says about how it runs, after environment and flags had their word.
///
/// One YAML file, `akashi.yaml`, in the home; `AKASHI_SECTION_KEY` in the environment overrides it, and flags override both.
/// Paths are relative to the home.
package struct NodeConfiguration: Sendable {
    package var home: String
    /// The place in the genesis, for a check; nil for who is not in it.
    package var validatorIndex: Int?
    package var consensusKeyPath: String
    package var certificatePath: String
    package var certificateKeyPath: String
    package var genesisPath: String
    package var dataPath: String
    /// Blocks that are kept whole, counted back from the last certified one; 0: all of them.
    package var retentionBlocks: UInt64
    package var peerListen: NetworkAddress
    /// Addresses of the genesis' validators, by index, where they differ from the genesis; empty for "as in the genesis".
    package var peerAddresses: [NetworkAddress]
    /// Where else to ask for blocks while this node only follows.
    package var followAddresses: [NetworkAddress]
    /// How many blocks behind a node takes a snapshot instead of the blocks; nil for what fits the chain's parameters.
    package var snapshotLag: UInt64?
    package var apiListen: NetworkAddress
    package var logLevel: String
    package var logFormat: String
    package var mempoolBytes: Int
    package var mempoolTransactions: Int
    /// What the node adds to its wall clock before it dates and judges proposals: how tests give it a wrong clock.
    package var clockOffsetMilliseconds: Int64

    /// The name of the file in a home.
    package static let fileName = "akashi.yaml"
}

/// A host and a TCP port.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`; an IPv6 host stands in brackets.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }

    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// A configuration that cannot be used; the message names the file, the line where there is one, and what would be right.
package struct ConfigurationError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension NodeConfiguration {
    /// Every key that the file may hold, with what it is when the file is silent (nil: it must be said).
    static let defaults: [(key: String, value: String?)] = [
        ("validator.index", ""),
        ("validator.key", "keys/consensus.key"),
        ("tls.certificate", "tls/certificate.pem"),
        ("tls.key", "tls/key.pem"),
        ("chain.genesis", "genesis"),
        ("storage.directory", "data"),
        ("storage.retention_blocks", "0"),
        ("peers.listen", nil),
        ("peers.addresses", ""),
        ("peers.follow", ""),
        ("snapshot.lag_blocks", ""),
        ("api.listen", "127.0.0.1:7100"),
        ("log.level", "info"),
        ("log.format", "auto"),
        ("mempool.bytes", "67108864"),
        ("mempool.transactions", "50000"),
        ("clock.offset_milliseconds", "0"),
    ]

    /// Reads the home's file, the environment and the flags.
    ///
    /// - Parameter flags: values given on the command line, by key (`"api.listen"`).
    /// - Throws: `ConfigurationError` for a file that is missing, a key that does not exist, or a value that cannot be meant.
    package static func load(
        home: String,
        flags: [String: String] = [:],
        environment variables: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> NodeConfiguration {
        let path = join(home, fileName)
        var lines = try ConfigurationLines(path: path)
        let known = defaults.map(\.key)
        try lines.check(known: known)
        try lines.check(environment: Array(variables.keys), known: known)
        for key in known {
            let variable = ConfigurationLines.variable(of: key)
            if variables[variable] != nil { lines.origins[key] = "$\(variable)" }
            if flags[key] != nil { lines.origins[key] = "command line" }
        }
        let file: FileProvider<YAMLSnapshot>
        do {
            let location = ConfigReader(
                provider: InMemoryProvider(values: ["filePath": ConfigValue(stringLiteral: path)])
            )
            file = try await FileProvider<YAMLSnapshot>(config: location)
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
        let environment = EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "akashi")
        let reader = ConfigReader(providers: [environment, file])
        var values: [String: String] = [:]
        for (key, value) in defaults {
            let read = flags[key] ?? reader.scalar(ConfigKey(key))
            guard let chosen = read ?? value else {
                throw ConfigurationError("\(path): '\(key)' is missing and has no default")
            }
            values[key] = chosen
        }
        return try NodeConfiguration(home: home, values: values, lines: lines)
    }

    private init(home: String, values: [String: String], lines: ConfigurationLines) throws {
        func text(_ key: String) -> String { values[key] ?? "" }
        func number(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
            guard let number = Int(text(key)), range.contains(number) else {
                throw lines.error(key, "'\(text(key))' is not a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        func address(_ key: String) throws -> NetworkAddress {
            guard let address = NetworkAddress(text(key)) else {
                throw lines.error(key, "'\(text(key))' is not host:port")
            }
            return address
        }
        func choice(_ key: String, _ choices: [String]) throws -> String {
            guard choices.contains(text(key)) else {
                throw lines.error(key, "'\(text(key))' is none of \(choices.joined(separator: ", "))")
            }
            return text(key)
        }
        self.home = home
        validatorIndex = text("validator.index").isEmpty ? nil : try number("validator.index", 0...30)
        consensusKeyPath = Self.join(home, text("validator.key"))
        certificatePath = Self.join(home, text("tls.certificate"))
        certificateKeyPath = Self.join(home, text("tls.key"))
        genesisPath = Self.join(home, text("chain.genesis"))
        dataPath = Self.join(home, text("storage.directory"))
        retentionBlocks = UInt64(try number("storage.retention_blocks", 0...1_000_000_000_000))
        peerListen = try address("peers.listen")
        func addresses(_ key: String) throws -> [NetworkAddress] {
            try text(key).split(separator: ",").map { part in
                let trimmed = part.drop { $0 == " " }
                guard let address = NetworkAddress(String(trimmed)) else {
                    throw lines.error(key, "'\(trimmed)' is not host:port")
                }
                return address
            }
        }
        peerAddresses = try addresses("peers.addresses")
        followAddresses = try addresses("peers.follow")
        snapshotLag =
            text("snapshot.lag_blocks").isEmpty ? nil : UInt64(try number("snapshot.lag_blocks", 1...1_000_000_000))
        apiListen = try address("api.listen")
        guard apiListen.isLoopback else {
            throw lines.error(
                "api.listen",
                "the API serves loopback only in this version; put a TLS proxy in front of it"
            )
        }
        logLevel = try choice("log.level", ["trace", "debug", "info", "notice", "warning", "error", "critical"])
        logFormat = try choice("log.format", ["auto", "text", "json"])
        mempoolBytes = try number("mempool.bytes", 1 << 20...1 << 32)
        mempoolTransactions = try number("mempool.transactions", 100...5_000_000)
        clockOffsetMilliseconds = Int64(try number("clock.offset_milliseconds", -86_400_000...86_400_000))
    }

    static func join(_ home: String, _ path: String) -> String { path.hasPrefix("/") ? path : "\(home)/\(path)" }
}

extension ConfigReader {
    /// A value as text, whatever scalar YAML took it for.
    fileprivate func scalar(_ key: ConfigKey) -> String? {
        if let text = string(forKey: key) { return text }
        if let number = int(forKey: key) { return String(number) }
        return bool(forKey: key).map { $0 ? "true" : "false" }
    }
}
