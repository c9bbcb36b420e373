import Foundation
import Testing

@Suite("The vault's commands", .timeLimit(.minutes(5)))
struct VaultCommandTests {
    @Test("A profile is stored, read by consent, and erased for good")
    func life() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["AKASHI_VAULT": folder + "/vault", "AKASHI_VAULT_KEY": folder + "/operator.key"]
        func vault(_ arguments: String...) throws -> Program {
            try Program.run(["vault"] + arguments + ["--json"], environment: environment)
        }
        #expect(try vault("init").status == 0)
        let put = try vault("put", "--profile", "@\(Samples.root)/testnet/samples/resident.json")
        #expect(put.status == 0, "\(put.errors)")
        let subject = try #require(put.json()["subject"] as? String)
        let reference = try #require(put.json()["reference"] as? String)

        let denied = try vault("get", reference, "--reader", "clinic", "--purpose", "care")
        #expect(denied.status == 1)
        #expect(denied.errors.contains("CONSENT"))
        #expect(denied.output.isEmpty)

        #expect(try vault("consent", subject, "--purpose", "care").status == 0)
        let read = try vault("get", reference, "--reader", "clinic", "--purpose", "care")
        let profile = try #require(read.json()["profile"] as? [String: Any])
        #expect(profile["email"] as? String == "hana@example.jp")

        #expect(try vault("erase", subject, "--reader", "city", "--purpose", "request").status == 0)
        let gone = try vault("get", reference, "--reader", "clinic", "--purpose", "care")
        #expect(gone.errors.contains("STATE"))
        let entries = try #require(vault("log").json()["entries"] as? [[String: Any]])
        #expect(entries.compactMap { $0["outcome"] as? String } == ["DENIED", "ALLOWED", "ERASED", "DENIED"])
    }

    @Test("The operator's key is replaced: the new one reads, the old one is refused")
    func rekey() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func vault(_ key: String, _ arguments: String...) throws -> Program {
            let environment = ["AKASHI_VAULT": folder + "/vault", "AKASHI_VAULT_KEY": folder + "/" + key]
            return try Program.run(["vault"] + arguments + ["--json"], environment: environment)
        }
        #expect(try vault("old.key", "init").status == 0)
        let put = try vault("old.key", "put", "--profile", "@\(Samples.root)/testnet/samples/resident.json")
        let reference = try #require(put.json()["reference"] as? String)
        _ = try vault("old.key", "get", reference, "--reader", "clinic", "--purpose", "care")

        let rekeyed = try vault("old.key", "rekey", "--new-operator-key", folder + "/new.key")
        #expect(rekeyed.status == 0, "\(rekeyed.errors)")
        #expect(try rekeyed.json()["operator_key"] as? String == folder + "/new.key")
        let old = try vault("old.key", "log")
        #expect(old.status == 1)
        #expect(old.errors.contains("KEY"))
        let entries = try #require(vault("new.key", "log").json()["entries"] as? [[String: Any]])
        #expect(entries.compactMap { $0["outcome"] as? String } == ["DENIED"])
    }

    @Test("A refused init leaves no key behind")
    func refusedInit() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["AKASHI_VAULT": folder + "/vault", "AKASHI_VAULT_KEY": folder + "/vault/operator.key"]
        try FileManager.default.createDirectory(atPath: folder + "/vault", withIntermediateDirectories: true)
        let program = try Program.run(["vault", "init"], environment: environment)
        #expect(program.status == 1)
        #expect(program.errors.contains("KEY"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/vault").isEmpty)
    }

    @Test("A profile with an unknown member is refused, not stored in part")
    func closedProfile() throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["AKASHI_VAULT": folder + "/vault", "AKASHI_VAULT_KEY": folder + "/operator.key"]
        #expect(try Program.run(["vault", "init"], environment: environment).status == 0)
        let profile = #"{"id":"a","user_name":"b","email":"c","gender":"d","age":1,"nationality":"JP","blood":"0"}"#
        let program = try Program.run(["vault", "put", "--profile", profile], environment: environment)
        #expect(program.status == 1)
        #expect(program.errors.contains("SCHEMA: a profile has no 'blood'"))
        #expect(!program.errors.contains("\"0\""))
    }
}
