import NodeAPI
import NodeRuntime
import Primitives
import Synchronization
import Testing

@Suite struct ReadingTests {
    let id = Digest(repeating: 0xAB)

    static let block = BlockView(
        height: Height(7),
        epoch: 0,
        originView: 1,
        proposer: 1,
        time: 1_800_000_000_000,
        headerDigest: Digest(repeating: 1),
        parent: Digest(repeating: 2),
        transactionsRoot: Digest(repeating: 3),
        receiptsRoot: Digest(repeating: 4),
        stateRoot: Digest(repeating: 5),
        transactions: [BlockView.Item(id: Digest(repeating: 6), reference: Digest(repeating: 7), code: "OK")],
        header: [0xA0],
        certificate: [0xA1, 1, 2]
    )

    @Test("the status has exactly the fields that scripts rely on")
    func status() async throws {
        try await LiveAPI.run(MockBackend()) { api in
            let root = Digest(repeating: 5).hex
            let expected =
                #"{"index":2,"alive":true,"height":9,"view":3,"primary":3,"state_root":"\#(root)","#
                + #""certified_height":7,"complete_from":0,"peers":3,"votes":true,"awaits_answers":false,"joining":null}"#
            let answer = try await api.get("/v1/status")
            #expect(answer.text == expected)
        }
    }

    @Test("a transaction's status has its id, status, height and code")
    func transactionStatus() async throws {
        let id = id
        let backend = MockBackend { state in
            state.statuses[id] = TransactionStatus(.final, height: Height(5), index: 0, code: "FUNDS", message: "none")
        }
        try await LiveAPI.run(backend) { api in
            let answer = try await api.get("/v1/transactions/\(id.hex)")
            #expect(answer.status == 200)
            #expect(
                answer.text == #"{"id":"\#(id.hex)","status":"final","height":5,"code":"FUNDS","message":"none"}"#
            )
        }
    }

    @Test("an unknown transaction is a problem that says so in the fields of any other status")
    func unknownTransaction() async throws {
        let id = id
        try await LiveAPI.run(MockBackend()) { api in
            let answer = try await api.get("/v1/transactions/\(id.hex)")
            #expect(answer.status == 404)
            #expect(try answer.member("transaction", "status") == .string("unknown"))
            #expect(try answer.member("transaction", "id") == .string(id.hex))
        }
    }

    @Test("a pending transaction is waited for when the request says so")
    func waitingForOne() async throws {
        let id = id
        let backend = MockBackend { state in
            state.statuses[id] = TransactionStatus(.pending)
            state.afterWaiting = TransactionStatus(.final, height: Height(8), index: 0, code: "OK")
        }
        try await LiveAPI.run(backend) { api in
            #expect(try await api.get("/v1/transactions/\(id.hex)").member("status") == .string("pending"))
            let waited = try await api.get("/v1/transactions/\(id.hex)?wait=final&timeout=5")
            #expect(try waited.member("status") == .string("final"))
        }
    }

    @Test("proof files and COSE receipts come as the bytes that they are, for what was asked")
    func proofs() async throws {
        let id = id
        let backend = MockBackend { state in
            state.proofs = [
                .transaction(id): [1], .receipt(id): [2], .event(EventCursor(height: Height(7), index: 3)): [3],
                .state(key: [0, 1, 0xAB], at: nil): [4], .state(key: [0, 1, 0xAB], at: Height(5)): [5],
            ]
            state.coseReceipts[id] = [6]
        }
        try await LiveAPI.run(backend) { api in
            let answers: [(path: String, type: String)] = [
                ("/v1/transactions/\(id.hex)/proof", "application/cbor"),
                ("/v1/transactions/\(id.hex)/proof?part=receipt", "application/cbor"),
                ("/v1/events/7-3/proof", "application/cbor"),
                ("/v1/state/0001ab/proof", "application/cbor"),
                ("/v1/state/0001ab/proof?at=5", "application/cbor"),
                ("/v1/transactions/\(id.hex)/cose-receipt", "application/scitt-receipt+cose"),
            ]
            for (number, expected) in answers.enumerated() {
                let answer = try await api.get(expected.path)
                #expect(answer.status == 200, "\(expected.path)")
                #expect(answer.type == expected.type, "\(expected.path)")
                #expect(answer.body == [UInt8(number + 1)], "\(expected.path)")
            }
            for (path, status) in [
                ("/v1/transactions/\(id.hex)/proof?part=all", 400), ("/v1/events/7/proof", 400),
                ("/v1/events/7-4/proof", 404), ("/v1/state/0001AB/proof", 400), ("/v1/state/0001ab/proof?at=x", 400),
                ("/v1/state/\(String(repeating: "00", count: 257))/proof", 400), ("/v1/state/0001ab/proof?at=6", 404),
                ("/v1/transactions/\(Digest(repeating: 1).hex)/cose-receipt", 404),
            ] {
                #expect(try await api.get(path).status == status, "\(path)")
            }
        }
    }

    @Test("a block is found by its height and, if it is the last certified one, by that word")
    func blocks() async throws {
        try await LiveAPI.run(MockBackend { $0.blocks[Height(7)] = Self.block }) { api in
            let byHeight = try await api.get("/v1/blocks/7")
            #expect(byHeight.status == 200)
            #expect(try byHeight.member("state_root") == .string(Digest(repeating: 5).hex))
            #expect(try byHeight.member("certificate") == .string("a10102"))
            guard case .array(let items) = try byHeight.member("transactions"), case .object(let item) = items.first
            else { throw Missing() }
            #expect(item["id"] == .string(Digest(repeating: 6).hex))
            #expect(item["code"] == .string("OK"))
            #expect(try await api.get("/v1/blocks/latest").body == byHeight.body)
            #expect(try await api.get("/v1/blocks/8").status == 404)
        }
    }

    @Test("an account shows its organisation, roles, status and keys")
    func account() async throws {
        let id = AccountID(id)
        let key = try #require(PublicKey([3] + Digest(repeating: 1).bytes))
        let view = AccountView(
            id: id,
            organisation: "city",
            roles: ["seller", "buyer"],
            status: "active",
            keys: [AccountView.Key(from: Height(0), key: key)],
            height: Height(7)
        )
        try await LiveAPI.run(MockBackend { $0.accounts[id] = view }) { api in
            let answer = try await api.get("/v1/accounts/\(id.digest.hex)")
            #expect(try answer.member("organisation") == .string("city"))
            #expect(try answer.member("roles") == .array([.string("seller"), .string("buyer")]))
            #expect(
                try answer.member("keys")
                    == .array([.object(["from": .unsigned(0), "key": .string(Hex.encode(key.bytes))])])
            )
        }
    }

    @Test("validators and genesis are readable")
    func validatorsAndGenesis() async throws {
        try await LiveAPI.run(MockBackend()) { api in
            guard case .array(let list) = try await api.get("/v1/validators").member("validators"),
                case .object(let first) = list.first
            else { throw Missing() }
            #expect(first["address"] == .string("127.0.0.1:7200"))
            #expect(first["connected"] == .boolean(true) && first["contested"] == .boolean(false))
            #expect(try await api.get("/v1/genesis").body == [0xA1, 1, 2])
        }
    }

    @Test("the description lists every path, and every path that it lists answers")
    func openAPI() async throws {
        try await LiveAPI.run(MockBackend { $0.feedEnd = .nodeStopping }) { api in
            guard case .object(let paths) = try await api.get("/openapi.json").member("paths") else { throw Missing() }
            let expected = [
                "/healthz", "/metrics", "/openapi.json", "/readyz", "/v1/accounts/{id}", "/v1/blocks/{height}",
                "/v1/contracts", "/v1/events", "/v1/events/{id}/proof", "/v1/genesis", "/v1/query",
                "/v1/state/{key}", "/v1/state/{key}/proof", "/v1/state/{key}/versions",
                "/v1/status", "/v1/transactions", "/v1/transactions/{id}", "/v1/transactions/{id}/cose-receipt",
                "/v1/transactions/{id}/proof", "/v1/validators",
            ]
            #expect(paths.keys.sorted() == expected)
            for path in expected where !path.contains("{") && path != "/v1/query" && path != "/v1/transactions" {
                #expect(try await api.get(path).status == 200, "\(path)")
            }
        }
    }

    @Test("contracts are described with fields, bounds, errors and a digest that a client can pin")
    func contracts() async throws {
        try await LiveAPI.run(MockBackend()) { api in
            let answer = try await api.get("/v1/contracts")
            guard case .string(let digest) = try answer.member("schema_digest"),
                case .array(let contracts) = try answer.member("contracts"),
                case .object(let library) = contracts.first, case .array(let methods) = library["methods"],
                case .object(let lend) = methods.first, case .array(let fields) = lend["arguments"]
            else { throw Missing() }
            #expect(digest == Digest(repeating: 0xD1).hex)
            #expect(lend["errors"] == .array([.string("STATE")]))
            #expect(fields.count == 4)
            #expect(
                fields[1]
                    == .object([
                        "key": .unsigned(2), "name": .string("days"), "optional": .boolean(false),
                        "type": .string("unsigned"), "minimum": .unsigned(1), "maximum": .unsigned(30),
                    ])
            )
        }
    }

    @Test("figures come in the Prometheus text format, with routes for labels and never paths")
    func metrics() async throws {
        try await LiveAPI.run(MockBackend()) { api in
            _ = try await api.get("/v1/blocks/123456")
            _ = try await api.get("/v1/surprise")
            let text = try await api.get("/metrics").text
            #expect(text.contains("# TYPE akashi_height gauge\nakashi_height 9\n"))
            #expect(text.contains(#"akashi_http_requests_total{route="/v1/blocks/{height}",status="4xx"} 1"#))
            #expect(text.contains(#"akashi_http_requests_total{route="NotFound",status="4xx"} 1"#))
            #expect(!text.contains("123456") && !text.contains("surprise"))
        }
    }

    @Test("a question in JSON reaches the node as CBOR by the schema, and its answer comes back by name")
    func queryByJSON() async throws {
        let book = Digest(repeating: 0xCD)
        let encoded = [0xA3, 0x01, 0x58, 0x20] + book.bytes + [0x02, 0x07, 0x04, 0x01]
        let backend = MockBackend { state in
            state.queryAnswer = .success(QueryAnswer(height: Height(6), answer: encoded, proof: [9]))
        }
        try await LiveAPI.run(backend) { api in
            let body =
                #"{"contract":"library","query":"book","at":6,"proof":true,"#
                + #""arguments":{"days":"7","book":"\#(book.hex)","kind":"atlas"}}"#
            let answer = try await api.post("/v1/query", "application/json; charset=utf-8", Array(body.utf8))
            #expect(
                answer.text
                    == #"{"height":6,"answer":{"book":"\#(book.hex)","days":7,"kind":"atlas"},"proof":"09"}"#
            )
        }
        let asked = backend.state.withLock { $0.questions }
        #expect(
            asked
                == [
                    QueryQuestion(
                        contract: "library",
                        name: "book",
                        arguments: encoded,
                        height: Height(6),
                        wantsProof: true
                    )
                ]
        )
    }

    @Test("a question in CBOR goes through untouched, and a contract's refusal comes back with its code")
    func queryByCBOR() async throws {
        let backend = MockBackend { state in
            state.queryAnswer = .success(QueryAnswer(height: Height(6), answer: [0xA1, 1, 2]))
        }
        let question: [UInt8] =
            [0xA3, 1, 0x67] + Array("library".utf8) + [2, 0x64] + Array("book".utf8) + [3, 0xA1, 1, 5]
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/query", "application/cbor", question)
            #expect(answer.body == [0xA2, 1, 6, 2, 0xA1, 1, 2])
            #expect(try await api.post("/v1/query", "application/cbor", question.dropLast()).status == 400)
            #expect(try await api.post("/v1/query", "application/cbor", question + [0]).status == 400)
            backend.state.withLock { state in
                state.queryAnswer = .failure(BackendError(.refused, code: "REFERENCE", message: "no such book"))
            }
            let refused = try await api.post("/v1/query", "application/cbor", question)
            #expect(refused.status == 422)
            #expect(try refused.member("code") == .string("REFERENCE"))
        }
        #expect(backend.state.withLock { $0.questions.first?.arguments } == [0xA1, 1, 5])
    }
}
