import PeerNetwork
import Primitives
import Testing

@Suite("Links", .timeLimit(.minutes(3)))
struct LinkTests {
    /// A payload that says its number.
    static func payload(_ number: Int, byteCount: Int = 32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x5a, count: byteCount)
        for position in 0..<4 { bytes[position] = UInt8(truncatingIfNeeded: number >> (24 - 8 * position)) }
        return bytes
    }

    @Test("Two validators exchange frames on every lane, each lane in order")
    func two() async throws {
        try await Node.runAll(Validators(2)) { nodes in
            // As many as the shortest queue takes.
            let count = Lane.allCases.map { NetworkLimits.standard.lanes[$0].queuedFrameCount }.min() ?? 0
            for number in 0..<count {
                for lane in Lane.allCases {
                    #expect(nodes[0].network.send(lane, Self.payload(number, byteCount: 4 + number * 400), to: 1))
                    #expect(nodes[1].network.send(lane, Self.payload(number), to: 0))
                }
            }
            for node in nodes { try await node.observer.wait("frames") { $0.frameCount == 4 * count } }
            for lane in Lane.allCases {
                let long = (0..<count).map { Self.payload($0, byteCount: 4 + $0 * 400) }
                #expect(nodes[1].observer.record.frames(lane, from: 0) == long)
                #expect(nodes[0].observer.record.frames(lane, from: 1) == (0..<count).map { Self.payload($0) })
            }
        }
    }

    @Test("What one of four broadcasts reaches the three others, once, and from whom it is")
    func four() async throws {
        try await Node.runAll(Validators(4)) { nodes in
            for (index, node) in nodes.enumerated() {
                for number in 0..<100 {
                    #expect(node.network.broadcast(.consensus, [UInt8(index), UInt8(number)]) == 3)
                }
            }
            for (index, node) in nodes.enumerated() {
                try await node.observer.wait("broadcasts") { $0.frameCount == 300 }
                for peer in 0..<4 where peer != index {
                    let expected = (0..<100).map { [UInt8(peer), UInt8($0)] }
                    #expect(node.observer.record.frames(.consensus, from: peer) == expected)
                }
            }
            for node in nodes {
                #expect(node.network.statistics.connectedCount == 3)
                #expect(node.network.statistics.refusals.allSatisfy { $0.count == 0 })
            }
        }
    }

    @Test("Frames up to the lane's bound pass, longer ones and strangers' indexes are not queued")
    func bounds() async throws {
        try await Node.runAll(Validators(2)) { nodes in
            for lane in Lane.allCases {
                let longest = NetworkLimits.standard.lanes[lane].frameByteCount
                let frame = Self.payload(1, byteCount: longest)
                #expect(nodes[0].network.send(lane, frame, to: 1))
                #expect(!nodes[0].network.send(lane, frame + [0], to: 1))
                #expect(nodes[0].network.broadcast(lane, frame + [0]) == 0)
                try await nodes[1].observer.wait("the longest frame") {
                    $0.frames.contains { $0.bytes.count == longest }
                }
                #expect(nodes[1].observer.record.frames(lane, from: 0) == [frame])
                nodes[1].observer.release()
            }
            for index in [-1, 0, 2, Int.max, Int.min] { #expect(!nodes[0].network.send(.consensus, [1], to: index)) }
            #expect(nodes[0].network.send(.consensus, [], to: 1))
            try await nodes[1].observer.wait("an empty frame") { $0.frames.last?.bytes == [] }
        }
    }

    @Test(
        "Whichever side restarts, the link comes back, and frames for nobody are counted, not kept",
        arguments: [0, 1]
    )
    func restart(restarted: Int) async throws {
        let validators = try Validators(2)
        let first = try await Node.startOnFixedPort(validators.configuration(0))
        let ports = [0: first.port]
        let second = try await Node.start(validators.configuration(1, ports: ports))
        var nodes = [first, second]
        for node in nodes { try await node.observer.wait("linked") { $0.connected.count == 1 } }
        let stays = nodes[1 - restarted]
        do {
            await nodes[restarted].network.shutdown()
            try await stays.observer.wait("the link ends") { $0.connected.isEmpty }
            #expect(!stays.network.send(.consensus, [1], to: restarted))
            #expect(stays.network.statistics.peers[0].lanes[.consensus].framesUnlinked == 1)
            #expect(stays.network.statistics.peers[0].lanes[.consensus].queuedFrames == 0)
            nodes[restarted] = try await Node.startAgain(
                validators.configuration(restarted, ports: ports, listenPort: restarted == 0 ? first.port : 0)
            )
            try await stays.observer.wait("the link is back") { $0.connections(restarted) == 2 }
            try await nodes[restarted].observer.wait("the link is back") { $0.connected.count == 1 }
            #expect(stays.network.send(.consensus, [2], to: restarted))
            #expect(nodes[restarted].network.send(.consensus, [3], to: 1 - restarted))
            try await nodes[restarted].observer.wait("a frame") { $0.frameCount == 1 }
            try await stays.observer.wait("a frame") { $0.frameCount == 1 }
            #expect(nodes[restarted].observer.record.frames(.consensus, from: 1 - restarted) == [[2]])
        } catch {
            for node in nodes { await node.network.shutdown() }
            throw error
        }
        for node in nodes { await node.network.shutdown() }
    }

    @Test("A peer that starts long after it was first dialled is found")
    func latePeer() async throws {
        let validators = try Validators(2)
        let former = try await Node.startOnFixedPort(validators.configuration(0))
        let port = former.port
        await former.network.shutdown()
        try await Node.run(validators.configuration(1, ports: [0: port])) { dialling in
            try await poll("failed dials") { dialling.network.statistics.dialsFailed >= 3 }
            let late = try await Node.startAgain(validators.configuration(0, listenPort: port))
            do {
                try await late.observer.wait("linked") { $0.connected == [1] }
                try await dialling.observer.wait("linked") { $0.connected == [0] }
            } catch {
                await late.network.shutdown()
                throw error
            }
            await late.network.shutdown()
        }
    }

    @Test("A clean stop sends what is queued")
    func stop() async throws {
        let validators = try Validators(2)
        try await Node.run(validators.configuration(0)) { receiver in
            let sender = try await Node.start(validators.configuration(1, ports: [0: receiver.port]))
            try await sender.observer.wait("linked") { $0.connected == [0] }
            for number in 0..<500 { sender.network.send(.consensus, Self.payload(number), to: 0) }
            await sender.network.shutdown()
            try await receiver.observer.wait("the link ends") { $0.links.last == .disconnected(peer: 1) }
            #expect(receiver.observer.record.frames(.consensus, from: 1) == (0..<500).map { Self.payload($0) })
        }
    }

    @Test("Many senders on many threads lose nothing while the queues have room")
    func concurrentSenders() async throws {
        try await Node.runAll(Validators(4)) { nodes in
            await withTaskGroup(of: Void.self) { group in
                for (index, node) in nodes.enumerated() {
                    for lane in Lane.allCases {
                        group.addTask {
                            for number in 0..<(lane == .sync ? 50 : 500) {
                                node.network.broadcast(lane, Self.payload(number) + [UInt8(index)])
                            }
                        }
                    }
                }
            }
            for (index, node) in nodes.enumerated() {
                try await node.observer.wait("all frames") { $0.frameCount == 3 * 1550 }
                for peer in 0..<4 where peer != index {
                    for lane in Lane.allCases {
                        let numbers = node.observer.record.frames(lane, from: peer)
                        #expect(numbers == (0..<(lane == .sync ? 50 : 500)).map { Self.payload($0) + [UInt8(peer)] })
                    }
                }
            }
        }
    }
}
