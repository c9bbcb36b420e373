import Foundation
import Testing

@Suite("Commands end with 0, 1 for a refusal with code and reason, or 2 for wrong usage", .timeLimit(.minutes(5)))
struct CommandTests {
    @Test(
        "Wrong usage ends with 2 and says so on standard error only",
        arguments: [
            ["nonsense"], ["status", "--nonsense"], ["tx", "status"], ["tx", "status", "12"], ["testnet", "init"],
            ["market", "issue", "nobody", "1"], ["verify", "somewhere"], ["query", "governance"],
            ["testnet", "init", "--validators", "0", "--out", "/nowhere"], ["field", "vote", "12", "maybe"],
        ]
    )
    func wrongUsage(arguments: [String]) throws {
        let program = try Program.run(arguments, environment: ["HOME": "/nowhere"])
        #expect(program.status == 2, "\(program.errors)")
        #expect(program.output.isEmpty)
        #expect(!program.errors.isEmpty)
    }

    @Test("Help and version end with 0 on standard output")
    func help() throws {
        for arguments in [["--help"], ["market", "--help"], ["help", "vault"], ["--version"]] {
            let program = try Program.run(arguments)
            #expect(program.status == 0)
            #expect(!program.output.isEmpty)
            #expect(program.errors.isEmpty)
        }
    }

    @Test("A node that is not there is a refusal with a code")
    func noNode() throws {
        let program = try Program.run(["status", "--node", "http://127.0.0.1:1"])
        #expect(program.status == 1)
        #expect(program.errors.contains("NETWORK: http://127.0.0.1:1 does not answer (connection refused)"))
        #expect(program.output.isEmpty)
    }

    @Test("Nobody to ask, or an address that is none, is a usage error", arguments: ["status", "doctor"])
    func noAddress(command: String) throws {
        for node in ["", ",,", "http://127.0.0.1:65536", "http://127.0.0.1:-5", "http://", "ftp://127.0.0.1:1"] {
            let program = try Program.run([command, "--node", node])
            #expect(program.status == 2 && program.output.isEmpty, "\(node): \(program.errors)")
        }
    }

    @Test("What can be called and asked is listed without a node")
    func list() throws {
        let program = try Program.run(["query", "--list", "--json"])
        let contracts = try #require(program.json()["contracts"] as? [[String: Any]])
        #expect(
            Set(contracts.compactMap { $0["name"] as? String }).isSuperset(of: ["governance", "marketplace", "tfc"])
        )
    }

    @Test("A key store opens with its passphrase, and never with another or from a file that others may read")
    func keys() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = folder + "/keys"
        let environment = ["AKASHI_PASSPHRASE": "tall trees", "AKASHI_KEYS": store]
        let made = try Program.run(["keys", "new", "seller", "--json"], environment: environment)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try Program.run(["keys", "new", "seller"], environment: environment).errors.contains("DUPLICATE"))
        let wrong = ["AKASHI_PASSPHRASE": "tall tree", "AKASHI_KEYS": store]
        let refused = try Program.run(
            ["tx", "send", "a", "b", "--as", "seller", "--node", "http://127.0.0.1:1"],
            environment: wrong
        )
        #expect(refused.status == 1)
        let listed = try Program.run(["keys", "list", "--json"], environment: ["AKASHI_KEYS": store])
        let keys = try #require(listed.json()["keys"] as? [[String: Any]])
        #expect(keys.first?["account"] as? String == (try made.json()["account"] as? String))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: store)
        let open = try Program.run(["keys", "list"], environment: ["AKASHI_KEYS": store])
        #expect(open.status == 1)
        #expect(open.errors.contains("chmod 600"))
    }

    @Test("A test network's files are made once, complete, and with secrets for their owner only")
    func testnet() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let out = folder + "/run"
        let made = try Program.run(["testnet", "init", "--validators", "4", "--out", out, "--json"])
        #expect(made.status == 0, "\(made.errors)")
        for index in 0..<4 {
            for secret in ["keys/consensus.key", "tls/key.pem"] {
                let path = "\(out)/validator-\(index)/\(secret)"
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
                #expect(mode?.intValue == 0o600, "\(path)")
            }
            let genesis = FileManager.default.contents(atPath: "\(out)/validator-\(index)/genesis")
            #expect(genesis != nil && genesis == FileManager.default.contents(atPath: out + "/genesis"))
        }
        let again = try Program.run(["testnet", "init", "--validators", "4", "--out", out])
        #expect(again.status == 1)
        #expect(again.errors.contains("DUPLICATE"))
        let home = try Program.run(["init", "--home", folder + "/stranger", "--chain", out + "/genesis"])
        #expect(home.errors.contains("REFERENCE: this home's key is none of the genesis' validators"))
    }

    @Test("What is no proof is refused with the reason")
    func verify() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let out = folder + "/run"
        #expect(try Program.run(["testnet", "init", "--validators", "1", "--out", out]).status == 0)
        try Data([0xA0]).write(to: URL(filePath: folder + "/empty.proof"))
        let program = try Program.run(["verify", folder + "/empty.proof", "--genesis", out + "/genesis"])
        #expect(program.status == 1)
        #expect(program.errors.contains("PROOF: the file is not a proof"))
        let swapped = try Program.run(["verify", out + "/genesis", "--genesis", folder + "/empty.proof"])
        #expect(swapped.status == 1)
        #expect(swapped.errors.contains("not a genesis file"))
    }
}
