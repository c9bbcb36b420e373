import AkashiClient
import ChildProcess
import Foundation
import Governance
import Ledger
import LedgerCrypto
import Primitives
import Testing

/// The command-line client with a node that lies, or whose answers get lost: it believes proofs only and loses no secret.
@Suite(.serialized, .enabled(if: OtherLibrary.isPresent, OtherLibrary.absence), .timeLimit(.minutes(5)))
struct LyingNodeTests {
    @Test("a rotation whose answer got lost is finished by trying again, and the account keeps working")
    func lostAnswer() async throws {
        try await withLiar { network, client in
            let lost = try client.run(["account", "rotate", "custodian", "--as", "custodian"], lie: "lost-answer")
            #expect(lost.status == 1)
            #expect(try client.names() == ["custodian", "custodian-next"], "the new key is kept")
            // The old key signs for a while, or the chain has the new one already: trying again is right in both cases.
            try await network.eventually("the rotation reaches the chain") {
                (try? client.run(["account", "rotate", "custodian", "--as", "custodian"], lie: "honest"))?.status == 0
            }
            #expect(try client.names() == ["custodian"])
            let sent = try client.commit("honest")
            #expect(sent.status == 0, "\(sent.errors)")
        }
    }

    @Test("a transaction that a node merely calls final is not believed")
    func claim() async throws {
        try await withLiar { _, client in
            let claimed = try client.commit("claims-final")
            #expect(claimed.status == 1)
            #expect(claimed.errors.contains("NOT_FOUND") || claimed.errors.contains("PROOF"), "\(claimed.errors)")
            #expect(try client.commit("honest").status == 0)
        }
    }

    @Test("the proof of another answer proves nothing, and what is shown is what the proof says")
    func otherAnswer() async throws {
        try await withLiar { network, client in
            func balance(_ unit: String) throws -> CommandResult {
                let arguments = #"{"account": "\#(network.custodian.account.digest.hex)", "unit": "\#(unit)"}"#
                let file = network.directory + "/proof-\(unit)"
                return try client.run(
                    ["query", "marketplace", "balance", arguments, "--proof", file],
                    lie: "same-answer"
                )
            }
            let first = try balance("point")
            #expect(first.status == 0, "\(first.errors)")
            let second = try balance("currency")
            #expect(second.status == 1)
            #expect(second.errors.contains("PROOF: the answer is not proven"), "\(second.errors)")
            #expect(!FileManager.default.fileExists(atPath: network.directory + "/proof-currency"))
        }
    }

    @Test("a proof of something else, however good, is not written as what was asked for; nor is one of another chain")
    func otherProof() async throws {
        try await withLiar { network, client in
            let sent = (0..<2).map { _ in TestTransactions.commit(on: network) }
            let answers = try await network.validators[0].client.submit(many: sent.map(\.bytes), waitSeconds: 30)
            #expect(answers.allSatisfy { $0.status == "final" })
            let (first, second) = (sent[0].id.hex, sent[1].id.hex)
            let file = network.directory + "/first.proof"
            #expect(try client.run(["tx", "proof", first, "--out", file], lie: "same-proof").status == 0)
            let row = Hex.encode(Governance.stateKey(ofAccount: network.custodian.account))
            for words in [
                ["tx", "proof", second], ["proof", "transaction", second], ["proof", "receipt", first],
                ["proof", "event", "1-0"], ["proof", "state", row],
            ] {
                let wrong = network.directory + "/wrong.proof"
                let result = try client.run(words + ["--out", wrong], lie: "same-proof")
                #expect(result.status == 1 && result.errors.contains("PROOF"), "\(words): \(result.errors)")
                #expect(!FileManager.default.fileExists(atPath: wrong))
            }
            let genesis = network.directory + "/other-genesis"
            var bytes = network.chain.bytes
            let place = try #require(bytes.firstRange(of: Array("process-test".utf8)))
            bytes[place.lowerBound] = UInt8(ascii: "x")
            try Data(bytes).write(to: URL(filePath: genesis))
            let other = network.directory + "/other.proof"
            let result = try client.run(["tx", "proof", first, "--out", other, "--genesis", genesis], lie: "honest")
            #expect(result.status == 1 && !FileManager.default.fileExists(atPath: other), "\(result.errors)")
        }
    }

    @Test("keys that several commands make at once are all kept")
    func parallelKeys() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = CommandLineClient(folder: folder, genesis: "-", node: "-")
        let started = try (0..<8).map { try client.start(["keys", "new", "key-\($0)"]) }
        for command in started { #expect(command.process.wait() == 0) }
        #expect(try client.names() == (0..<8).map { "key-\($0)" })
    }

    private func withLiar(_ body: (TestNetwork, CommandLineClient) async throws -> Void) async throws {
        try await TestNetwork.run { network in
            let portFile = network.directory + "/liar-port"
            let liar = try ChildProcess(
                [
                    OtherLibrary.python, OtherLibrary.script("lying_node.py"),
                    "http://127.0.0.1:\(network.validators[0].apiPort)", portFile,
                ],
                output: network.directory + "/liar-output",
                errors: network.directory + "/liar-errors"
            )
            defer {
                liar.signal(SIGKILL)
                liar.wait()
            }
            try await network.eventually("the proxy serves") { FileManager.default.fileExists(atPath: portFile) }
            let port = try String(contentsOfFile: portFile, encoding: .utf8)
            let client = try network.commandLine(node: "http://127.0.0.1:\(port)")
            // Before the first block there is nothing that anybody has certified.
            try await network.waitCertified(1, on: [0])
            try await body(network, client)
        }
    }
}

struct CommandResult {
    let status: Int32
    let output: String
    let errors: String
}

extension TestNetwork {
    /// `akashi` with the keys of all registrars, and the first validator for its node unless another is said.
    func commandLine(node: String? = nil) throws -> CommandLineClient {
        let client = CommandLineClient(
            folder: directory,
            genesis: validators[0].home + "/genesis",
            node: node ?? "http://127.0.0.1:\(validators[0].apiPort)"
        )
        try client.makeStore(with: registrars)
        return client
    }
}

/// `akashi` with a key store of its own.
struct CommandLineClient {
    let folder: String
    let genesis: String
    let node: String

    private var store: String { folder + "/keys" }

    func makeStore(with signers: [ClientKey]) throws {
        var keys = try KeyStore(passphrase: Array("tall trees".utf8), strength: .random)
        for signer in signers { try keys.add(signer) }
        try SecretFile.write(keys.encoded, to: store)
    }

    func names() throws -> [String] { try KeyStore.listings(of: SecretFile.read(store)).map(\.name.text) }

    func start(_ arguments: [String], lie: String? = nil) throws -> (process: ChildProcess, files: String) {
        let files = folder + "/command-\(UUID().uuidString)"
        let environment = [
            "AKASHI_PASSPHRASE": "tall trees", "AKASHI_KEYS": store, "AKASHI_GENESIS": genesis,
            "AKASHI_NODE": lie.map { "\(node)/\($0)" } ?? node, "HOME": folder,
        ]
        let process = try ChildProcess(
            [TestValidator.executable] + arguments,
            environment: environment,
            output: files + ".output",
            errors: files + ".errors"
        )
        return (process, files)
    }

    /// - Parameter lie: what the node in between does.
    func run(_ arguments: [String], lie: String? = nil) throws -> CommandResult {
        let (process, files) = try start(arguments, lie: lie)
        let status = process.wait()
        return CommandResult(
            status: status,
            output: try String(contentsOfFile: files + ".output", encoding: .utf8),
            errors: try String(contentsOfFile: files + ".errors", encoding: .utf8)
        )
    }

    /// A transaction that changes the state, by the custodian.
    func commit(_ lie: String) throws -> CommandResult {
        func random() -> String { Hex.encode(TestTransactions.random(32)) }
        let listing = try KeyStore.listings(of: SecretFile.read(store)).first { $0.name.text == "custodian" }
        let account = listing?.account.digest.hex ?? ""
        let arguments =
            #"{"record": "\#(random())", "pseudonym": "\#(account)", "data_class": "photo", "commitment": "\#(random())"}"#
        return try run(["tx", "send", "consent", "commit-record", arguments, "--as", "custodian"], lie: lie)
    }
}
