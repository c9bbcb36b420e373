import NIOCore
import PeerNetwork
import SeededRandom
import Testing

/// Nobody on the other side makes a validator hold more than its limits say. Each test is a process of its own, since what
/// is measured is the process.
@Suite("Memory", .timeLimit(.minutes(5)))
struct MemoryTests {
    @Test("A peer that does not read costs its sender a bounded queue; the newest frames survive, drops are counted")
    func slowReader() async {
        await #expect(processExitsWith: .success) { try await Self.sendToSlowReader(count: 8000) }
    }

    /// Sends half a gigabyte to somebody who does not read.
    static func sendToSlowReader(count: Int) async throws {
        let validators = try Validators(2)
        var configuration = validators.configuration(0)
        for lane in Lane.allCases {
            configuration.limits.lanes[lane] = LaneLimits(
                frameByteCount: 64 << 10,
                queuedByteCount: 1 << 20,
                queuedFrameCount: 1000
            )
        }
        try await Node.run(configuration) { node in
            let rogue = try await Rogue.connect(to: node.port, tls: Rogue.configuration(validators.materials[1]))
            rogue.send(PressureTests.hello)
            try await node.observer.wait("linked") { $0.connected == [1] }
            try await rogue.channel.setOption(.autoRead, value: false).get()
            let before = residentByteCount()
            for number in 0..<count {
                for lane in Lane.allCases {
                    #expect(node.network.send(lane, LinkTests.payload(number, byteCount: 16 << 10), to: 1))
                }
                guard number % 100 == 0 else { continue }
                for lane in Lane.allCases {
                    let statistics = node.network.statistics.peers[0].lanes[lane]
                    #expect(statistics.queuedBytes <= 1 << 20 + 5)
                    #expect(statistics.queuedFrames <= 1000)
                }
            }
            // Four queues of a megabyte and the connection's buffers are what may be held.
            if let before, let after = residentByteCount() { #expect(after - before < 24 << 20) }
            for lane in Lane.allCases {
                let statistics = node.network.statistics.peers[0].lanes[lane]
                #expect(statistics.framesDropped > count / 2)
                let accounted = statistics.framesDropped + statistics.framesSent + UInt64(statistics.queuedFrames)
                #expect(accounted == UInt64(count))
            }
            #expect(node.observer.record.connected == [1])
            // Once it reads again, it gets what is newest, to the end.
            try await rogue.channel.setOption(.autoRead, value: true).get()
            let last = LinkTests.payload(count - 1, byteCount: 16 << 10)
            try await rogue.wait { heard in Lane.allCases.allSatisfy { heard.newest[$0] == last } }
            rogue.close()
        }
    }

    @Test("Random bytes on the port neither crash nor grow memory, and do not disturb the validators' own link")
    func garbage() async {
        await #expect(processExitsWith: .success) { try await Self.receiveGarbage(connections: 4000) }
    }

    static func receiveGarbage(connections: UInt64) async throws {
        let validators = try Validators(2)
        var configuration = validators.configuration(0)
        configuration.limits.handshakeMilliseconds = 500
        try await Node.run(configuration) { node in
            try await Node.run(validators.configuration(1, ports: [0: node.port])) { peer in
                try await peer.observer.wait("linked") { $0.connected == [0] }
                // The first rounds warm the allocator up.
                try await strangers(0..<500, port: node.port)
                let before = residentByteCount()
                try await strangers(500..<connections, port: node.port)
                if let before, let after = residentByteCount() { #expect(after - before < 16 << 20) }
                try await node.observer.wait("all refused") { $0.refusals.count == connections }
                #expect(node.network.statistics.accepted == connections + 1)
                #expect(node.network.statistics.halfOpen == 0)
                #expect(node.observer.record.links == [.connected(peer: 1)])
                #expect(peer.network.send(.consensus, [1], to: 0))
                try await node.observer.wait("a frame") { $0.frameCount == 1 }
            }
        }
    }

    /// Connects once for each seed, a few at a time, sends what the seed says, and leaves or waits to be thrown out.
    private static func strangers(_ seeds: Range<UInt64>, port: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, seed) in seeds.enumerated() {
                if position >= 40 { try await group.next() }
                group.addTask {
                    var generator = SplitMix64(seed: seed)
                    let rogue = try await Rogue.connect(to: port)
                    for _ in 0..<Int.random(in: 0...3, using: &generator) { rogue.send(noise(&generator)) }
                    if Bool.random(using: &generator) { rogue.close() }
                    try await rogue.wait { $0.isClosed }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Random bytes, most of the time behind something that TLS takes for a record's or a greeting's beginning.
    private static func noise(_ generator: inout SplitMix64) -> [UInt8] {
        let prefixes: [[UInt8]] = [
            [], [22, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb, 3, 3], [22, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3],
            [23, 3, 3, 0x40, 0], [21, 3, 3, 0, 2], Array("GET / HTTP/1.1\r\n".utf8),
        ]
        let prefix = prefixes[Int.random(in: 0..<prefixes.count, using: &generator)]
        return prefix + generator.bytes(Int.random(in: 0...4000, using: &generator))
    }

    @Test("Random frames from the holder of a validator's key neither crash nor grow memory")
    func garbageFrames() async {
        await #expect(processExitsWith: .success) { try await Self.receiveGarbageFrames(connections: 400) }
    }

    static func receiveGarbageFrames(connections: UInt64) async throws {
        let validators = try Validators(2)
        let tls = try Rogue.configuration(validators.materials[1])
        try await Node.run(validators.configuration(0)) { node in
            var before: Int?
            for seed in 0..<connections {
                let rogue = try await Rogue.connect(to: node.port, tls: tls)
                babble(to: rogue, seed: seed)
                rogue.close()
                try await rogue.wait { $0.isClosed }
                node.observer.release()
                if seed == 50 { before = residentByteCount() }
            }
            if let before, let after = residentByteCount() { #expect(after - before < 16 << 20) }
            // The port still serves.
            let rogue = try await Rogue.connect(to: node.port, tls: tls)
            rogue.send(PressureTests.hello)
            rogue.send(Rogue.frame(Lane.sync.rawValue, [4, 2]))
            try await node.observer.wait("a frame") { $0.frames.last?.bytes == [4, 2] }
            rogue.close()
        }
    }

    private static func babble(to rogue: Rogue, seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        if Int.random(in: 0..<4, using: &generator) > 0 { rogue.send(PressureTests.hello) }
        for _ in 0..<10 {
            let payload = generator.bytes(Int.random(in: 0...3000, using: &generator))
            var frame = Rogue.frame(UInt8.random(in: 0...6, using: &generator), payload)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                frame[Int.random(in: 0..<frame.count, using: &generator)] = generator.bytes(1)[0]
            }
            rogue.send(frame)
        }
    }
}
