internal import AsyncHTTPClient
internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
package import Primitives
internal import Synchronization

/// Talks to a node's HTTP API; to the next of several nodes when one cannot be reached.
///
/// Trying another node is safe: a transaction's id executes at most once, whoever it is sent to.
package struct NodeClient: Sendable {
    /// `http://host:port` of each node, in the order in which they are tried.
    package let urls: [String]
    private let preference = Preference()
    /// How long a node may take for an answer that it need not wait for. A process that is paused accepts connections
    /// and never answers, so this is also the time until the next node is tried.
    private let answerSeconds: Int64 = 8
    private let greatestAnswer = 64 << 20

    package init(_ urls: [String]) throws(ClientError) {
        guard !urls.isEmpty else { throw ClientError("USAGE", "no node to talk to") }
        for url in urls where !url.hasPrefix("http://") && !url.hasPrefix("https://") {
            throw ClientError("USAGE", "a node's address starts with http:// or https://, unlike \(url)")
        }
        self.urls = urls.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    // MARK: The node

    package func status() async throws(ClientError) -> NodeReport {
        try await decode(NodeReport.self, from: send(.GET, "/v1/status"))
    }

    /// Whether the node follows the chain and takes transactions.
    package func isReady() async throws(ClientError) -> Bool {
        try await exchange(.GET, "/readyz").isSuccess
    }

    package func validators() async throws(ClientError) -> [ValidatorAnswer] {
        try await decode(ValidatorsDocument.self, from: send(.GET, "/v1/validators")).validators
    }

    /// The bytes of the genesis file that the node runs.
    package func genesis() async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/genesis")
    }

    package func metrics() async throws(ClientError) -> String {
        String(decoding: try await send(.GET, "/metrics"), as: UTF8.self)
    }

    /// Refuses a node whose contracts have other schemas than this client knows: a field that means something else
    /// there would be signed unseen.
    package func check(schema own: Digest) async throws(ClientError) {
        let document = try await decode(ContractsDocument.self, from: send(.GET, "/v1/contracts"))
        guard document.digest == own.hex else {
            throw ClientError(
                "SCHEMA",
                "the node's contracts have schema \(document.digest.prefix(16))…, this client knows \(own.hex.prefix(16))…"
            )
        }
    }

    /// A certified block as the JSON document that the node gives; the last one for nil.
    package func block(_ height: UInt64?) async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/blocks/\(height.map(String.init) ?? "latest")")
    }

    // MARK: Transactions

    /// Submits one signed transaction; with `wait`, answers when it is final or the seconds are over.
    package func submit(_ transaction: [UInt8], waitSeconds: Int?) async throws(ClientError) -> TransactionAnswer {
        let reply = try await exchange(
            .POST,
            "/v1/transactions\(waitQuery(waitSeconds))",
            body: transaction,
            type: "application/cose",
            waitSeconds: waitSeconds
        )
        if reply.isSuccess { return try await decode(TransactionAnswer.self, from: reply.body) }
        // A refusal of the transaction itself is an answer; anything else is an error.
        if let answer = reply.problem?.transaction { return answer }
        throw reply.error
    }

    /// Submits many as a CBOR sequence; the answers come in the same order.
    package func submit(
        many transactions: [[UInt8]],
        waitSeconds: Int?
    ) async throws(ClientError) -> [TransactionAnswer] {
        let body = try await send(
            .POST,
            "/v1/transactions\(waitQuery(waitSeconds))",
            body: Array(transactions.joined()),
            type: "application/cbor-seq",
            waitSeconds: waitSeconds
        )
        return try await decode(SubmissionsDocument.self, from: body).results
    }

    /// Where a transaction stands. A node that has never heard of it answers `unknown`.
    package func transaction(_ id: Digest, waitSeconds: Int? = nil) async throws(ClientError) -> TransactionAnswer {
        let reply = try await exchange(
            .GET,
            "/v1/transactions/\(id.hex)\(waitQuery(waitSeconds))",
            waitSeconds: waitSeconds
        )
        if reply.isSuccess { return try await decode(TransactionAnswer.self, from: reply.body) }
        if let answer = reply.problem?.transaction { return answer }
        throw reply.error
    }

    /// The proof file of a final transaction.
    package func proof(of id: Digest) async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/transactions/\(id.hex)/proof")
    }

    /// The proof file of the receipt of a final transaction.
    package func receiptProof(of id: Digest) async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/transactions/\(id.hex)/proof?part=receipt")
    }

    /// The proof file of an event, by its id in feeds: `height-index`.
    package func proof(ofEvent id: String) async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/events/\(id)/proof")
    }

    /// The versions of a row, from a height downwards. Nothing of it is proven.
    package func versions(
        of key: [UInt8],
        through height: UInt64? = nil,
        limit: Int
    ) async throws(ClientError) -> VersionsAnswer {
        let query = "limit=\(limit)" + (height.map { "&through=\($0)" } ?? "")
        return try await decode(
            VersionsAnswer.self,
            from: send(.GET, "/v1/state/\(Hex.encode(key))/versions?\(query)")
        )
    }

    /// The proof file of what the state holds under a key.
    package func proof(ofState key: [UInt8], at height: UInt64? = nil) async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/state/\(Hex.encode(key))/proof\(height.map { "?at=\($0)" } ?? "")")
    }

    /// The COSE receipt of a final transaction, of the node that answers.
    package func coseReceipt(of id: Digest) async throws(ClientError) -> [UInt8] {
        try await send(.GET, "/v1/transactions/\(id.hex)/cose-receipt")
    }

    private func waitQuery(_ seconds: Int?) -> String {
        seconds.map { "?wait=final&timeout=\(min(max($0, 1), 60))" } ?? ""
    }

    // MARK: State

    package func account(_ id: AccountID) async throws(ClientError) -> AccountAnswer {
        try await decode(AccountAnswer.self, from: send(.GET, "/v1/accounts/\(id.digest.hex)"))
    }

    /// Asks a contract; arguments and answer are encoded records.
    package func query(
        _ contract: String,
        _ name: String,
        _ arguments: [UInt8],
        at height: Height? = nil,
        wantsProof: Bool = false
    ) async throws(ClientError) -> QueryResult {
        var encoder = CBOREncoder(capacity: arguments.count + 96)
        encoder.map(3 + (height == nil ? 0 : 1) + (wantsProof ? 1 : 0))
        encoder.unsigned(1)
        encoder.text(contract)
        encoder.unsigned(2)
        encoder.text(name)
        encoder.unsigned(3)
        encoder.raw(arguments)
        if let height {
            encoder.unsigned(4)
            encoder.unsigned(height.number)
        }
        if wantsProof {
            encoder.unsigned(5)
            encoder.boolean(true)
        }
        let body = try await send(.POST, "/v1/query", body: encoder.bytes, type: "application/cbor")
        do throws(CBORError) {
            return try QueryResult(decoding: body)
        } catch {
            throw ClientError("MALFORMED", "the node's answer cannot be read: \(error.explanation)")
        }
    }

    // MARK: Requests

    private struct Reply {
        let code: UInt
        let body: [UInt8]

        var isSuccess: Bool { (200..<300).contains(code) }
        var isGone: Bool { code == 410 }
        var problem: ProblemDocument? { try? JSONDecoder().decode(ProblemDocument.self, from: Data(body)) }

        var error: ClientError {
            if let problem { return ClientError(problem.code, problem.detail) }
            return ClientError("HTTP", "the node answered with status \(code)")
        }
    }

    private func send(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8]? = nil,
        type: String? = nil,
        waitSeconds: Int? = nil
    ) async throws(ClientError) -> [UInt8] {
        let reply = try await exchange(method, path, body: body, type: type, waitSeconds: waitSeconds)
        guard reply.isSuccess else { throw reply.error }
        return reply.body
    }

    private func exchange(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8]? = nil,
        type: String? = nil,
        waitSeconds: Int? = nil
    ) async throws(ClientError) -> Reply {
        var failures: [String] = []
        var gone: Reply?
        let first = preference.index
        for offset in urls.indices {
            let index = (first + offset) % urls.count
            var request = HTTPClientRequest(url: urls[index] + path)
            request.method = method
            if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
            if let type { request.headers.add(name: "Content-Type", value: type) }
            do {
                let reply = try await exchange(request, seconds: answerSeconds + Int64(waitSeconds ?? 0))
                // What is pruned at one node may be kept at another.
                guard !reply.isGone else {
                    gone = reply
                    continue
                }
                preference.index = index
                return reply
            } catch {
                failures.append("\(urls[index]) does not answer (\(NodeClient.describe(error)))")
            }
        }
        if let gone { return gone }
        throw ClientError("NETWORK", failures.joined(separator: ", "))
    }

    private func exchange(_ request: HTTPClientRequest, seconds: Int64) async throws -> Reply {
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(seconds))
        let buffer = try await response.body.collect(upTo: greatestAnswer)
        return Reply(code: response.status.code, body: Array(buffer.readableBytesView))
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError where error.errnoCode == ECONNREFUSED: "connection refused"
        case is IOError: "connection lost"
        default: String(describing: type(of: error))
        }
    }

    private func decode<Document: Decodable>(
        _ type: Document.Type,
        from body: [UInt8]
    ) async throws(ClientError) -> Document {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw ClientError("MALFORMED", "the node's answer cannot be read")
        }
    }
}

/// The node that answered last, which is asked first.
private final class Preference: Sendable {
    private let value = Mutex(0)

    var index: Int {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
