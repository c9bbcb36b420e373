import ChildProcess
import Consensus
import Foundation
import Primitives
import Simulator
import Testing

@Suite struct DeterminismTests {
    @Test("one seed is one run: steps, blocks and every random choice", arguments: [3, 17, 300] as [UInt64])
    func sameSeedSameRun(seed: UInt64) {
        var first = Schedule(seed: seed)
        var second = Schedule(seed: seed)
        let (one, two) = (first.run(), second.run())
        #expect(one.fingerprint == two.fingerprint && one.steps == two.steps && one.heights == two.heights)
        var other = Schedule(seed: seed + 1)
        #expect(other.run().fingerprint != one.fingerprint)
    }

    @Test(
        "so it is with real ledgers, whose hashes, keys and database have no chance of their own",
        arguments: [1, 6, 19] as [UInt64]
    )
    func sameSeedSameLedgers(seed: UInt64) {
        var first = Schedule(seed: seed, usesLedger: true, isTraced: true)
        var second = Schedule(seed: seed, usesLedger: true, isTraced: true)
        let (one, two) = (first.run(), second.run())
        #expect(one.fingerprint == two.fingerprint && one.trace == two.trace && one.done == two.done)
        #expect(one.done > 0)
    }

    @Test("and in another process", arguments: [["SEED=300", "LEDGER=0"], ["SEED=8", "LEDGER=1"]])
    func sameSeedSameProcess(settings: [String]) throws {
        let traces = try (0..<2).map { _ in try trace(settings) }
        #expect(traces[0] == traces[1] && traces[0].count > 1000)
    }

    @Test(
        "settings that mean nothing are refused: a run with others than those meant would look like a proof",
        arguments: [
            "SEED=abc", "MINUTES=x", "REPLICAS=32", "MUTATION=nonsense", "TWINS=1 ROUNDS=99", "LEDGER=2",
            "INCLUSION=1 TWINS=1",
        ]
    )
    func refusesSettings(settings: String) throws {
        #expect(try Simulation.run(settings.split(separator: " ").map(String.init)).exit == 2)
    }

    /// What `simulate` prints of a schedule, but for the line with times.
    private func trace(_ settings: [String]) throws -> [Substring] {
        let run = try Simulation.run(["TRACE=1"] + settings)
        #expect(run.exit == 0)
        return run.text.split(separator: "\n").filter { !$0.hasPrefix("schedules ") }
    }

    @Test("a failure names its seed, its commit and the command that shows it again")
    func replay() throws {
        let commit = try #require(Replay.commit)
        let text = Replay(seed: 7, settings: ["LEDGER=1"]).description
        #expect(text == "seed 7 of commit \(commit), again by: TRACE=1 SEED=7 LEDGER=1 simulate")
        #expect(commit.count == 12 && commit.allSatisfy(\.isHexDigit))
    }
}

/// The command of its own.
private enum Simulation {
    static func run(_ settings: [String]) throws -> (exit: Int32, text: String) {
        let output = FileManager.default.temporaryDirectory.appending(path: "akashi-trace-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: output) }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let command = URL(filePath: own).deletingLastPathComponent().appending(path: "simulate").path
        let child = try ChildProcess(["/usr/bin/env"] + settings + [command], output: output, errors: output)
        return (child.wait(), try String(contentsOfFile: output, encoding: .utf8))
    }
}
