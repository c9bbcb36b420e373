import AkashiClient
import ChildProcess
import Foundation
import Governance
import Ledger
import Primitives
import Testing

/// Validators that keep different parts of the chain, as real processes.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PruningTests {
    private static func frequent(_ parameters: inout Parameters) {
        parameters.validity = 16
        parameters.snapshotInterval = 16
        parameters.heartbeatMilliseconds = 50
    }

    private func run(_ network: TestNetwork, _ words: [String]) throws -> (status: Int32, text: String) {
        let path = "\(network.directory)/output-\(UUID().uuidString)"
        let child = try ChildProcess(words, output: path, errors: path)
        let status = child.wait()
        return (status, try String(contentsOfFile: path, encoding: .utf8))
    }

    private func akashi(_ network: TestNetwork, _ words: String...) throws -> (status: Int32, text: String) {
        try run(network, [TestValidator.executable] + words)
    }

    private func keep(_ blocks: Int, at validator: TestValidator) throws {
        var text = try String(contentsOfFile: "\(validator.home)/akashi.yaml", encoding: .utf8)
        text += "\nstorage:\n  retention_blocks: \(blocks)\n"
        try text.write(toFile: "\(validator.home)/akashi.yaml", atomically: true, encoding: .utf8)
    }

    private func restart(_ validator: TestValidator, keeping blocks: Int) throws {
        validator.terminate()
        try keep(blocks, at: validator)
        try validator.start()
    }

    private func submit(_ count: Int, to network: TestNetwork, at index: Int) async throws -> [Digest] {
        let height = await network.certified(on: [index])
        let transactions = (0..<count).map { _ in
            TestTransactions.commit(on: network, validUntil: Height(height + 14))
        }
        let answers = try await network.validators[index].client.submit(
            many: transactions.map(\.bytes),
            waitSeconds: 30
        )
        return zip(transactions, answers).filter { $1.tookEffect }.map(\.0.id)
    }

    private func code(_ body: () async throws -> Void) async throws -> String {
        do {
            try await body()
            return "answered"
        } catch let error as ClientError { return error.code }
    }

    @Test(
        "a validator with a retention forgets what lies beyond it and says so; others lack nothing and give it to newcomers"
    )
    func prunes() async throws {
        try await TestNetwork.run(adjust: Self.frequent) { network in
            let ids = try await submit(20, to: network, at: 2)
            try #require(!ids.isEmpty)
            let old = try #require(try await network.validators[2].client.transaction(ids[0]).height)
            for index in [0, 1] { try restart(network.validators[index], keeping: 20) }
            for index in [0, 1] {
                try await network.eventually("validator \(index) has pruned the transactions") {
                    (await network.status(index)?.completeFrom ?? 0) > old + 20
                }
            }
            try await checkAnswers(network, ids[0], old)
            #expect(await network.status(2)?.completeFrom == 0)

            // Whoever begins anew gets the blocks from those who have them, whomever it asks first.
            let newcomer = network.validators[3]
            newcomer.terminate()
            try FileManager.default.removeItem(atPath: "\(newcomer.home)/data")
            try newcomer.start()
            try await network.waitCertified(await network.certified(on: [0, 1, 2]), on: [3])
            #expect(try await newcomer.client.transaction(ids[0]).tookEffect)

            try checkTools(network)
            let last = try await submit(5, to: network, at: 0)
            #expect(last.count == 5, "the chain goes on")
            try await network.waitCertified(await network.certified(on: [0, 1, 2]), on: [3])
            #expect(await network.status(3)?.completeFrom ?? 0 > old, "what was pruned is not in a backup either")
        }
    }

    private func checkAnswers(_ network: TestNetwork, _ id: Digest, _ old: UInt64) async throws {
        let (pruned, archive) = (network.validators[0], network.validators[2])
        let key = Governance.stateKey(ofAccount: network.custodian.account)
        for (client, gone, unknown) in [
            (pruned.client, "PRUNED", "NOT_FOUND"), (archive.client, "answered", "answered"),
            (try NodeClient([pruned, archive].map { "http://127.0.0.1:\($0.apiPort)" }), "answered", nil),
        ] {
            #expect(try await code { _ = try await client.block(old) } == gone)
            #expect(try await code { _ = try await client.proof(ofEvent: "\(old)-0") } == gone)
            #expect(try await code { _ = try await client.proof(ofState: key, at: old) } == gone)
            guard let unknown else { continue }
            #expect(try await code { _ = try await client.proof(of: id) } == unknown)
            #expect(try await code { _ = try await client.receiptProof(of: id) } == unknown)
            let feed = try await code {
                try await client.follow(.init(after: "\(old)-0")) { _ in false }
            }
            #expect(feed == gone)
        }
        let status = try await pruned.client.transaction(id)
        #expect(status.status == "unknown" && status.message?.contains("are pruned here") == true)
        let text = try await pruned.client.metrics()
        for name in ["akashi_complete_from_height", "akashi_pruned_keys_total", "akashi_pruned_bytes_total"] {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            #expect(line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0 > 0, "\(name)")
        }
        let refused = try akashi(
            network,
            "proof",
            "state",
            Hex.encode(key),
            "--at",
            "\(old)",
            "--out",
            "\(network.directory)/none.proof",
            "--node",
            "http://127.0.0.1:\(pruned.apiPort)",
            "--genesis",
            "\(pruned.home)/genesis"
        )
        #expect(refused.status == 1 && refused.text.contains("PRUNED"), "\(refused.text)")
    }

    @Test("a row's versions are told with their proofs, as far as they are kept")
    func history() async throws {
        try await TestNetwork.run(validators: 1, adjust: Self.frequent) { network in
            let validator = network.validators[0]
            let (row, nothing) = (
                Governance.stateKey(ofAccount: network.custodian.account),
                Governance.stateKey(ofAccount: AccountID(Digest(words: (7, 7, 7, 7))))
            )
            try await network.waitCertified(5, on: [0])
            let chain = ["--node", "http://127.0.0.1:\(validator.apiPort)", "--genesis", "\(validator.home)/genesis"]
            let state = [TestValidator.executable, "state"]
            let folder = "\(network.directory)/history"
            for (key, isThere) in [(row, true), (nothing, false)] {
                let words = ["versions", Hex.encode(key), "--through", "4", "--proofs", folder]
                let versions = try run(network, state + words + chain)
                #expect(versions.status == 0 && versions.text.hasPrefix("0–4  "), "\(versions.text)")
                #expect(versions.text.split(separator: "\n").count == 1)
                #expect(isThere != versions.text.contains("nothing"))
                let verified = try akashi(
                    network,
                    "verify",
                    "\(folder)/4.proof",
                    "--genesis",
                    "\(validator.home)/genesis"
                )
                #expect(verified.status == 0 && verified.text.contains("verified"), "\(verified.text)")
            }
            let value = try run(network, state + ["value", Hex.encode(row), "--at", "3", "--json"] + chain)
            #expect(value.status == 0 && value.text.contains(#""height":3"#), "\(value.text)")
            let later = try run(network, state + ["value", Hex.encode(row), "--at", "100000"] + chain)
            #expect(later.status == 1 && later.text.contains("HEIGHT"), "\(later.text)")
            try await network.waitCertified(40, on: [0])
            try restart(validator, keeping: 20)
            try await network.waitReady([0])
            try await network.eventually("it has pruned height 4") { (await network.status(0)?.completeFrom ?? 0) > 4 }
            for words in [["value", Hex.encode(row), "--at", "3"], ["versions", Hex.encode(row), "--through", "4"]] {
                let gone = try run(network, state + words + chain)
                #expect(gone.status == 1 && gone.text.contains("PRUNED"), "\(gone.text)")
            }
            let kept = try run(network, state + ["versions", Hex.encode(row)] + chain)
            #expect(kept.status == 0 && kept.text.hasPrefix("0–"), "since when is known, although that is pruned")
        }
    }

    /// Of a pruned validator that runs.
    private func checkTools(_ network: TestNetwork) throws {
        let (pruned, archive) = (network.validators[0], network.validators[2])
        let running = try akashi(network, "ledger", "prune", pruned.home)
        #expect(running.status == 1 && running.text.contains("RUNNING"), "\(running.text)")
        let inspected = try akashi(network, "ledger", "inspect", pruned.home, "--check", "--json")
        #expect(inspected.status == 0, "\(inspected.text)")
        let backup = "\(network.directory)/backup"
        #expect(try akashi(network, "ledger", "backup", pruned.home, "--to", backup).status == 0)
        let checked = try akashi(network, "ledger", "inspect", backup, "--check")
        #expect(checked.status == 0, "\(checked.text)")
        let compared = try akashi(network, "ledger", "compare", backup, archive.home)
        #expect(compared.status == 0 && compared.text.hasPrefix("equal through height "), "\(compared.text)")
        // The one that votes no more anyway.
        let empty = network.validators[3]
        empty.terminate()
        try FileManager.default.removeItem(atPath: "\(empty.home)/data")
        let restored = try akashi(network, "ledger", "restore", backup, "--home", empty.home)
        #expect(restored.status == 0, "\(restored.text)")
        try empty.start()
    }

    @Test("pruning a stopped validator frees the bytes that it says, as du counts them")
    func freesDisk() async throws {
        try await TestNetwork.run(validators: 1, adjust: Self.frequent) { network in
            let validator = network.validators[0]
            for _ in 0..<8 { _ = try await submit(200, to: network, at: 0) }
            let reached = await network.certified(on: [0])
            try await network.waitCertified(reached + 60, on: [0])
            validator.terminate()
            let archive = try akashi(network, "ledger", "prune", validator.home)
            #expect(archive.status == 1 && archive.text.contains("ARCHIVE"), "\(archive.text)")
            // Compacted, so that nothing but what is pruned comes free.
            #expect(try akashi(network, "ledger", "compact", validator.home).status == 0)
            let before = try used(network, by: validator)
            let pruned = try akashi(network, "ledger", "prune", validator.home, "--keep", "20", "--json")
            #expect(pruned.status == 0, "\(pruned.text)")
            let after = try used(network, by: validator)
            let report = try JSONDecoder().decode(Report.self, from: Data(pruned.text.utf8))
            #expect(report.bytes_before == before && report.bytes_after == after)
            #expect(report.bytes_freed == before - after && report.bytes_freed > 300_000, "\(pruned.text)")
            #expect(report.complete_from > reached && report.keys_deleted > 1600)
            let checked = try akashi(network, "ledger", "inspect", validator.home, "--check")
            #expect(checked.status == 0, "\(checked.text)")
            try validator.start()
            try await network.waitReady([0])
            #expect(try await submit(5, to: network, at: 0).count == 5)
        }
    }

    private struct Report: Decodable {
        let bytes_before: UInt64
        let bytes_after: UInt64
        let bytes_freed: UInt64
        let complete_from: UInt64
        let keys_deleted: UInt64
    }

    /// What `du` says of its data.
    private func used(_ network: TestNetwork, by validator: TestValidator) throws -> UInt64 {
        let output = try run(network, ["/usr/bin/du", "-s", "--block-size=1", "\(validator.home)/data"])
        return try #require(output.text.split(separator: "\t").first.flatMap { UInt64($0) })
    }
}
