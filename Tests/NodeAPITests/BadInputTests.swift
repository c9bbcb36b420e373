import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NodeAPI
import NodeRuntime
import Primitives
import SeededRandom
import Synchronization
import Testing

/// Whatever arrives gets its code, changes nothing, and leaves the server standing.
@Suite(.timeLimit(.minutes(2))) struct BadInputTests {
    @Test(
        "a submission that is not one is refused with its code and nothing reaches the node",
        arguments: [
            ("/v1/transactions", "application/json", [UInt8]("{}".utf8), 415, "MEDIA_TYPE"),
            ("/v1/transactions", "", [1], 415, "MEDIA_TYPE"),
            ("/v1/transactions", "application/cose", [UInt8](repeating: 0, count: 2000), 413, "TOO_LARGE"),
            ("/v1/transactions", "application/cbor-seq", [UInt8](repeating: 0, count: 5000), 413, "TOO_LARGE"),
            ("/v1/transactions", "application/cbor-seq", [1, 2, 3, 4, 5], 413, "TOO_LARGE"),
            ("/v1/transactions", "application/cbor-seq", [1, 0x43, 0], 400, "MALFORMED"),
            ("/v1/transactions", "application/cbor-seq", [1, 0x18, 1], 400, "MALFORMED"),
            ("/v1/transactions", "application/cbor-seq", [1, 0x9F, 1, 0xFF], 400, "MALFORMED"),
            ("/v1/transactions", "application/cbor-seq", [UInt8](repeating: 0x81, count: 100), 400, "MALFORMED"),
            ("/v1/transactions?wait=soon", "application/cose", [1], 400, "MALFORMED"),
            ("/v1/transactions?wait=final&timeout=0", "application/cose", [1], 400, "MALFORMED"),
            ("/v1/transactions?wait=final&timeout=100000", "application/cose", [1], 400, "MALFORMED"),
        ]
    )
    func submissions(path: String, type: String, body: [UInt8], status: Int, code: String) async throws {
        let backend = MockBackend()
        let limits: (inout APIConfiguration) -> Void = { configuration in
            configuration.transactionByteCount = 1000
            configuration.bodyByteCount = 4000
            configuration.sequenceCount = 4
        }
        try await LiveAPI.run(backend, configure: limits) { api in
            let answer = try await api.post(path, type, body)
            #expect(answer.status == status)
            #expect(answer.type == "application/problem+json")
            #expect(try answer.member("code") == .string(code))
            #expect(try answer.member("status") == .unsigned(UInt64(status)))
        }
        #expect(backend.state.withLock { $0.submitted.isEmpty })
    }

    @Test("a body that does not announce its length is bounded all the same")
    func streamedBody() async throws {
        let backend = MockBackend()
        try await LiveAPI.run(backend, configure: { $0.bodyByteCount = 4000 }) { api in
            var request = api.request("/v1/transactions", headers: [("Content-Type", "application/cbor-seq")])
            request.method = .POST
            let parts = AsyncStream<ByteBuffer> { continuation in
                for _ in 0..<64 { continuation.yield(ByteBuffer(repeating: 0, count: 1000)) }
                continuation.finish()
            }
            request.body = .stream(parts, length: .unknown)
            // The server may close the connection while the client still sends; then there is no answer to look at.
            if let answer = try? await api.send(request) { #expect(answer.status == 413) }
            let health = try await api.get("/healthz")
            #expect(health.status == 200)
        }
        #expect(backend.state.withLock { $0.submitted.isEmpty })
    }

    @Test(
        "a question that is not one is refused with its code and the node is not asked",
        arguments: [
            (#"{"contract":"library""#, 400, "MALFORMED"),
            (#"[]"#, 400, "MALFORMED"),
            ("", 400, "MALFORMED"),
            (#"{"contract":"library","query":"book","arguments":{"book":1.5}}"#, 400, "MALFORMED"),
            (#"{"contract":"library","query":"book","surprise":1}"#, 400, "MALFORMED"),
            (#"{"contract":7,"query":"book"}"#, 400, "MALFORMED"),
            (#"{"contract":"library","query":"burn"}"#, 404, "NOT_FOUND"),
            (#"{"contract":"bank","query":"book"}"#, 404, "NOT_FOUND"),
            (#"{"contract":"library","query":"book","arguments":{}}"#, 400, "SCHEMA"),
            (#"{"contract":"library","query":"book","arguments":{"days":3}}"#, 400, "SCHEMA"),
            (#"{"contract":"library","query":"book","at":-1,"arguments":{}}"#, 400, "SCHEMA"),
            (String(repeating: "[", count: 100_000), 400, "MALFORMED"),
            (
                #"{"a":"# + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000) + "}", 400,
                "MALFORMED"
            ),
        ]
    )
    func questions(body: String, status: Int, code: String) async throws {
        let backend = MockBackend()
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/query", "application/json", Array(body.utf8))
            #expect(answer.status == status)
            #expect(try answer.member("code") == .string(code))
        }
        #expect(backend.state.withLock { $0.questions.isEmpty })
    }

    @Test(
        "a path that does not exist, or a name in it that cannot, is a problem",
        arguments: [
            ("/", 404), ("/v1", 404), ("/v1/nothing", 404), ("/v1/transactions/xyz", 400),
            ("/v1/transactions/" + String(repeating: "A", count: 64), 400),
            ("/v1/transactions/" + String(repeating: "a", count: 64), 404),
            ("/v1/transactions/" + String(repeating: "a", count: 64) + "/proof", 404),
            ("/v1/blocks/-1", 400), ("/v1/blocks/01", 400), ("/v1/blocks/18446744073709551616", 400),
            ("/v1/blocks/18446744073709551615", 404), ("/v1/accounts/", 404),
            ("/v1/accounts/" + String(repeating: "0", count: 64), 404), ("/v1/accounts/%00", 400),
            ("/v1/events?account=7", 400), ("/v1/events?type=rain", 400), ("/v1/events?after=1", 400),
            ("/v1/events?after=1-4294967296", 400), ("/v1/events?after=01-1", 400),
        ]
    )
    func paths(path: String, status: Int) async throws {
        try await LiveAPI.run(MockBackend()) { api in
            let answer = try await api.get(path)
            #expect(answer.status == status)
            #expect(answer.type == "application/problem+json")
        }
    }

    @Test("a path asked by another method than its own says which it has")
    func methods() async throws {
        try await LiveAPI.run(MockBackend()) { api in
            for (method, path, allowed) in [
                (HTTPMethod.DELETE, "/v1/transactions", "POST"), (.PUT, "/v1/blocks/7", "GET"),
                (.GET, "/v1/query", "POST"),
                (.POST, "/v1/status", "GET"),
            ] {
                var request = api.request(path)
                request.method = method
                let answer = try await api.client.execute(request, timeout: .seconds(30))
                #expect(answer.status.code == 405, "\(path)")
                #expect(answer.headers.first(name: "Allow") == allowed, "\(path)")
            }
            #expect(try await api.get("/v1/nothing").status == 404)
        }
    }

    @Test("a body that is compressed is refused rather than misread")
    func encodings() async throws {
        let backend = MockBackend()
        try await LiveAPI.run(backend) { api in
            let gzip = [("Content-Encoding", "gzip")]
            let answer = try await api.post("/v1/transactions", "application/cose", [1], headers: gzip)
            #expect(answer.status == 415)
            #expect(try answer.member("code") == .string("ENCODING"))
        }
        #expect(backend.state.withLock { $0.submitted.isEmpty })
    }

    @Test(
        "a request that never ends loses its connection, though a byte comes now and then",
        arguments: [
            "GET /v1/status HTTP/1.1\r\nHost: a\r\nA: ",
            "POST /v1/query HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{",
            "GET /v1/status HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
            "PATCH /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
        ]
    )
    func endless(beginning: String) async throws {
        let limits: (inout APIConfiguration) -> Void = { configuration in
            configuration.idleSeconds = 1
            configuration.bodySeconds = 1
        }
        try await LiveAPI.run(MockBackend(), configure: limits) { api in
            // Returns once the server has closed; a server that does not is found by the suite's time limit.
            try await api.trickle(Array(beginning.utf8))
            #expect(try await api.get("/healthz").status == 200)
        }
    }

    @Test("random bytes on the port neither crash the server nor keep it from answering")
    func garbage() async throws {
        try await LiveAPI.run(MockBackend()) { api in
            var generator = SplitMix64(seed: 20_260_101)
            for length in [0, 1, 2, 17, 300, 5000, 100_000] {
                let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                _ = try await api.raw(bytes)
                _ = try await api.raw(Array("GET /v1/status HTTP/1.1\r\n".utf8) + bytes)
                _ = try await api.raw(
                    Array("POST /v1/query HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n".utf8) + bytes
                )
            }
            #expect(try await api.get("/healthz").status == 200)
        }
    }

    @Test(
        "a head that is not HTTP, too large or contradictory closes its own connection only",
        arguments: [
            "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n", "GET\r\n\r\n", "GET /%zz?&=&%=%f HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /v1/events?account=%ff%fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 100_000) + "\r\n\r\n",
            "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 10_000) + "\r\n",
            "POST /v1/query HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "POST /v1/query HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /v1/query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        ]
    )
    func heads(head: String) async throws {
        try await LiveAPI.run(MockBackend()) { api in
            let received = try await api.raw(Array(head.utf8))
            #expect(!received.starts(with: Array("HTTP/1.1 2".utf8)))
            #expect(try await api.get("/healthz").status == 200)
        }
    }

    @Test("a client beyond its burst gets 429 with Retry-After, while health is answered")
    func clientsAreLimited() async throws {
        let limits: (inout APIConfiguration) -> Void = { configuration in
            configuration.requestBurst = 3
            // So slow that nothing is filled up again while the test runs.
            configuration.requestsPerSecond = 0
        }
        try await LiveAPI.run(MockBackend(), configure: limits) { api in
            for _ in 0..<3 { #expect(try await api.get("/v1/status").status == 200) }
            let answer = try await api.get("/v1/status")
            #expect(answer.status == 429)
            #expect(answer.retryAfter != nil)
            #expect(try answer.member("code") == .string("RATE"))
            #expect(try await api.get("/healthz").status == 200)
        }
    }

    @Test(
        "beyond loopback the API does not listen without TLS and an identity",
        arguments: ["0.0.0.0", "::", "192.168.1.1", "127.0.0.1.example.org", "127.1", "example.org", ""]
    )
    func loopbackOnly(host: String) throws {
        #expect(throws: APIConfigurationError.self) { try APIConfiguration(host: host, port: 7100).check() }
    }

    @Test(arguments: ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
    func loopbackIsAllowed(host: String) throws {
        try APIConfiguration(host: host, port: 7100).check()
    }
}
