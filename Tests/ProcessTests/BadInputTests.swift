import AkashiClient
import Foundation
import Ledger
import LedgerCrypto
import Primitives
import SeededRandom
import Testing

/// What a stranger, or a client with bad transactions, can do to a running network: nothing.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct BadInputTests {
    private func seal(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var changed = bytes
        change(&changed)
        return changed
    }

    /// Each with the code that it must get.
    private func badTransactions(_ network: TestNetwork) -> [(String, [UInt8], String)] {
        let good = TestTransactions.commit(on: network).bytes
        let stranger = ClientKey(name: network.custodian.name, signing: .generate())
        let foreign = Digest(TestTransactions.random(32)) ?? .zero
        func commit(_ adjust: (inout TransactionDraft) -> Void) -> [UInt8] {
            TestTransactions.commit(on: network, adjust: adjust).bytes
        }
        func arguments(_ body: @escaping (inout CBOREncoder) -> Void) -> [UInt8] {
            TestTransactions.commit(on: network, arguments: body).bytes
        }
        return [
            ("no transaction at all", [0xa0], "MALFORMED"),
            ("cut short", Array(good.dropLast(3)), "MALFORMED"),
            ("trailing bytes", good + [0], "MALFORMED"),
            ("too large", good + [UInt8](repeating: 0, count: 70_000), "TOO_LARGE"),
            ("wrongly signed", seal(good) { $0[$0.count - 50] ^= 1 }, "SIGNATURE"),
            ("unsigned", seal(good) { bytes in for i in bytes.count - 64..<bytes.count { bytes[i] = 0 } }, "SIGNATURE"),
            ("signed by a stranger", TestTransactions.commit(on: network, key: stranger).bytes, "ACCOUNT"),
            ("another chain", commit { $0.chain = foreign }, "CHAIN"),
            ("expired", commit { $0.validUntil = .genesis }, "EXPIRED"),
            ("valid for too long", commit { $0.validUntil = Height(1 << 40) }, "TOO_FAR"),
            ("no such contract", commit { $0.calls = [TestTransactions.call("nothing", "nowhere", [0xa0])] }, "SCHEMA"),
            ("no such method", commit { $0.calls = [TestTransactions.call("consent", "nowhere", [0xa0])] }, "SCHEMA"),
            ("missing fields", arguments { $0.map(0) }, "SCHEMA"),
            (
                "an unknown field",
                arguments { encoder in
                    encoder.map(1)
                    encoder.unsigned(99)
                    encoder.text("abc")
                }, "SCHEMA"
            ),
            (
                "an e-mail address",
                arguments { encoder in
                    encoder.map(1)
                    encoder.unsigned(99)
                    encoder.text("taro@example.com")
                }, "PERSONAL_DATA"
            ),
            (
                "a telephone number",
                arguments { encoder in
                    encoder.map(1)
                    encoder.unsigned(99)
                    encoder.text("090-1234-5678")
                }, "PERSONAL_DATA"
            ),
        ]
    }

    @Test("every bad transaction gets its code and changes nothing")
    func refusals() async throws {
        try await TestNetwork.run { network in
            let client = network.validators[0].client
            let before = try #require(await network.status(0)).stateRoot
            for (what, bytes, code) in badTransactions(network) {
                let answer = try await client.submit(bytes, waitSeconds: nil)
                #expect(
                    answer.status == "refused" && answer.code == code,
                    "\(what): \(answer.status) \(answer.code ?? "-")"
                )
            }
            let height = await network.certified(on: [0])
            try await network.waitCertified(height + 3, on: [0, 1, 2, 3])
            #expect(await network.status(0)?.stateRoot == before)
        }
    }

    @Test("a role that is lacking is refused in the receipt, which is final, and changes nothing")
    func role() async throws {
        try await TestNetwork.run { network in
            let client = network.validators[1].client
            let before = try #require(await network.status(1)).stateRoot
            // A custodian is no subject: it cannot withdraw a consent, least of all one that is not there.
            let other = TestTransactions.commit(
                on: network,
                adjust: { draft in
                    let arguments = [0xa1, 0x01, 0x58, 0x20] + TestTransactions.random(32)
                    draft.calls = [TestTransactions.call("consent", "withdraw-consent", arguments)]
                }
            )
            let answer = try await client.submit(other.bytes, waitSeconds: 20)
            #expect(answer.status == "final" && answer.code != "OK")
            #expect(await network.status(1)?.stateRoot == before)
        }
    }

    @Test("a transaction executes once, whatever copies of it are sent to whom (failures 29, 32)")
    func replay() async throws {
        try await TestNetwork.run { network in
            let transaction = TestTransactions.commit(on: network)
            let first = try await network.validators[0].client.submit(transaction.bytes, waitSeconds: 20)
            #expect(first.tookEffect)
            let root = try #require(await network.status(0)).stateRoot
            for validator in network.validators {
                let again = try await validator.client.submit(transaction.bytes, waitSeconds: 20)
                #expect(again.status == "final" && again.height == first.height)
            }
            let height = await network.certified(on: [0])
            try await network.waitCertified(height + 3, on: [0])
            #expect(await network.status(0)?.stateRoot == root)
        }
    }

    @Test("random bytes on the peer port and the API port neither crash a validator nor make it grow")
    func garbage() async throws {
        try await TestNetwork.run { network in
            let validator = network.validators[0]
            let warm = try flood(validator, connections: 200, seed: 1)
            #expect(warm)
            let before = try #require(validator.residentKiB)
            for seed in 2...6 { _ = try flood(validator, connections: 400, seed: UInt64(seed)) }
            let height = await network.certified(on: [1, 2, 3])
            try await network.waitCertified(height + 5, on: [0, 1, 2, 3])
            let after = try #require(validator.residentKiB)
            #expect(after < before + 64 * 1024, "grew from \(before) to \(after) KiB")
        }
    }

    /// Connects again and again and writes bytes of a seeded generator, some of them after a plausible beginning.
    private func flood(_ validator: TestValidator, connections: Int, seed: UInt64) throws -> Bool {
        var generator = SplitMix64(seed: seed)
        let beginnings: [[UInt8]] = [
            [], Array("POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000000\r\n\r\n".utf8),
            Array("GET /v1/events HTTP/1.1\r\n".utf8), [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc],
            [0xff, 0xff, 0xff, 0xff],
        ]
        for number in 0..<connections {
            let port = number.isMultiple(of: 2) ? validator.peerPort : validator.apiPort
            guard let socket = Loopback.connect(port: port) else { return false }
            var bytes = beginnings[Int(generator.next() % UInt64(beginnings.count))]
            for _ in 0..<Int(generator.next() % 2000) { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
            Loopback.write(bytes, to: socket)
            Loopback.close(socket)
        }
        return validator.isRunning
    }
}

/// Bare sockets on loopback.
enum Loopback {
    static func connect(port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else {
            _ = Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        _ = unsafe bytes.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
