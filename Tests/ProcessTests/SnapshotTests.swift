import AkashiClient
import ChildProcess
import Foundation
import Governance
import Ledger
import Primitives
import Storage
import Testing

/// Real nodes that are too far behind for blocks, which nobody keeps any more.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SnapshotTests {
    private func ledger(_ network: TestNetwork, _ words: String...) throws -> (status: Int32, text: String) {
        let path = "\(network.directory)/ledger-\(UUID().uuidString)"
        let child = try ChildProcess([TestValidator.executable, "ledger"] + words, output: path, errors: path)
        let status = child.wait()
        return (status, try String(contentsOfFile: path, encoding: .utf8))
    }

    private func withShortIntervals(_ body: (TestNetwork, CommandLineClient) async throws -> Void) async throws {
        try await TestNetwork.run { parameters in
            parameters.snapshotInterval = 16
            parameters.validity = 64
            parameters.exclusion = 8
            parameters.heartbeatMilliseconds = 50
        } _: { network in
            try await body(network, try network.commandLine())
        }
    }

    @discardableResult
    private func submit(_ count: Int, to validator: TestValidator, of network: TestNetwork) async throws -> [Digest] {
        let height = await network.status(of: validator)?.height ?? 0
        let transactions = (0..<count).map { _ in TestTransactions.commit(on: network, validUntil: Height(height + 60))
        }
        let answers = try await validator.client.submit(many: transactions.map(\.bytes), waitSeconds: 30)
        #expect(answers.allSatisfy { $0.status == "final" })
        return transactions.map(\.id)
    }

    /// Stops a validator, forgets its old blocks, does something to its database, and starts it again.
    private func prune(
        _ index: Int,
        _ network: TestNetwork,
        and change: (Database) throws -> Void = { _ in }
    ) async throws {
        let validator = network.validators[index]
        validator.terminate()
        try {
            let store = try ChainStore(path: validator.home + "/data", chain: network.chain)
            var pruner = ChainPruner(store)
            while try pruner.step(below: Height(.max)) != nil {}
            #expect(store.lowest > Height(30))
            try change(store.database)
        }()
        try validator.start()
        try await network.waitReady([index])
    }

    /// Alters a row in the tree, where it is proven from, and nowhere else.
    private func damageTree(_ database: Database, row key: [UInt8]) throws {
        var batch = database.makeBatch()
        var count = 0
        for node in try database.scan(.tree, from: [], limit: .max) where node.value.firstRange(of: key) != nil {
            batch.put(.tree, node.key, node.value.dropLast() + [node.value.last.map { $0 ^ 1 } ?? 0])
            count += 1
        }
        #expect(count > 0)
        try database.write(batch, synced: true)
    }

    private func checkJoined(_ validator: TestValidator, _ network: TestNetwork) throws {
        #expect(validator.log.contains("the snapshot is in place"), "\(validator.lastLines)")
        validator.terminate()
        for name in ["data.joining", "data.replaced"] {
            #expect(!FileManager.default.fileExists(atPath: "\(validator.home)/\(name)"))
        }
        let store = try ChainStore(readingAt: "\(validator.home)/data")
        #expect(try store.header(at: Height(1)) == nil && store.lowest > Height(30))
        let inspected = try ledger(network, "inspect", validator.home, "--check")
        #expect(inspected.status == 0, "\(inspected.text)")
        let compared = try ledger(network, "compare", validator.home, network.validators[0].home)
        #expect(compared.status == 0 && compared.text.hasPrefix("equal through height "), "\(compared.text)")
    }

    /// A snapshot of a running validator, in a directory, is put into a home, and damaged ones are not.
    private func exportAndRestore(_ network: TestNetwork) throws {
        let (directory, home) = ("\(network.directory)/snapshot", "\(network.directory)/restored")
        let source = network.validators[0].home
        let none = try ledger(network, "snapshot", source, "--to", directory, "--height", "16")
        #expect(none.status == 1 && none.text.contains("HEIGHT"), "\(none.text)")
        #expect(!FileManager.default.fileExists(atPath: directory))
        let written = try ledger(network, "snapshot", source, "--to", directory)
        #expect(written.status == 0, "\(written.text)")
        let again = try ledger(network, "snapshot", source, "--to", directory)
        #expect(again.status == 1 && again.text.contains("EXISTS"), "\(again.text)")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        for name in ["genesis", "akashi.yaml"] {
            try FileManager.default.copyItem(atPath: "\(source)/\(name)", toPath: "\(home)/\(name)")
        }
        let restored = try ledger(network, "restore", directory, "--home", home)
        #expect(restored.status == 0, "\(restored.text)")
        let compared = try ledger(network, "compare", home, source)
        #expect(compared.status == 0 && compared.text.hasPrefix("equal through height "), "\(compared.text)")
    }

    @Test(
        """
        a validator that was away, and an observer that is killed while it joins, take a snapshot from pruned validators \
        and go on from there; the one votes with its own journal, the other's proofs verify
        """
    )
    func joins() async throws {
        try await withShortIntervals { network, client in
            try await submit(20, to: network.validators[0], of: network)
            network.validators[2].kill()
            try await submit(20, to: network.validators[0], of: network)
            try await network.waitCertified(160, on: [0, 1, 3])
            for index in [0, 1, 3] { try await prune(index, network) }
            try exportAndRestore(network)
            let observer = try Newcomer(1, in: network, client, registrar: "custodian").validator
            defer { observer.kill() }
            try observer.start()
            try await network.eventually("the observer joins") {
                FileManager.default.fileExists(atPath: "\(observer.home)/data.joining")
                    || observer.log.contains("the snapshot is in place")
            }
            observer.kill()
            try observer.start()
            try await network.eventually("the observer is ready") { (try? await observer.client.isReady()) == true }
            try network.validators[2].start()
            try await network.eventually("validator 2 votes again") {
                let report = await network.status(2)
                return report?.votes == true && network.validators[2].log.contains("the snapshot is in place")
            }
            // Without it there is no quorum.
            network.validators[1].kill()
            let ids = try await submit(5, to: network.validators[2], of: network)
            let verifier = ProofVerifier(chain: network.chain)
            try await network.eventually("the observer has the transactions") {
                (try? await observer.client.transaction(ids[0]).status) == "final"
            }
            for id in ids {
                let proof = try await observer.client.proof(of: id)
                #expect(try verifier.verify(proof).header.height.number > 160)
            }
            let key = Governance.stateKey(ofAccount: network.custodian.account)
            let row = try verifier.verify(try await observer.client.proof(ofState: key))
            if case .states(let rows) = row.fact { #expect(rows.first?.value != nil) } else { Issue.record("no row") }
            for validator in [observer, network.validators[2]] { try checkJoined(validator, network) }
        }
    }

    @Test("an altered row is not taken, whoever serves it; as soon as an honest source answers, the observer joins")
    func lie() async throws {
        try await withShortIntervals { network, client in
            try await submit(20, to: network.validators[0], of: network)
            try await network.waitCertified(160, on: [0, 1, 2, 3])
            let key = Governance.stateKey(ofAccount: network.custodian.account)
            for index in [0, 1, 2] { try await prune(index, network) }
            try await prune(3, network) { try damageTree($0, row: key) }
            let observer = try Newcomer(1, in: network, client, registrar: "custodian").validator
            defer { observer.kill() }
            let honest = network.validators.prefix(3)
            for validator in honest { validator.pause() }
            defer { for validator in honest { validator.resume() } }
            // However far behind: nobody has its next block.
            try observer.start(settings: ["AKASHI_SNAPSHOT_LAG_BLOCKS": "1000000"])
            try await network.eventually("the lie is seen") { observer.log.contains("a source of the snapshot failed") }
            #expect(observer.log.contains("lie") && !observer.log.contains("the snapshot is in place"))
            for validator in honest { validator.resume() }
            try await network.eventually("the observer is ready", within: .seconds(180)) {
                (try? await observer.client.isReady()) == true
            }
            let report = try await observer.client.account(network.custodian.account)
            #expect(report.roles.contains("custodian"))
            try checkJoined(observer, network)
        }
    }
}
