/// Where the HTTP edge listens, and how much of anything it takes.
package struct APIConfiguration: Equatable, Sendable {
    package var host: String
    package var port: Int

    /// The longest body of a request.
    package var bodyByteCount: Int = 4 << 20
    /// The most transactions in one CBOR sequence.
    package var sequenceCount: Int = 5000
    /// The longest single transaction; the chain's own parameter may be lower.
    package var transactionByteCount: Int = 1 << 20
    /// The longest JSON or CBOR body of a query.
    package var queryByteCount: Int = 256 << 10

    package var connectionCount: Int = 1024
    /// How many requests may wait for finality at once; each holds a little memory for as long as it waits.
    package var waitingCount: Int = 4096
    package var feedCount: Int = 256

    /// A client is an address. One that has used up its burst is answered 429 until its rate has filled it again.
    package var requestsPerSecond: Int = 5000
    package var requestBurst: Int = 10_000

    /// A connection without a request for so long is closed; also the time that a request's header may take.
    package var idleSeconds: Int = 30
    /// The time that the body of a request may take.
    package var bodySeconds: Int = 30
    /// A reader who takes nothing for so long is cut off.
    package var stallSeconds: Int = 15
    /// How long `?wait=final` waits when the request does not say, and at most.
    package var waitSeconds: Int = 10
    package var waitLimitSeconds: Int = 60
    /// How often a silent feed shows that it is alive.
    package var heartbeatSeconds: Int = 10

    package init(host: String = "127.0.0.1", port: Int) {
        self.host = host
        self.port = port
    }

    /// Refuses what would serve the network without knowing whom.
    ///
    /// The edge has no TLS and no client certificates or tokens of its own yet, so it serves loopback only.
    package func check() throws(APIConfigurationError) {
        guard APIConfiguration.isLoopback(host) else {
            throw APIConfigurationError(
                "the API cannot listen on \(host): beyond loopback it needs TLS and a client certificate or token,"
                    + " which this version does not have; listen on 127.0.0.1 and put a TLS proxy in front of it"
            )
        }
        guard (0...65535).contains(port) else {
            throw APIConfigurationError("\(port) is not a port")
        }
    }

    /// Addresses only; a name other than `localhost` may resolve to anything.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// A setting of the API that cannot be used.
package struct APIConfigurationError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
