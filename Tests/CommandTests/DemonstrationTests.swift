import Foundation
import Glibc
import Testing

@Suite("testnet/ from outside", .serialized, .timeLimit(.minutes(10)))
struct DemonstrationTests {
    @Test("The demonstration runs, runs again with one validator killed, and leaves proofs that verify")
    func demonstration() throws {
        try Testnet.run { testnet in
            let script = testnet.script
            let run = testnet.directory
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
        try Testnet.run { testnet in
            let script = testnet.script
            #expect(try script("kill", ["3"]).status == 0)
            let program = try script("status", ["--json"])
            let validators = try #require(program.json()["validators"] as? [[String: Any]])
            #expect(validators.map { $0["index"] as? Int } == [0, 1, 2, 3])
            #expect(validators.map { $0["alive"] as? Bool } == [true, true, true, false])
            let fields: Set<String> = [
                "index", "alive", "height", "view", "primary", "state_root", "certified_height", "peers",
            ]
            for validator in validators { #expect(fields.isSubset(of: validator.keys)) }
            #expect(try script("kill", ["3"]).status == 1, "what does not run is not signalled")
            #expect(try script("kill", ["4"]).status == 1)
            #expect(try script("kill", ["x"]).status == 2)
            #expect(try script("kill", ["1", "2"]).status == 2, "one at a time")
            #expect(try script("demo", ["once"]).status == 2)
            let help = try script("demo", ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("usage: testnet/demo"))
            #expect(try testnet.validatorProcesses().count == 3, "what was refused did nothing")
        }
    }

    @Test("Validators have sessions of their own: what interrupts a script's terminal does not reach them")
    func sessions() throws {
        try Testnet.run { testnet in
            let processes = try testnet.validatorProcesses()
            #expect(processes.count == 4)
            for process in processes { #expect(getsid(process) == process) }
        }
    }

    @Test("Another network on the same ports is neither started over nor taken for this one")
    func otherNetwork() throws {
        try Testnet.run { testnet in
            var other = testnet
            other.directory += "-other"
            let up = try other.script("up", [])
            #expect(up.status == 1)
            #expect(up.errors.contains("is taken by another program"), "\(up.errors)")

            // Made by hand, with settings: nothing of it runs, and the other's answers are not its own.
            #expect(
                try Program.run(
                    ["testnet", "init", "--out", other.directory, "--api-port", "\(other.port)"]
                        + ["--peer-port", "\(other.port + 100)"]
                ).status == 0
            )
            try FileManager.default.copyItem(
                atPath: testnet.directory + "/settings",
                toPath: other.directory + "/settings"
            )
            let status = try other.script("status", ["--json"]).json()["validators"] as? [[String: Any]]
            #expect(status?.map { $0["alive"] as? Bool } == [false, false, false, false])
            let asked = try Program.run(
                ["status", "--genesis", other.directory + "/genesis", "--node", "http://127.0.0.1:\(other.port)"]
            )
            #expect(asked.status == 1)
            #expect(asked.errors.contains("CHAIN"))
            #expect(try other.script("down", ["--wipe"]).status == 0)
            #expect(try testnet.validatorProcesses().count == 4)
        }
    }

    @Test("What an interrupted up left is made anew; a network without settings is stopped before it is wiped")
    func interrupted() throws {
        try Testnet.run { testnet in
            // As an interruption during `testnet init` leaves it: keys, and no genesis.
            let manager = FileManager.default
            #expect(try testnet.script("down", []).status == 0)
            try manager.moveItem(
                atPath: testnet.directory + "/settings",
                toPath: testnet.directory + "/settings.unfinished"
            )
            try manager.removeItem(atPath: testnet.directory + "/genesis")
            let up = try testnet.script("up", [])
            #expect(up.status == 0, "\(up.errors)")

            let processes = try testnet.validatorProcesses()
            #expect(processes.count == 4)
            try manager.removeItem(atPath: testnet.directory + "/settings")
            let refused = try testnet.script("up", [])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("testnet/down --wipe"))
            #expect(try testnet.script("down", ["--wipe"]).status == 0)
            #expect(!manager.fileExists(atPath: testnet.directory))
            for process in processes { #expect(!Testnet.isRunning(process)) }
        }
    }
}
