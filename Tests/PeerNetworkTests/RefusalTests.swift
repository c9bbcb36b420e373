import NIOSSL
import PeerNetwork
import Primitives
import Testing

/// Who is let in, and why the others are not. Each reason is counted, and none of these attempts makes a link.
@Suite("Refusals", .timeLimit(.minutes(3)))
struct RefusalTests {
    static let now = Int64(1_800_000_000)

    /// Dials with what `dialling` changes and listens with what `listening` changes; returns what either side refused first.
    private func refusals(
        dialling: (inout PeerNetworkConfiguration) throws -> Void = { _ in },
        listening: (inout PeerNetworkConfiguration) throws -> Void = { _ in }
    ) async throws -> (dialling: Refusal?, listening: Refusal?) {
        let validators = try Validators(3)
        var listener = validators.configuration(0)
        try listening(&listener)
        return try await Node.run(listener) { listener in
            var dialler = validators.configuration(1, ports: [0: listener.port])
            try dialling(&dialler)
            return try await Node.run(dialler) { dialler in
                try await listener.observer.wait("a refusal") { !$0.refusals.isEmpty }
                try await dialler.observer.wait("a refusal") { !$0.refusals.isEmpty }
                for node in [listener, dialler] {
                    #expect(node.observer.record.links.isEmpty)
                    let reasons = node.observer.record.refusals
                    #expect(node.network.statistics.refused(reasons[0]) > 0)
                }
                return (dialler.observer.record.refusals.first, listener.observer.record.refusals.first)
            }
        }
    }

    @Test("A certificate that is pinned to nobody is refused, whatever name it carries")
    func unknownCertificate() async throws {
        let stranger = try TLSMaterial.generate(validator: 1)
        let (dialling, listening) = try await refusals(dialling: { $0.material = stranger })
        #expect(listening == .unknownCertificate)
        #expect(dialling == .refusedByPeer)
    }

    @Test("Who answers with a certificate that is pinned to nobody is not spoken to")
    func unknownServer() async throws {
        let stranger = try TLSMaterial.generate(validator: 0)
        let (dialling, _) = try await refusals(listening: { $0.material = stranger })
        #expect(dialling == .unknownCertificate)
    }

    @Test("Who answers with another validator's certificate is not spoken to")
    func wrongServer() async throws {
        let (dialling, _) = try await refusals(dialling: { configuration in
            // Validator 0's address leads to who holds the key of what is validator 2 here.
            let pins = configuration.peers.map(\.pins)
            configuration.peers[0].pins = pins[1]
            configuration.peers[1].pins = pins[0]
        })
        #expect(dialling == .wrongCertificate)
    }

    @Test("A HELLO that claims another validator than the certificate's is refused (failures 34)")
    func claimedIndex() async throws {
        // Validator 1's key, pinned to 2 by the listener, says that it is 1.
        let (dialling, listening) = try await refusals(listening: { configuration in
            let pins = configuration.peers.map(\.pins)
            configuration.peers[0].pins = pins[1]
            configuration.peers[1].pins = pins[0]
        })
        #expect(listening == .claimedIndex)
        #expect(dialling == .refusedByPeer)
    }

    @Test("A validator of another chain is refused, although its certificate is right")
    func otherChain() async throws {
        let (dialling, listening) = try await refusals(dialling: { $0.chain = Digest.zero })
        #expect(listening == .chain)
        #expect(dialling == .refusedByPeer)
    }

    @Test("An expired certificate and one that is not valid yet are refused (failures 35)")
    func validity() async throws {
        let now = try TLSMaterial.generate(validator: 1).notBefore + 300
        let pairs: [(from: Int64, to: Int64, reason: Refusal)] = [
            (now - 2000, now - 1000, .certificateExpired), (now + 10_000, now + 20_000, .certificateNotYetValid),
        ]
        for (from, to, reason) in pairs {
            let material = try TLSMaterial.generate(validator: 1, notBefore: from, notAfter: to)
            let (_, listening) = try await refusals(
                dialling: { $0.material = material },
                listening: { $0.peers[0].pins.append(material.pin) }
            )
            #expect(listening == reason)
            let server = try TLSMaterial.generate(validator: 0, notBefore: from, notAfter: to)
            let (dialling, _) = try await refusals(
                dialling: { $0.peers[0].pins = [server.pin] },
                listening: { $0.material = server }
            )
            #expect(dialling == reason)
        }
    }

    @Test("A peer may have two pins while it changes its key, and pins change without a restart")
    func rotation() async throws {
        let validators = try Validators(2)
        let next = try TLSMaterial.generate(validator: 1)
        try await Node.run(validators.configuration(0)) { listener in
            let dialler = validators.configuration(1, ports: [0: listener.port])
            try await Node.run(dialler) { node in
                try await node.observer.wait("linked") { $0.connected == [0] }
                try await listener.observer.wait("linked to the dialler") { $0.connected == [1] }
                #expect(listener.network.statistics.peers[0].certificateNotAfter == validators.materials[1].notAfter)
            }
            var changed = dialler
            changed.material = next
            try await Node.run(changed) { node in
                try await listener.observer.wait("refused") { $0.refusals.contains(.unknownCertificate) }
                var peers = validators.endpoints(ports: [:])
                peers[1].pins.append(next.pin)
                listener.network.replace(peers: peers)
                try await node.observer.wait("linked") { $0.connected == [0] }
            }
            try await Node.run(dialler) { node in
                try await node.observer.wait("linked with the former key") { $0.connected == [0] }
                // The own certificate changes while running; the link stays, and the next one shows the new one.
                try node.network.replace(material: next)
                #expect(node.network.statistics.certificateNotAfter == next.notAfter)
                #expect(node.observer.record.connected == [0])
            }
        }
    }

    @Test(
        "Whoever holds a validator's key and breaks the protocol is refused with the reason",
        arguments: [
            ([0, 0, 0, 1, 1], Refusal.frameMalformed),
            ([0, 0, 0, 3, 0, 0x84, 1], .helloMalformed),
            ([0xff, 0xff, 0xff, 0xff, 0], .frameTooLong),
            (
                Rogue.frame(
                    0,
                    Hello(protocolVersion: 9, chain: Validators.chain, index: 1, softwareVersion: "").encoded
                ),
                .protocolVersion
            ),
            (
                Rogue.frame(0, Hello(chain: Validators.chain, index: 1, softwareVersion: "").encoded)
                    + [0xff, 0xff, 0xff, 0xff, 1], .frameTooLong
            ),
            (
                Rogue.frame(0, Hello(chain: Validators.chain, index: 1, softwareVersion: "").encoded)
                    + [0, 0, 0, 1, 77], .frameMalformed
            ),
        ] as [([UInt8], Refusal)]
    )
    func brokenProtocol(bytes: [UInt8], reason: Refusal) async throws {
        let validators = try Validators(2)
        try await Node.run(validators.configuration(0)) { node in
            let rogue = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
            rogue.send(bytes)
            try await rogue.wait { $0.isClosed }
            try await node.observer.wait("refused") { $0.refusals == [reason] }
            #expect(node.network.statistics.refused(reason) == 1)
            #expect(node.observer.record.connected.isEmpty)
        }
    }

    @Test("A certificate without its HELLO is told nothing and closed in time")
    func noHello() async throws {
        let validators = try Validators(2)
        var configuration = validators.configuration(0)
        configuration.limits.handshakeMilliseconds = 300
        try await Node.run(configuration) { node in
            let rogue = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
            try await rogue.wait { $0.isClosed }
            #expect(rogue.heard.byteCount == 0)
            #expect(node.observer.record.refusals == [.handshakeTimeout])
        }
    }

    @Test("Silent connections hold their places only until others want them")
    func halfOpen() async throws {
        let validators = try Validators(2)
        var configuration = validators.configuration(0)
        configuration.limits.halfOpenCount = 8
        configuration.limits.handshakeMilliseconds = 60_000
        try await Node.run(configuration) { node in
            var rogues: [Rogue] = []
            for _ in 0..<30 { rogues.append(try await Rogue.connect(to: node.port)) }
            for rogue in rogues[..<22] { try await rogue.wait { $0.isClosed } }
            try await node.observer.wait("refused") { $0.refusals.count == 22 }
            #expect(node.network.statistics.refused(.halfOpenLimit) == 22)
            #expect(node.network.statistics.halfOpen == 8)
            try await Node.run(validators.configuration(1, ports: [0: node.port])) { dialler in
                try await dialler.observer.wait("linked") { $0.connected == [0] }
                #expect(node.network.statistics.refused(.halfOpenLimit) == 23)
            }
            #expect(rogues[23...].allSatisfy { !$0.heard.isClosed })
            for rogue in rogues { rogue.close() }
        }
    }

    @Test("The newest connection of a validator carries its link, and the former one ends")
    func replaced() async throws {
        let validators = try Validators(2)
        try await Node.run(validators.configuration(0)) { node in
            let hello = Hello(chain: Validators.chain, index: 1, softwareVersion: "")
            let former = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
            former.send(hello)
            try await node.observer.wait("linked") { $0.connections(1) == 1 }
            let newer = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
            newer.send(hello)
            try await node.observer.wait("linked again") { $0.connections(1) == 2 }
            try await former.wait { $0.isClosed }
            #expect(node.observer.record.links == [.connected(peer: 1), .disconnected(peer: 1), .connected(peer: 1)])
            newer.send(Rogue.frame(Lane.consensus.rawValue, [7]))
            try await node.observer.wait("a frame") { $0.frameCount == 1 }
            newer.close()
        }
    }
    @Test("Connections of one validator that replace each other again and again are told; one that does so once is not")
    func contested() async throws {
        let validators = try Validators(2)
        try await Node.run(validators.configuration(0)) { node in
            let hello = Hello(chain: Validators.chain, index: 1, softwareVersion: "")
            var last: Rogue?
            for number in 1...5 {
                #expect(node.network.statistics.peers.allSatisfy { !$0.isContested }, "\(number)")
                let rogue = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
                rogue.send(hello)
                try await node.observer.wait("linked") { $0.connections(1) == number }
                last = rogue
            }
            #expect(node.network.statistics.peers.first { $0.index == 1 }?.isContested == true)
            last?.close()
        }
    }
}
