import AkashiClient
import ChildProcess
import Foundation
import Governance
import Ledger
import Primitives
import Testing

/// `akashi proof` against a running network; what it wrote is verified when no node runs any more.
@Suite(.serialized, .enabled(if: OtherLibrary.isPresent, OtherLibrary.absence), .timeLimit(.minutes(5)))
struct ProofCommandTests {
    @Test(
        "every kind of proof file is written checked, and verified offline, by another library too; an altered one is not"
    )
    func offline() async throws {
        var files: [(kind: String, path: String)] = []
        var client: CommandLineClient?
        var statement = ""
        try await TestNetwork.run { network in
            let keep = try FileManager.default.url(
                for: .itemReplacementDirectory,
                in: .userDomainMask,
                appropriateFor: URL(filePath: network.directory),
                create: true
            ).path
            let sent = TestTransactions.commit(on: network)
            let answers = try await network.validators[0].client.submit(many: [sent.bytes], waitSeconds: 30)
            let final = try #require(answers.first { $0.status == "final" && $0.code == "OK" })
            let height = try #require(final.height)
            let commands = try network.commandLine()
            let row = Hex.encode(Governance.stateKey(ofAccount: network.custodian.account))
            let nothing = Hex.encode(Governance.stateKey(ofAccount: AccountID(Digest(words: (7, 7, 7, 7)))))
            for (kind, words) in [
                ("transaction", ["proof", "transaction", sent.id.hex]), ("transaction", ["tx", "proof", sent.id.hex]),
                ("receipt", ["proof", "receipt", sent.id.hex]), ("event", ["proof", "event", "\(height)-0"]),
                ("state", ["proof", "state", row]), ("absence", ["proof", "state", nothing]),
            ] {
                let path = "\(keep)/\(files.count).proof"
                let written = try commands.document(words + ["--out", path, "--json"])
                #expect(written["kind"] as? String == kind && written["verified"] as? Bool == true, "\(written)")
                files.append((kind, path))
            }
            statement = "\(keep)/sale.cose"
            let nodes = network.validators.map { "http://127.0.0.1:\($0.apiPort)" }.joined(separator: ",")
            let cose = try commands.document([
                "proof", "cose", sent.id.hex, "--node", nodes, "--out", statement, "--json",
            ])
            #expect((cose["validators"] as? [String])?.count == 4, "\(cose)")
            let genesis = "\(keep)/genesis"
            try FileManager.default.copyItem(atPath: commands.genesis, toPath: genesis)
            client = CommandLineClient(folder: keep, genesis: genesis, node: "http://127.0.0.1:1")
        }
        let offline = try #require(client)
        defer { try? FileManager.default.removeItem(atPath: offline.folder) }
        for (kind, path) in files {
            #expect(try offline.document(["verify", path, "--json"])["kind"] as? String == kind)
            var bytes = try Data(contentsOf: URL(filePath: path))
            bytes[bytes.count - 9] ^= 1
            try bytes.write(to: URL(filePath: path))
            let altered = try offline.run(["verify", path])
            #expect(altered.status == 1 && !altered.output.contains("verified"), "\(kind): \(altered.output)")
        }
        let keys = try receiptKeys(statement, offline.folder)
        #expect(Set(keys).count == 4)
    }

    /// The keys of the receipts in a transparent statement that verify, by a library that shares no code with this one.
    private func receiptKeys(_ path: String, _ folder: String) throws -> [String] {
        let statement = Hex.encode([UInt8](try Data(contentsOf: URL(filePath: path))))
        try Data(#"[{"statement": "\#(statement)"}]"#.utf8).write(to: URL(filePath: folder + "/questions"))
        let script = PythonEnvironment.root.appending(path: "Tests/FormatTests/Interop/cose_receipt.py").path
        let command = "exec '\(OtherLibrary.python)' '\(script)' < '\(folder)/questions'"
        let (output, errors) = (folder + "/answers", folder + "/answer-errors")
        let status = try ChildProcess(["/bin/sh", "-c", command], output: output, errors: errors).wait()
        try #require(status == 0)
        let answers = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: output))) as? [[Any]]
        return (answers?.first ?? []).compactMap { ($0 as? [String: Any])?["key"] as? String }
    }
}
