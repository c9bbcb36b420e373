import Foundation
import PeerNetwork
import Primitives
import Testing

/// The port as an independent TLS implementation sees it.
@Suite("OpenSSL", .enabled(if: OpenSSL.path != nil, "there is no openssl command"), .timeLimit(.minutes(3)))
struct OpenSSLTests {
    let openssl: OpenSSL
    let validators: Validators

    init() throws {
        openssl = try OpenSSL()
        validators = try Validators(2)
    }

    private func client(_ port: Int, _ arguments: [String]) -> [String] {
        ["s_client", "-connect", "\(Validators.host):\(port)", "-quiet"] + arguments
    }

    @Test("TLS 1.2 is refused, although the certificate is right")
    func oldVersion() async throws {
        try await Node.run(validators.configuration(0)) { node in
            let identity = try openssl.identity(validators.materials[1])
            let outcome = try await openssl.run(client(node.port, ["-tls1_2"] + identity), holdsInput: true)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("alert protocol version"))
            #expect(outcome.output.isEmpty)
            try await node.observer.wait("refused") { $0.refusals == [.tlsVersion] }
        }
    }

    @Test("A client without a certificate is refused")
    func noCertificate() async throws {
        try await Node.run(validators.configuration(0)) { node in
            let outcome = try await openssl.run(client(node.port, ["-tls1_3"]), holdsInput: true)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("alert certificate required"))
            #expect(outcome.output.isEmpty)
            try await node.observer.wait("refused") { $0.refusals == [.noCertificate] }
        }
    }

    @Test("A client with a certificate that is pinned to nobody is refused, even with a perfect HELLO")
    func unknownCertificate() async throws {
        try await Node.run(validators.configuration(0)) { node in
            let identity = try openssl.identity(TLSMaterial.generate(validator: 1))
            let outcome = try await openssl.run(
                client(node.port, ["-tls1_3"] + identity),
                input: Rogue.frame(ChannelByte.hello, PressureTests.hello.encoded),
                holdsInput: true
            )
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("alert"))
            #expect(outcome.output.isEmpty)
            try await node.observer.wait("refused") { $0.refusals == [.unknownCertificate] }
            #expect(node.observer.record.links.isEmpty)
        }
    }

    @Test("TLS 1.3 with the right certificate and no HELLO hears nothing, and is closed in time")
    func noHello() async throws {
        var configuration = validators.configuration(0)
        configuration.limits.handshakeMilliseconds = 1000
        try await Node.run(configuration) { node in
            let identity = try openssl.identity(validators.materials[1])
            let outcome = try await openssl.run(client(node.port, ["-tls1_3"] + identity), holdsInput: true)
            #expect(outcome.output.isEmpty)
            try await node.observer.wait("refused") { $0.refusals == [.handshakeTimeout] }
            #expect(node.observer.record.links.isEmpty)
        }
    }

    @Test("TLS 1.3 with the right certificate and HELLO is a peer, and hears our HELLO")
    func peer() async throws {
        var configuration = validators.configuration(0)
        configuration.limits.idleMilliseconds = 1000
        try await Node.run(configuration) { node in
            let identity = try openssl.identity(validators.materials[1])
            let outcome = try await openssl.run(
                client(node.port, ["-tls1_3"] + identity),
                input: Rogue.frame(ChannelByte.hello, PressureTests.hello.encoded)
                    + Rogue.frame(Lane.consensus.rawValue, [1, 2, 3]),
                holdsInput: true
            )
            let hello = Hello(chain: Validators.chain, index: 0, softwareVersion: "akashi test")
            #expect(outcome.output.starts(with: Rogue.frame(ChannelByte.hello, hello.encoded)))
            #expect(node.observer.record.frames(.consensus, from: 1) == [[1, 2, 3]])
            #expect(node.observer.record.links.first == .connected(peer: 1))
        }
    }

    @Test("A resumed session is judged like a new one: it does not outlive its pin")
    func resumption() async throws {
        var configuration = validators.configuration(0)
        configuration.limits.idleMilliseconds = 1000
        try await Node.run(configuration) { node in
            let identity = try openssl.identity(validators.materials[1])
            let session = openssl.directory.file("session")
            let hello = Rogue.frame(ChannelByte.hello, PressureTests.hello.encoded)
            _ = try await openssl.run(
                client(node.port, ["-tls1_3", "-sess_out", session] + identity),
                input: hello,
                holdsInput: true
            )
            #expect(node.observer.record.connections(1) == 1)
            try #require(FileManager.default.fileExists(atPath: session), "no session to resume was handed out")
            var peers = validators.endpoints(ports: [:])
            peers[1].pins = [try TLSMaterial.generate(validator: 1).pin]
            node.network.replace(peers: peers)
            let outcome = try await openssl.run(
                client(node.port, ["-tls1_3", "-sess_in", session] + identity),
                input: hello,
                holdsInput: true
            )
            #expect(outcome.output.isEmpty)
            try await node.observer.wait("refused") { $0.refusals == [.unknownCertificate] }
            #expect(node.observer.record.connections(1) == 1)
        }
    }

    @Test("The pin is the SHA-256 of the SubjectPublicKeyInfo as OpenSSL writes it")
    func pin() async throws {
        let identity = try openssl.identity(validators.materials[0])
        let key = openssl.directory.file("public.pem")
        let extracted = try await openssl.run(["x509", "-in", identity[1], "-noout", "-pubkey"])
        try Data(extracted.output).write(to: URL(fileURLWithPath: key))
        let encoded = openssl.directory.file("public.der")
        let converted = try await openssl.run(["pkey", "-pubin", "-in", key, "-outform", "DER", "-out", encoded])
        #expect(converted.status == 0)
        let digest = try await openssl.run(["dgst", "-sha256", "-binary", encoded])
        #expect(Digest(digest.output) == validators.materials[0].pin)
        // And OpenSSL agrees that the certificate is signed by its own key and says who it is.
        let verified = try await openssl.run(["verify", "-CAfile", identity[1], "-partial_chain", identity[1]])
        #expect(verified.status == 0)
        let subject = try await openssl.run(["x509", "-in", identity[1], "-noout", "-subject"])
        #expect(String(decoding: subject.output, as: UTF8.self).contains("validator-0"))
    }
}
