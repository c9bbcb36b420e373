import LedgerCrypto
import NodeAPI
import NodeRuntime
import Primitives
import Synchronization
import Testing

@Suite struct SubmissionTests {
    /// Three items of a sequence; the edge checks their form only, what they mean is the node's business.
    let items: [[UInt8]] = [[0x01], [0x82, 0x01, 0x02], [0x43, 7, 8, 9]]
    var sequence: [UInt8] { items.flatMap { $0 } }

    @Test("a transaction that is admitted is answered 202 with its id, reference and status")
    func admitted() async throws {
        let backend = MockBackend()
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/transactions", "application/cose", [0x82, 1, 2])
            let id = SHA256Function.digest(of: [0x82, 1, 2]).hex
            #expect(answer.status == 202)
            #expect(
                answer.text
                    == #"{"id":"\#(id)","reference":"\#(id)","status":"pending","height":null,"code":null}"#
            )
        }
        #expect(backend.state.withLock { $0.submitted } == [[0x82, 1, 2]])
    }

    @Test(
        "a refused transaction is a problem with the refusal's code",
        arguments: [
            ("MALFORMED", 400), ("TOO_LARGE", 413), ("REPLAY", 409), ("ROLE", 422), ("PERSONAL_DATA", 422),
            ("SIGNATURE", 422), ("EXPIRED", 422),
        ]
    )
    func refused(code: String, status: Int) async throws {
        let backend = MockBackend { state in
            state.answer = { _, _ in (TransactionStatus(.refused, code: code, message: "so it is"), false) }
        }
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/transactions", "application/cose", [1])
            #expect(answer.status == status)
            #expect(answer.type == "application/problem+json")
            #expect(try answer.member("code") == .string(code))
            #expect(try answer.member("detail") == .string("so it is"))
            #expect(try answer.member("transaction", "status") == .string("refused"))
            #expect(answer.retryAfter == nil)
        }
    }

    @Test("a sequence is answered item by item, in order")
    func sequenceInOrder() async throws {
        let backend = MockBackend { state in
            state.answer = { index, _ in
                index == 1 ? (TransactionStatus(.refused, code: "FUNDS"), false) : (TransactionStatus(.pending), false)
            }
        }
        let (items, sequence) = (items, sequence)
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/transactions", "application/cbor-seq", sequence)
            #expect(answer.status == 200)
            #expect(try answer.member("count") == .unsigned(3))
            #expect(try answer.member("pending") == .unsigned(2))
            guard case .array(let results) = try answer.member("results") else { throw Missing() }
            for (index, result) in results.enumerated() {
                guard case .object(let members) = result else { throw Missing() }
                #expect(members["index"] == .unsigned(UInt64(index)))
                #expect(members["id"] == .string(SHA256Function.digest(of: items[index]).hex))
                #expect(members["code"] == (index == 1 ? .string("FUNDS") : .null))
            }
            #expect(results.count == 3)
        }
        #expect(backend.state.withLock { $0.submitted } == items)
    }

    @Test("who prefers a minimal answer is told only of items that are not pending")
    func minimal() async throws {
        let backend = MockBackend { state in
            state.answer = { index, _ in
                index == 2 ? (TransactionStatus(.refused, code: "ROLE"), false) : (TransactionStatus(.pending), false)
            }
        }
        let sequence = sequence
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post(
                "/v1/transactions",
                "application/cbor-seq",
                sequence,
                headers: [("Prefer", "return=minimal")]
            )
            guard case .array(let results) = try answer.member("results") else { throw Missing() }
            #expect(results.count == 1)
            #expect(try answer.member("pending") == .unsigned(2))
        }
    }

    @Test("a high s is put into its low form before the node sees the transaction")
    func highSignature() async throws {
        let key = try #require(PrivateKey(bytes: [UInt8](repeating: 1, count: 32)))
        let low = key.sign([1, 2, 3])
        let lowTransaction = Sign1(protected: [0xA0], payload: [0xA0], signature: low.bytes).encode()
        let high = Signature(r: low.r, s: try #require(low.s.negatedModuloOrder))
        let highTransaction = Sign1(protected: [0xA0], payload: [0xA0], signature: high.bytes).encode()
        #expect(!high.hasLowS && lowTransaction != highTransaction)
        let backend = MockBackend()
        try await LiveAPI.run(backend) { api in
            _ = try await api.post("/v1/transactions", "application/cose", highTransaction)
            _ = try await api.post("/v1/transactions", "application/cbor-seq", lowTransaction + highTransaction)
        }
        #expect(backend.state.withLock { $0.submitted } == [lowTransaction, lowTransaction, lowTransaction])
    }

    @Test("waiting for finality asks the node once, for all that are pending")
    func waits() async throws {
        let backend = MockBackend { state in
            state.afterWaiting = TransactionStatus(.final, height: Height(12), index: 1, code: "OK")
            state.answer = { index, _ in
                index == 0 ? (TransactionStatus(.refused, code: "ROLE"), false) : (TransactionStatus(.pending), false)
            }
        }
        let (items, sequence) = (items, sequence)
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/transactions?wait=final", "application/cbor-seq", sequence)
            #expect(try answer.member("pending") == .unsigned(0))
            guard case .array(let results) = try answer.member("results"), case .object(let last) = results.last else {
                throw Missing()
            }
            #expect(last["status"] == .string("final"))
            #expect(last["height"] == .unsigned(12))
        }
        #expect(backend.state.withLock { $0.waited } == [items.dropFirst().map { SHA256Function.digest(of: $0) }])
    }

    @Test("too many who wait are told to come back, and what they submitted stands")
    func waitingIsBounded() async throws {
        let backend = MockBackend()
        try await LiveAPI.run(backend, configure: { $0.waitingCount = 0 }) { api in
            let answer = try await api.post("/v1/transactions?wait=final", "application/cose", [1])
            #expect(answer.status == 503)
            #expect(answer.retryAfter == "1")
            #expect(try answer.member("code") == .string("WAITING"))
        }
        #expect(backend.state.withLock { $0.submitted.count } == 1)
    }

    @Test("a full pool is 503 with Retry-After when nothing found room, and said per item when something did")
    func overload() async throws {
        let backend = MockBackend { state in
            state.answer = { index, _ in
                index == 0 ? (TransactionStatus(.pending), false) : (TransactionStatus(.refused, code: "BUSY"), true)
            }
        }
        let sequence = sequence
        try await LiveAPI.run(backend) { api in
            let partly = try await api.post("/v1/transactions", "application/cbor-seq", sequence)
            #expect(partly.status == 200)
            #expect(partly.retryAfter == "1")
            backend.state.withLock { $0.answer = { _, _ in (TransactionStatus(.refused, code: "BUSY"), true) } }
            for type in ["application/cbor-seq", "application/cose"] {
                let fully = try await api.post("/v1/transactions", type, [1])
                #expect(fully.status == 503)
                #expect(fully.retryAfter == "1")
                #expect(try fully.member("code") == .string("BUSY"))
            }
        }
    }

    @Test("a node that is not ready admits nothing")
    func notReady() async throws {
        let backend = MockBackend { $0.isReady = false }
        try await LiveAPI.run(backend) { api in
            let answer = try await api.post("/v1/transactions", "application/cose", [1])
            #expect(answer.status == 503)
            #expect(answer.retryAfter != nil)
            #expect(try await api.get("/readyz").status == 503)
            #expect(try await api.get("/healthz").status == 200)
        }
        #expect(backend.state.withLock { $0.submitted.isEmpty })
    }
}

/// An answer without what a test needs of it.
struct Missing: Error {}

extension Digest {
    /// The group order of secp256k1 minus this number.
    var negatedModuloOrder: Digest? {
        let order = Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
        var result = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for position in (0..<32).reversed() {
            let difference = Int(order[position]) - Int(bytes[position]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[position] = UInt8(difference + borrow * 256)
        }
        return Digest(result)
    }
}
