import NIOCore
import PeerNetwork
import Testing

/// What a peer that is slow, silent or flooded makes of a link.
@Suite("Pressure", .timeLimit(.minutes(3)))
struct PressureTests {
    static let hello = Hello(chain: Validators.chain, index: 1, softwareVersion: "")

    @Test("A peer whose frames are not processed is not read any more, is written to all the same, and loses nothing")
    func unprocessed() async throws {
        var limits = NetworkLimits.standard
        limits.unprocessedByteCount = 256 << 10
        let bound = limits.unprocessedByteCount
        try await Node.runAll(Validators(2), limits: limits) { nodes in
            let expected = (0..<600).map { LinkTests.payload($0, byteCount: 10 << 10) }
            for frame in expected { #expect(nodes[0].network.send(.fetch, frame, to: 1)) }
            try await nodes[1].observer.wait("the bound") { $0.frameCount * (10 << 10) > bound }
            #expect(nodes[1].network.statistics.peers[0].isPaused)
            #expect(nodes[1].network.send(.consensus, [9], to: 0))
            try await nodes[0].observer.wait("the other direction") { $0.frameCount == 1 }
            var received: [[UInt8]] = []
            while received.count < expected.count {
                let known = received.count
                try await nodes[1].observer.wait("more frames") { $0.frameCount > known }
                // What one read brings may be on top of the bound.
                #expect(nodes[1].network.statistics.peers[0].unprocessedBytes <= bound + 512 << 10)
                received += nodes[1].observer.take().map(\.bytes)
            }
            #expect(received == expected)
            #expect(nodes[0].network.statistics.peers[0].lanes[.fetch].framesDropped == 0)
            try await poll("all credit is back") { nodes[1].network.statistics.peers[0].unprocessedBytes == 0 }
            #expect(!nodes[1].network.statistics.peers[0].isPaused)
        }
    }

    @Test("A link that says nothing lives by keep-alives; one that falls silent is given up; one not read is neither")
    func silence() async throws {
        let validators = try Validators(2)
        var configuration = validators.configuration(0)
        configuration.limits.keepAliveMilliseconds = 20
        configuration.limits.idleMilliseconds = 2000
        configuration.limits.unprocessedByteCount = 1000
        try await Node.run(configuration) { node in
            let rogue = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
            rogue.send(Self.hello)
            // At 20 ms at least, so many take longer than the link would live without answers.
            try await rogue.wait { $0.keepAlives >= 150 }
            #expect(node.observer.record.links == [.connected(peer: 1)])
            rogue.stopAnsweringKeepAlives()
            // Now a frame that fills the bound: the network does not read, and does not take that for silence.
            rogue.send(Rogue.frame(Lane.fetch.rawValue, [UInt8](repeating: 1, count: 2000)))
            try await node.observer.wait("the frame") { $0.frameCount == 1 }
            let heard = rogue.heard.keepAlives
            try await rogue.wait { $0.keepAlives >= heard + 150 }
            #expect(node.observer.record.links == [.connected(peer: 1)])
            #expect(node.network.statistics.peers[0].isPaused)
            node.observer.release()
            try await node.observer.wait("given up") { $0.connected.isEmpty }
            #expect(node.network.statistics.linksIdle == 1)
            try await rogue.wait { $0.isClosed }
        }
    }
}
