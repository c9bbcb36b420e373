import Foundation
import Ledger
import Primitives
import Testing

@Suite("Members make a genesis together", .timeLimit(.minutes(5)))
struct GenesisTests {
    private struct Member {
        let name: String
        let folder: String
        let environment: [String: String]

        init(_ name: String, in folder: String) throws {
            self.name = name
            self.folder = folder
            environment = ["AKASHI_PASSPHRASE": "tall trees", "AKASHI_KEYS": "\(folder)/\(name).keys"]
        }

        var description: String { "\(folder)/\(name).json" }
        var home: String { "\(folder)/\(name)" }

        func run(_ arguments: [String]) throws -> Program { try Program.run(arguments, environment: environment) }

        func describe(number: String, role: String = "registrar", address: String = "127.0.0.1:7200") throws -> Program
        {
            try run([
                "genesis", "member", "--organisation", name, "--number", number, "--jurisdiction", "jp", "--home", home,
                "--address", address, "--account", "registrar=\(role)", "--out", description, "--json",
            ])
        }
    }

    @Test("two members describe themselves, one puts it together, and both find their places in it")
    func make() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let members = try ["ours", "theirs"].map { try Member($0, in: folder) }
        for (member, number) in zip(members, ["7000012050002", "7990001999901"]) {
            #expect(try member.describe(number: number).errors.contains("KEY: there is no key 'registrar'"))
            #expect(try member.run(["keys", "new", "registrar"]).status == 0)
            #expect(try member.describe(number: "1234567890123").errors.contains("MALFORMED"))
            #expect(try member.describe(number: number, role: "king").errors.contains("'king' is no role"))
            #expect(try member.describe(number: number, address: "here").errors.contains("is not host:port"))
            #expect(try member.run(["genesis", "make", "--name", "c", "--out", "x", member.description]).status == 1)
            let made = try member.describe(number: number)
            #expect(made.status == 0, "\(made.errors)")
        }
        let genesis = folder + "/genesis"
        let arguments = ["genesis", "make", "--name", "our-chain", "--out", genesis] + members.map(\.description)
        let made = try members[0].run(arguments + ["--json"])
        #expect(made.status == 0, "\(made.errors)")
        #expect(try members[0].run(arguments).errors.contains("DUPLICATE"))
        let chain = try Chain(decoding: [UInt8](Data(contentsOf: URL(filePath: genesis))))
        #expect(try made.json()["chain"] as? String == chain.id.hex)
        #expect(chain.genesis.organisations.count == 2 && chain.genesis.accounts.count == 2)
        for (index, member) in members.enumerated() {
            let place = try member.run(["init", "--home", member.home, "--chain", genesis, "--json"])
            #expect(place.status == 0, "\(place.errors)")
            #expect(try place.json()["index"] as? Int == index)
        }
        // Who is not in it makes an observer's home, and says so.
        let stranger = folder + "/stranger"
        let refused = try members[0].run(["init", "--home", stranger, "--chain", genesis])
        #expect(refused.status == 1 && refused.errors.contains("--observer"))
        #expect(try members[0].run(["init", "--home", stranger, "--chain", genesis, "--observer"]).status == 0)
        let configuration = try String(contentsOfFile: stranger + "/akashi.yaml", encoding: .utf8)
        #expect(!configuration.contains("index:"))
    }
}
