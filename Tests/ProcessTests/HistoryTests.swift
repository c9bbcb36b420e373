import AkashiClient
import Foundation
import Histories
import SeededRandom
import Testing

/// Whole processes in network namespaces of their own, faults of every kind, and clients whose histories are judged.
@Suite(.serialized, .enabled(if: NetworkSwitch.isPossible, NetworkSwitch.absence), .timeLimit(.minutes(10)))
struct HistoryTests {
    /// Clients work before, during and after each fault; then everything that they were told must hold together.
    func withClients(
        seed: UInt64,
        minutes: Double = 1,
        _ body: (TestNetwork, HistoryLoad) async throws -> Void
    ) async throws {
        try await TestNetwork.run(separated: true) { network in
            let load = try HistoryLoad(network, seed: seed, minutes: minutes)
            try await load.prepare()
            try await load.run {
                try await waitAnswers(20, load, network)
                try await body(network, load)
                try await network.waitProgress()
                try await waitAnswers(50, load, network)
            }
            try await HistoryCheck(load: load).run()
        }
    }

    func waitAnswers(_ count: Int, _ load: HistoryLoad, _ network: TestNetwork) async throws {
        let before = load.count
        try await network.eventually("clients get answers") { load.count >= before + count }
    }

    func primary(of network: TestNetwork, asking index: Int) async throws -> Int {
        Int(try #require(await network.status(index)).primary)
    }

    @Test("halves that do not reach each other decide nothing, and go on where they were once they do")
    func halves() async throws {
        try await withClients(seed: 1) { network, load in
            try network.begin(.partition([[0, 1], [2, 3]]))
            // What was under way when the links were cut can still become certified; then nothing does.
            var height = await network.certified(on: [0, 1, 2, 3])
            var views: [UInt64] = []
            while views.count < 2 {
                let view = try #require(await network.status(0)).view
                let now = await network.certified(on: [0, 1, 2, 3])
                if now > height { (height, views) = (now, []) }
                // The view timer ran out: a whole timeout without a block.
                if !views.contains(view) { views.append(view) }
            }
            #expect(await network.certified(on: [0, 1, 2, 3]) == height)
            try network.end(.partition([]))
        }
    }

    @Test("three of four go on without the one that is cut off, which comes back by itself")
    func oneCutOff() async throws {
        try await withClients(seed: 2) { network, load in
            let victim = (try await primary(of: network, asking: 0) + 2) % 4
            let others = (0..<4).filter { $0 != victim }
            try network.begin(.partition([[victim], others]))
            try await network.waitCertified(await network.certified(on: others) + 20, on: others)
            try await waitAnswers(30, load, network)
            try network.end(.partition([]))
        }
    }

    @Test("a primary that is cut off, that nobody hears, or that hears nobody is replaced", arguments: [0, 1, 2])
    func primaryCutOff(way: Int) async throws {
        try await withClients(seed: 3 + UInt64(way)) { network, load in
            let victim = try await primary(of: network, asking: 0)
            let others = (0..<4).filter { $0 != victim }
            let view = try #require(await network.status(others[0])).view
            let fault = [NetworkFault.partition([[victim], others]), .mute(victim), .deaf(victim)][way]
            try network.begin(fault)
            for index in others {
                try await network.eventually("validator \(index) is in a later view") {
                    (await network.status(index)?.view ?? 0) > view
                }
            }
            try await network.waitCertified(await network.certified(on: others) + 20, on: others)
            try network.end(fault)
        }
    }

    @Test("slow links that lose packets stop nothing")
    func slow() async throws {
        try await withClients(seed: 6) { network, load in
            try network.begin(.slow(milliseconds: 50, loss: 3))
            try await network.waitCertified(await network.certified(on: [0, 1, 2, 3]) + 20, on: [0, 1, 2, 3])
            try await waitAnswers(50, load, network)
            try network.end(.slow(milliseconds: 0, loss: 0))
        }
    }

    @Test(
        "a clock that is wrong by seconds or by a minute stops nobody, and the validator with it follows",
        arguments: [5000, -5000, 60_000, -60_000]
    )
    func skew(milliseconds: Int) async throws {
        try await withClients(seed: UInt64(70_000 + milliseconds)) { network, load in
            try network.begin(.skewed(2, milliseconds))
            try await network.waitReady([2])
            #expect(network.validators[2].log.contains("clock is set wrong on purpose"))
            try await network.waitCertified(await network.certified(on: [0, 1, 3]) + 40, on: [0, 1, 2, 3])
            try await waitAnswers(30, load, network)
            try network.end(.skewed(2, 0))
        }
    }

    static let minutes = Double(ProcessInfo.processInfo.environment["FAULT_MINUTES"] ?? "") ?? 1
    static let seed = UInt64(ProcessInfo.processInfo.environment["FAULT_SEED"] ?? "") ?? .random(in: 0...999_999)

    @Test(
        "whatever fails, in any order: one chain, one order that explains all answers, and progress after each fault",
        .timeLimit(.minutes(Int(minutes * 3) + 10))
    )
    func anything() async throws {
        print("FAULT_SEED=\(Self.seed) FAULT_MINUTES=\(Self.minutes)")
        var random = SplitMix64(seed: Self.seed)
        try await withClients(seed: Self.seed, minutes: Self.minutes) { network, load in
            let end = ContinuousClock.now + .seconds(Self.minutes * 60)
            while ContinuousClock.now < end {
                let fault = NetworkFault.random(
                    validators: 4,
                    primary: try await primary(of: network, asking: 0),
                    using: &random
                )
                print("FAULT_SEED=\(Self.seed): \(fault)")
                try network.begin(fault)
                try await Task.sleep(for: .milliseconds(Int.random(in: 200...6000, using: &random)))
                try network.end(fault)
                try await network.waitProgress()
            }
        }
    }
}
