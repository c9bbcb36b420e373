import NIOCore
import NIOSSL
import PeerNetwork
import Primitives
import Synchronization
import Testing

/// Who may follow, what a follower may say, and how much of a validator all of them can have.
@Suite("Followers", .timeLimit(.minutes(3)))
struct FollowerTests {
    static let maker = Identifier.constantForTests("maker")
    static let port = Identifier.constantForTests("port")

    /// Times that no machine is too slow for, but where a test is about one.
    static let patient = {
        var limits = NetworkLimits.standard
        limits.handshakeMilliseconds = 60_000
        limits.connectMilliseconds = 60_000
        limits.followerIdleMilliseconds = 60_000
        limits.followMilliseconds = 60_000
        return limits
    }()

    /// Questions that a network passed on, to be answered when the test says so.
    final class Questions: Sendable {
        private let held = Mutex<[FollowerRequest]>([])
        private let seen = Mutex(0)

        var count: Int { seen.withLock { $0 } }

        func take(_ request: FollowerRequest) {
            held.withLock { $0.append(request) }
            seen.withLock { $0 += 1 }
        }

        /// Answers all that wait, with what they asked.
        func echo() { for request in held.withLock({ $0.takeAll() }) { request.answer(request.bytes) } }

        /// Lets go of all that wait.
        func drop() { _ = held.withLock { $0.takeAll() } }
    }

    /// A network that serves these followers; its questions are answered at once, or held.
    private func serving(
        _ followers: [Digest: Identifier],
        limits: NetworkLimits = FollowerTests.patient,
        questions: Questions? = nil,
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]? = { $0 },
        _ body: (Node, Validators) async throws -> Void
    ) async throws {
        let validators = try Validators(2)
        var configuration = validators.configuration(0)
        configuration.followers = followers
        configuration.limits = limits
        let node = try await Node.start(configuration) { request in
            if let questions { questions.take(request) } else { request.answer(answer(request.bytes)) }
        }
        do {
            try await body(node, validators)
            await node.network.shutdown()
        } catch {
            await node.network.shutdown()
            throw error
        }
    }

    /// A network without a seat, which calls others.
    private func calling(
        _ material: TLSMaterial,
        chain: Digest = Validators.chain,
        limits: NetworkLimits = FollowerTests.patient,
        _ body: (PeerNetwork) async throws -> Void
    ) async throws {
        var configuration = PeerNetworkConfiguration(
            index: nil,
            chain: chain,
            material: material,
            peers: [],
            listenHost: Validators.host,
            listenPort: 0,
            softwareVersion: "akashi test"
        )
        configuration.limits = limits
        try await Node.run(configuration) { try await body($0.network) }
    }

    private func reason(_ body: () async throws -> Void) async -> Refusal? {
        do {
            try await body()
            return nil
        } catch let error as RefusedConnection { return error.reason } catch { return .handshake }
    }

    private static let hello = Hello(chain: Validators.chain, index: nil, softwareVersion: "rogue")
    private static func question(_ bytes: [UInt8] = [7]) -> [UInt8] { Rogue.frame(Lane.sync.rawValue, bytes) }

    /// A follower that does what a test wants, greeted already.
    private func rogue(_ material: TLSMaterial, _ node: Node, reads: Bool = true) async throws -> Rogue {
        let rogue = try await Rogue.connect(to: node.port, tls: Rogue.configuration(material), reads: reads)
        rogue.send(Self.hello)
        return rogue
    }

    // MARK: Who

    @Test("A machine whose pin is known asks and is answered, over and over, and is no peer")
    func follows() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        try await serving([material.pin: Self.maker]) { node, _ in
            try await calling(material) { network in
                let call = try await network.follow(host: Validators.host, port: node.port, material: material)
                for number in UInt8(0)..<5 { #expect(try await call.ask([number]) == [number]) }
                #expect(node.network.statistics.followers == 1)
                #expect(node.network.statistics.followerAnswers == 5)
                #expect(node.network.statistics.connectedCount == 0 && node.observer.record.links.isEmpty)
                call.close()
                try await poll("it has left") { node.network.statistics.followers == 0 }
            }
        }
    }

    @Test("A validator of the epoch may follow like any other, and whoever is in no list may not")
    func strangers() async throws {
        let validators = try Validators(2)
        let stranger = try TLSMaterial.generate(validator: 1)
        var configuration = validators.configuration(0)
        configuration.followers = [validators.materials[1].pin: Self.maker]
        try await Node.run(configuration) { node in
            try await calling(validators.materials[1]) { network in
                let call = try await network.follow(
                    host: Validators.host,
                    port: node.port,
                    material: validators.materials[1]
                )
                call.close()
                let refused = await reason {
                    _ = try await network.follow(host: Validators.host, port: node.port, material: stranger)
                }
                #expect(refused == .refusedByPeer)
            }
            #expect(node.observer.record.refusals == [.unknownCertificate])
        }
    }

    @Test("A pin that is among the validators' alone opens a link and nothing else; a follower's, no link")
    func kinds() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        try await serving([material.pin: Self.maker]) { node, validators in
            let silent = try await rogue(validators.materials[1], node)
            try await silent.wait { $0.isClosed }
            try await node.observer.wait("the pin follows nothing") { $0.refusals == [.unknownCertificate] }
            let claiming = try await Rogue.connect(to: node.port, tls: Rogue.configuration(material))
            claiming.send(Hello(chain: Validators.chain, index: 1, softwareVersion: "rogue"))
            try await claiming.wait { $0.isClosed }
            try await node.observer.wait("it is no validator") { $0.refusals.last == .claimedIndex }
            #expect(node.observer.record.links.isEmpty)
        }
    }

    @Test("Who follows is told to leave when its pin is, and one of another chain is refused")
    func leaves() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        try await serving([material.pin: Self.maker]) { node, _ in
            try await calling(material, chain: .zero) { network in
                let refused = await reason {
                    _ = try await network.follow(host: Validators.host, port: node.port, material: material)
                }
                #expect(refused == .refusedByPeer)
            }
            try await node.observer.wait("another chain") { $0.refusals == [.chain] }
            let follower = try await rogue(material, node)
            try await follower.wait { $0.greeting != nil }
            node.network.replace(followers: [:])
            try await follower.wait { $0.isClosed }
        }
    }

    @Test("A follower takes any certificate but its own, and no node of another chain")
    func servers() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        try await calling(material) { network in
            let own = await reason {
                _ = try await network.follow(
                    host: Validators.host,
                    port: network.listeningPort ?? 0,
                    material: material
                )
            }
            #expect(own != nil)
        }
        let validators = try Validators(1)
        var other = validators.configuration(0)
        other.chain = .zero
        other.followers = [material.pin: Self.maker]
        try await Node.run(other) { node in
            try await calling(material) { network in
                let refused = await reason {
                    _ = try await network.follow(host: Validators.host, port: node.port, material: material)
                }
                #expect(refused != nil)
            }
        }
    }

    // MARK: How much

    @Test("An organisation has so many places, all have so many, and a machine's newest connection wins")
    func places() async throws {
        let makers = try (0..<3).map { _ in try TLSMaterial.generate(validator: 9) }
        let ports = try (0..<3).map { _ in try TLSMaterial.generate(validator: 9) }
        var followers: [Digest: Identifier] = [:]
        for material in makers { followers[material.pin] = Self.maker }
        for material in ports { followers[material.pin] = Self.port }
        var limits = Self.patient
        limits.followerCount = 3
        limits.followersOfOrganisation = 2
        try await serving(followers, limits: limits) { node, _ in
            var greeted: [Rogue] = []
            for material in makers[0...1] {
                greeted.append(try await rogue(material, node))
                try await greeted[greeted.count - 1].wait { $0.greeting != nil }
            }
            let third = try await rogue(makers[2], node)
            try await third.wait { $0.isClosed }
            try await node.observer.wait("no place for its organisation") { $0.refusals == [.followerLimit] }
            let other = try await rogue(ports[0], node)
            try await other.wait { $0.greeting != nil }
            let tooMany = try await rogue(ports[1], node)
            try await tooMany.wait { $0.isClosed }
            try await node.observer.wait("no place at all") { $0.refusals == [.followerLimit, .followerLimit] }
            let again = try await rogue(makers[0], node)
            try await again.wait { $0.greeting != nil }
            try await greeted[0].wait { $0.isClosed }
            #expect(node.network.statistics.followers == 3)
        }
    }

    @Test("Followers are answered one at a time, in the order of their questions")
    func turns() async throws {
        let materials = try (0..<3).map { _ in try TLSMaterial.generate(validator: 9) }
        var followers: [Digest: Identifier] = [:]
        for material in materials { followers[material.pin] = Self.maker }
        let questions = Questions()
        try await serving(followers, questions: questions) { node, _ in
            var rogues: [Rogue] = []
            for (number, material) in materials.enumerated() {
                let follower = try await rogue(material, node)
                try await follower.wait { $0.greeting != nil }
                follower.send(Self.question([UInt8(number)]))
                rogues.append(follower)
                try await poll("the first question arrives") { questions.count >= 1 }
            }
            for number in 0..<3 {
                #expect(questions.count == number + 1, "nobody else while one is answered")
                questions.echo()
                try await rogues[number].wait { $0.newest[.sync] == [UInt8(number)] }
                if number < 2 { try await poll("the next question") { questions.count == number + 2 } }
            }
        }
    }

    @Test("A second question before the answer, another lane, a long one, and a keep-alive end the connection")
    func outOfTurn() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        let questions = Questions()
        try await serving([material.pin: Self.maker], questions: questions) { node, _ in
            let bad: [([UInt8], Refusal)] = [
                (Self.question() + Self.question(), .frameMalformed),
                (Rogue.frame(Lane.consensus.rawValue, [1]), .frameMalformed),
                (Rogue.frame(Lane.transactions.rawValue, [1]), .frameMalformed),
                (Rogue.frame(ChannelByte.keepAlive, []), .frameMalformed),
                (Rogue.frame(ChannelByte.hello, Self.hello.encoded), .frameMalformed),
                (Self.question([UInt8](repeating: 0, count: 33)), .frameTooLong),
            ]
            for (count, (bytes, refusal)) in bad.enumerated() {
                let follower = try await rogue(material, node)
                try await follower.wait { $0.greeting != nil }
                follower.send(bytes)
                try await follower.wait { $0.isClosed }
                try await node.observer.wait("\(refusal)") { $0.refusals.count == count + 1 }
                #expect(node.observer.record.refusals.last == refusal)
                questions.drop()
            }
        }
    }

    @Test("A question that makes no sense, and one that nobody answers, end the connection and hold up nobody")
    func nonsense() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        let other = try TLSMaterial.generate(validator: 9)
        let questions = Questions()
        try await serving([material.pin: Self.maker, other.pin: Self.maker], questions: questions) { node, _ in
            let follower = try await rogue(material, node)
            follower.send(Self.question())
            try await poll("the question arrives") { questions.count == 1 }
            questions.drop()
            try await follower.wait { $0.isClosed }
            let next = try await rogue(other, node)
            next.send(Self.question([3]))
            try await poll("the next question arrives") { questions.count == 2 }
            questions.echo()
            try await next.wait { $0.newest[.sync] == [3] }
        }
    }

    @Test("A follower that does not take its answer, and one that asks nothing, are left; the others are served")
    func slow() async throws {
        let slow = try TLSMaterial.generate(validator: 9)
        let idle = try TLSMaterial.generate(validator: 9)
        let good = try TLSMaterial.generate(validator: 9)
        var limits = Self.patient
        limits.followerIdleMilliseconds = 2000
        let followers = [slow.pin: Self.maker, idle.pin: Self.maker, good.pin: Self.maker]
        let large = [UInt8](repeating: 5, count: 16 << 20)
        try await serving(followers, limits: limits, answer: { $0 == [1] ? large : $0 }) { node, _ in
            let stalled = try await rogue(slow, node)
            try await stalled.wait { $0.greeting != nil }
            try await stalled.channel.setOption(.autoRead, value: false).get()
            stalled.send(Self.question([1]))
            let silent = try await rogue(idle, node)
            try await silent.wait { $0.isClosed }
            let served = try await rogue(good, node)
            served.send(Self.question([2]))
            try await served.wait { $0.newest[.sync] == [2] }
            try await node.observer.wait("the slow one is left") { $0.refusals.contains(.followerSlow) }
            stalled.close()
        }
    }

    @Test("Who follows waits only so long for an answer, and a cancelled question ends the call")
    func patience() async throws {
        let material = try TLSMaterial.generate(validator: 9)
        let questions = Questions()
        var limits = Self.patient
        limits.followMilliseconds = 200
        try await serving([material.pin: Self.maker], questions: questions) { node, _ in
            try await calling(material, limits: limits) { network in
                let call = try await network.follow(host: Validators.host, port: node.port, material: material)
                #expect(await reason { _ = try await call.ask([1]) } != nil)
                questions.drop()
            }
            try await calling(material) { network in
                let call = try await network.follow(host: Validators.host, port: node.port, material: material)
                let task = Task { try await call.ask([1]) }
                try await poll("the question is held") { questions.count == 2 }
                task.cancel()
                let result = await task.result
                #expect(throws: (any Error).self) { try result.get() }
                questions.drop()
            }
        }
    }
}

extension Identifier {
    fileprivate static func constantForTests(_ text: String) -> Identifier {
        guard let identifier = Identifier(text) else { preconditionFailure("not an identifier") }
        return identifier
    }
}

extension Array {
    /// Empties the array and returns what it held.
    fileprivate mutating func takeAll() -> [Element] {
        defer { removeAll() }
        return self
    }
}
