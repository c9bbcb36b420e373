import Foundation
import Testing

@Suite("testnet/ from outside", .serialized, .timeLimit(.minutes(10)))
struct DemonstrationTests {
    /// A network of its own, on ports that nothing else uses, stopped and removed at the end.
    private func withNetwork(_ body: (_ script: (String, [String]) throws -> Program, _ run: String) throws -> Void)
        throws
    {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = Int.random(in: 20_000...29_000)
        let environment = [
            "AKASHI_TESTNET_DIR": folder + "/run", "AKASHI_TESTNET_API_PORT": String(port),
            "AKASHI_TESTNET_PEER_PORT": String(port + 100), "AKASHI_BINARY": Program.executable, "HOME": folder,
        ]
        func script(_ name: String, _ arguments: [String]) throws -> Program {
            try Program.run(arguments, command: "\(Samples.root)/testnet/\(name)", environment: environment)
        }
        defer { _ = try? script("down", ["--wipe"]) }
        let up = try script("up", [])
        try #require(up.status == 0, "\(up.errors)")
        try body(script, folder + "/run")
    }

    @Test("The demonstration runs, runs again with one validator killed, and leaves proofs that verify")
    func demonstration() throws {
        try withNetwork { script, run in
            let first = try script("demo", [])
            #expect(first.status == 0, "\(first.output)\n\(first.errors)")
            #expect(first.output.contains("4 validators, height"))

            #expect(try script("kill", ["2"]).status == 0)
            let second = try script("demo", [])
            #expect(second.status == 0, "\(second.output)\n\(second.errors)")
            #expect(second.output.contains("3 validators, height"))

            #expect(try script("restart", ["2"]).status == 0)
            let proofs = try FileManager.default.contentsOfDirectory(atPath: run + "/proofs").sorted()
            #expect(proofs.count >= 8)
            for proof in proofs {
                let verified = try Program.run(["verify", "\(run)/proofs/\(proof)", "--genesis", run + "/genesis"])
                #expect(verified.status == 0, "\(proof): \(verified.errors)")
                #expect(verified.output.hasPrefix("verified\n"))
            }
        }
    }

    @Test("status --json has the fields that scripts rely on, for a validator that is down too")
    func status() throws {
        try withNetwork { script, _ in
            #expect(try script("kill", ["3"]).status == 0)
            let program = try script("status", ["--json"])
            let validators = try #require(program.json()["validators"] as? [[String: Any]])
            #expect(validators.map { $0["index"] as? Int } == [0, 1, 2, 3])
            #expect(validators.map { $0["alive"] as? Bool } == [true, true, true, false])
            let fields: Set<String> = [
                "index", "alive", "height", "view", "primary", "state_root", "certified_height", "peers",
            ]
            for validator in validators { #expect(Set(validator.keys) == fields) }
            #expect(try script("kill", ["3"]).status == 1, "what does not run is not signalled")
            #expect(try script("kill", ["4"]).status == 1)
            #expect(try script("kill", ["x"]).status == 2)
        }
    }
}
