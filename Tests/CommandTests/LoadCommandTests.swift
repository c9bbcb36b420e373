import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct LoadCommandTests {
    @Test(
        "Settings of the load generator that mean nothing are usage errors",
        arguments: [
            ["--mix", "theft"], ["--mix", "all=2"], ["--accounts", "0"], ["--accounts", "2", "--mix", "order"],
            ["--payload", "1000"], ["--payload", "1000000", "--mix", "evidence"], ["--runs", "0"], ["--rate", "0"],
            ["--pids", "1,x"], ["--per-request", "0"], ["--seconds", "soon"],
        ]
    )
    func wrongUsage(arguments: [String]) throws {
        let program = try Program.run(["load"] + arguments, environment: ["HOME": "/nowhere"])
        #expect(program.status == 2 && program.output.isEmpty, "\(program.errors)")
        #expect(program.errors.contains(arguments[0]) || program.errors.contains("--accounts"), "\(program.errors)")
    }

    @Test(
        "Figures that do not exist, and settings that mean nothing, are usage errors that start nothing",
        arguments: [
            [], ["beauty"], ["growth", "--parts", "wealth"], ["latency", "--seconds", "0"],
            ["faults", "--kills", "-1"],
            ["growth", "--minutes", "soon"],
        ]
    )
    func wrongFigures(arguments: [String]) throws {
        let program = try Program.run(arguments, command: "\(Samples.root)/testnet/figures")
        #expect(program.status == 2 && program.output.isEmpty, "\(program.errors)")
        #expect(program.errors.contains("usage:"))
    }

    @Test("All steps of all life cycles take effect on a real network, none is lost, and the runs' documents say so")
    func allLifeCycles() throws {
        try Testnet.run { testnet in
            let file = testnet.home + "/runs.json"
            let load = try testnet.script(
                "load",
                [
                    "--mix", "all", "--accounts", "7", "--in-flight", "4", "--per-request", "10", "--warm-up", "0",
                    "--seconds", "120", "--transactions", "1300", "--runs", "2", "--json", file,
                ]
            )
            try #require(load.status == 0, "\(load.errors)")
            for heading in ["run 2", "median", "spread", "efficiency", "threads: engine", "held up by"] {
                #expect(load.output.contains(heading), "\(heading) in \(load.output)")
            }
            let bytes = try #require(FileManager.default.contents(atPath: file))
            let runs = try #require(JSONSerialization.jsonObject(with: bytes) as? [[String: Any]])
            try #require(runs.count == 2)
            for run in runs {
                #expect(run["committed"] as? Int == 1300)
                for outcome in ["lost", "failed", "rejected"] { #expect(run[outcome] as? Int == 0, "\(run)") }
                let methods = try #require(run["methods"] as? [String: Int])
                for method in Self.methods { #expect(methods[method] ?? 0 > 0, "\(method) of \(methods)") }
                #expect(Set(methods.keys) == Set(Self.methods))
                let uses = try #require(run["validator_use"] as? [[String: Any]])
                #expect(uses.count == 4)
                for use in uses {
                    let threads = try #require(use["threads_cpu_s"] as? [String: Double])
                    for group in ["engine", "execution", "journal", "signatures"] {
                        #expect(threads[group] ?? 0 > 0, "\(group) of \(threads)")
                    }
                    #expect(use["syncs"] as? Int ?? 0 > 0)
                    #expect(use["written_bytes"] as? Int ?? 0 > 0)
                    #expect(use["sent_bytes"] as? Int ?? 0 > 0)
                }
            }
        }
    }

    private static let methods = [
        "consent commit-record", "consent decide-access", "consent grant-consent", "consent request-access",
        "consent serve-access", "consent withdraw-consent", "governance enrol-account",
        "governance reinstate-account", "governance revoke-account", "governance suspend-account",
        "marketplace accept", "marketplace confirm", "marketplace deliver", "marketplace open", "marketplace order",
        "marketplace transfer", "tfc apply", "tfc assent", "tfc attest", "tfc commit", "tfc create-field",
        "tfc disclose", "tfc join-field", "tfc reveal", "trust-store append", "trust-store assess",
    ]
}
