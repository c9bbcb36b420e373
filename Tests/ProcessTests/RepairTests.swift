import AkashiClient
import ChildProcess
import Foundation
import Ledger
import Primitives
import Storage
import Testing

/// Bits flip in files of a real validator's database: it serves nothing of what is damaged, says which command mends it, and
/// after that takes part as before, with its own journal or not with that key.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct RepairTests {
    private static let victim = 3

    private func ledger(_ network: TestNetwork, _ words: String...) throws -> (status: Int32, text: String) {
        let path = "\(network.directory)/ledger-\(UUID().uuidString)"
        let child = try ChildProcess([TestValidator.executable, "ledger"] + words, output: path, errors: path)
        let status = child.wait()
        return (status, try String(contentsOfFile: path, encoding: .utf8))
    }

    private func withNetwork(_ body: (TestNetwork) async throws -> Void) async throws {
        try await TestNetwork.run { parameters in
            parameters.snapshotInterval = 16
            parameters.validity = 64
            parameters.exclusion = 8
            parameters.heartbeatMilliseconds = 50
        } _: { network in
            try await body(network)
        }
    }

    private func submit(_ count: Int, to network: TestNetwork) async throws -> [Digest] {
        let height = await network.certified(on: [0])
        let transactions = (0..<count).map { _ in TestTransactions.commit(on: network, validUntil: Height(height + 60))
        }
        let answers = try await network.validators[0].client.submit(many: transactions.map(\.bytes), waitSeconds: 30)
        #expect(answers.allSatisfy { $0.status == "final" })
        return transactions.map(\.id)
    }

    /// Started on damaged files, the validator ends and says why, or goes on and gives no wrong answer. The check finds it.
    private func checkServesNothingWrong(_ ids: [Digest], _ network: TestNetwork) async throws {
        let validator = network.validators[Self.victim]
        try? FileManager.default.removeItem(atPath: "\(validator.home)/log")
        try validator.start()
        try await network.eventually("validator \(Self.victim) runs, or has ended") {
            guard validator.isRunning else { return true }
            return await network.status(Self.victim) != nil
        }
        let verifier = ProofVerifier(chain: network.chain)
        for id in ids where validator.isRunning {
            // What it proves must be so; most often it has to say that it cannot.
            if let proof = try? await validator.client.proof(of: id) { _ = try verifier.verify(proof) }
            let status = try? await validator.client.transaction(id).status
            #expect(status == nil || status == "final" || status == "unknown", "\(status ?? "")")
        }
        if validator.isRunning {
            // Damage that nothing has read yet is seen by the check alone.
            validator.kill()
        } else {
            #expect(validator.log.contains("akashi ledger repair"), "\(validator.lastLines)")
        }
        let inspected = try ledger(network, "inspect", validator.home, "--check")
        #expect(inspected.status == 1 && inspected.text.contains("akashi ledger repair"), "\(inspected.text)")
    }

    /// - Returns: what the command printed.
    private func repair(_ network: TestNetwork, _ words: String...) throws -> String {
        let validator = network.validators[Self.victim]
        let path = "\(network.directory)/repair-\(UUID().uuidString)"
        let command = [TestValidator.executable, "ledger", "repair", validator.home, "--json"] + words
        let child = try ChildProcess(command, output: path, errors: path)
        let status = child.wait()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(status == 0, "\(text)")
        let inspected = try ledger(network, "inspect", validator.home, "--check")
        #expect(inspected.status == 0, "\(inspected.text)")
        #expect(!FileManager.default.fileExists(atPath: "\(validator.home)/data.repairing"))
        return text
    }

    /// The validator is started, and its votes make blocks final.
    private func checkVotes(_ network: TestNetwork) async throws {
        try network.validators[Self.victim].start()
        try await network.eventually("validator \(Self.victim) votes") {
            await network.status(Self.victim)?.votes == true
        }
        network.validators[1].kill()
        let height = await network.certified(on: [0, 2])
        try await network.waitCertified(height + 5, on: [0, 2, Self.victim])
        try network.validators[1].start()
        try await network.waitReady([1])
        for validator in network.validators {
            #expect(!validator.log.contains("equivocation"), "\(validator.lastLines)")
        }
    }

    private func damage(_ families: [ColumnFamily], of network: TestNetwork, at share: Double) throws {
        let data = "\(network.validators[Self.victim].home)/data"
        for family in families {
            let tables = try DamagedFiles.tables(of: family, in: data)
            #expect(!tables.isEmpty, "\(family.name) has files")
            for table in tables { try DamagedFiles.flip(table, at: share) }
        }
    }

    @Test("blocks, transactions and receipts that are damaged come from the others; the journal stays, and it votes")
    func history() async throws {
        try await withNetwork { network in
            let validator = network.validators[Self.victim]
            let ids = try await submit(20, to: network)
            try await network.waitCertified(90, on: [0, 1, 2, 3])
            let running = try ledger(network, "repair", validator.home)
            #expect(running.status == 1 && running.text.contains("RUNNING"), "\(running.text)")
            validator.terminate()
            let whole = try ledger(network, "repair", validator.home)
            #expect(whole.status == 0 && whole.text.contains("damaged: false"), "\(whole.text)")
            #expect(!FileManager.default.fileExists(atPath: "\(validator.home)/data.damaged"))
            try damage([.bodies, .receipts, .transactions, .certificates], of: network, at: 0.01)
            try await checkServesNothingWrong(ids, network)
            let report = try repair(network)
            #expect(report.contains("\"journal\":\"kept\"") && report.contains("\"blocks_from\":1"), "\(report)")
            do {
                let store = try ChainStore(readingAt: "\(validator.home)/data")
                for id in ids { #expect(try store.receipt(of: id)?.status == .ok) }
                #expect(try store.block(at: Height(1))?.isConsistent == true)
            }
            try await checkVotes(network)
            // The damaged one is kept until somebody has looked at it.
            validator.terminate()
            try damage([.blocks], of: network, at: 0.01)
            let again = try ledger(network, "repair", validator.home)
            #expect(again.status == 1 && again.text.contains("data.damaged"), "\(again.text)")
        }
    }

    @Test(
        "a state and its tree that are damaged come from a snapshot of the others, and what was certified since is executed"
    )
    func state() async throws {
        try await withNetwork { network in
            let validator = network.validators[Self.victim]
            let ids = try await submit(20, to: network)
            try await network.waitCertified(70, on: [0, 1, 2, 3])
            for (families, share) in [
                ([ColumnFamily.state, .tree], 0.01), ([.tree], 0.5), ([.undo, .stale], 0.01),
                // The tables' ends say where everything is.
                ([.state, .receipts], 0.999),
            ] {
                _ = try await submit(3, to: network)
                try await network.waitCertified(await network.certified(on: [0]), on: [Self.victim])
                validator.terminate()
                try damage(families, of: network, at: share)
                try await checkServesNothingWrong(ids, network)
                let report = try repair(network)
                #expect(report.contains("\"journal\":\"kept\""), "\(report)")
                try await checkVotes(network)
                try FileManager.default.removeItem(atPath: "\(validator.home)/data.damaged")
            }
            let compared = try ledger(network, "compare", validator.home, network.validators[0].home)
            #expect(compared.status == 0, "\(compared.text)")
        }
    }

    @Test("a journal of which anything cannot be read is not taken over: the key votes no more, and a new one does")
    func journal() async throws {
        try await withNetwork { network in
            let validator = network.validators[Self.victim]
            let ids = try await submit(20, to: network)
            try await network.waitCertified(70, on: [0, 1, 2, 3])
            validator.terminate()
            try damage([.journal], of: network, at: 0.01)
            try await checkServesNothingWrong(ids, network)
            try await checkFollows(network, try repair(network))
            try network.rekey(Self.victim)
            try await network.eventually("validator \(Self.victim) votes again") {
                await network.status(Self.victim)?.votes == true
            }
            // Neither the log nor the list of files can be read past a damaged record.
            for part in [".log", "MANIFEST"] {
                validator.kill()
                try FileManager.default.removeItem(atPath: "\(validator.home)/data.damaged")
                let files = try DamagedFiles.files(in: "\(validator.home)/data", named: part)
                for file in files { try DamagedFiles.flip(file, at: 0.3) }
                try await checkServesNothingWrong(ids, network)
                try await checkFollows(network, try repair(network))
            }
        }
    }

    private func checkFollows(_ network: TestNetwork, _ report: String) async throws {
        #expect(report.contains("\"journal\":\"lost"), "\(report)")
        try network.validators[Self.victim].start()
        try await network.waitCertified(await network.certified(on: [0, 1, 2]) + 5, on: [Self.victim])
        #expect(await network.status(Self.victim)?.votes == false)
    }

    @Test(
        "a chain too short for a snapshot, or one whose old states are to be kept, is executed again from the genesis"
    )
    func replays() async throws {
        try await TestNetwork.run { network in
            let validator = network.validators[Self.victim]
            let ids = try await submit(20, to: network)
            for words in [[], ["--replay"]] {
                validator.terminate()
                try damage([.state, .bodies], of: network, at: 0.01)
                try await checkServesNothingWrong(ids, network)
                let report = try words.isEmpty ? repair(network) : repair(network, words[0])
                #expect(report.contains("\"complete_from\":0"), "\(report)")
                try await checkVotes(network)
                try FileManager.default.removeItem(atPath: "\(validator.home)/data.damaged")
            }
        }
    }
}
