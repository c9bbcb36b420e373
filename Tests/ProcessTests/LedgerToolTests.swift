import AkashiClient
import ChildProcess
import Foundation
import Ledger
import Primitives
import Storage
import Testing

/// `akashi ledger` on homes of real validators, running or not, whole or damaged.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct LedgerToolTests {
    private func ledger(_ network: TestNetwork, _ words: String...) throws -> (status: Int32, text: String) {
        let path = "\(network.directory)/ledger-\(UUID().uuidString)"
        let child = try ChildProcess([TestValidator.executable, "ledger"] + words, output: path, errors: path)
        let status = child.wait()
        return (status, try String(contentsOfFile: path, encoding: .utf8))
    }

    private func submit(_ count: Int, to network: TestNetwork) async throws {
        let transactions = (0..<count).map { _ in TestTransactions.commit(on: network).bytes }
        let answers = try await network.validators[0].client.submit(many: transactions, waitSeconds: 30)
        #expect(answers.allSatisfy { $0.status == "final" })
    }

    @Test("a running validator is inspected and backed up; put back, it follows and votes no more (rule 20)")
    func backsUp() async throws {
        try await TestNetwork.run { network in
            try await submit(20, to: network)
            let backup = "\(network.directory)/backup"
            let victim = network.validators[3]
            let inspected = try ledger(network, "inspect", victim.home, "--check")
            #expect(inspected.status == 0 && inspected.text.contains("transactions: 20"), "\(inspected.text)")
            #expect(try ledger(network, "backup", victim.home, "--to", backup).status == 0)
            let again = try ledger(network, "backup", victim.home, "--to", backup)
            #expect(again.status == 1 && again.text.contains("EXISTS"), "\(again.text)")
            let compared = try ledger(network, "compare", backup, network.validators[1].home)
            #expect(compared.status == 0 && compared.text.hasPrefix("equal through height "), "\(compared.text)")
            let journal = try Database(readingAt: backup)
            #expect(try journal.scan(.journal, from: [], limit: 1).isEmpty, "a backup holds no votes")
            #expect(try journal.get(.meta, MetaKey.journal.bytes) == nil)

            let present = try ledger(network, "restore", backup, "--home", victim.home)
            #expect(present.status == 1 && present.text.contains("EXISTS"), "\(present.text)")
            victim.kill()
            try FileManager.default.removeItem(atPath: "\(victim.home)/data")
            let restored = try ledger(network, "restore", backup, "--home", victim.home)
            #expect(restored.status == 0, "\(restored.text)")
            try victim.start()
            try await network.waitReady([3])
            try await submit(5, to: network)
            try await network.waitCertified(await network.certified(on: [0, 1, 2]), on: [3])
            #expect(await network.status(3)?.votes == false)
        }
    }

    @Test("a backup taken under load is one moment of the chain, and holds what was final before it began")
    func backsUpUnderLoad() async throws {
        try await TestNetwork.run { network in
            _ = try await TestLoad.during(network) { load in
                for round in 1...3 {
                    try await network.eventually("more is final") { load.acknowledged.count > round * 100 }
                    let final = load.acknowledged
                    try await network.waitCertified(final.values.max() ?? 0, on: [3])
                    let backup = "\(network.directory)/backup-\(round)"
                    let copied = try ledger(network, "backup", network.validators[3].home, "--to", backup)
                    #expect(copied.status == 0, "\(copied.text)")
                    let inspected = try ledger(network, "inspect", backup, "--check")
                    #expect(inspected.status == 0, "\(inspected.text)")
                    let store = try ChainStore(readingAt: backup)
                    for (id, height) in final {
                        let place = try store.location(of: id)
                        #expect(place?.height == Height(height))
                    }
                    let compared = try ledger(network, "compare", backup, network.validators[0].home)
                    #expect(compared.status == 0, "\(compared.text)")
                }
            }
        }
    }

    @Test("what is damaged is named, and never put back")
    func damaged() async throws {
        try await TestNetwork.run { network in
            try await submit(20, to: network)
            let victim = network.validators[3]
            victim.terminate()
            let backup = "\(network.directory)/backup"
            try network.damageState(of: victim)
            let inspected = try ledger(network, "inspect", victim.home, "--check")
            #expect(inspected.status == 1 && inspected.text.contains("is not the one in the state tree"))
            let compared = try ledger(network, "compare", victim.home, network.validators[1].home)
            #expect(
                compared.status == 1 && compared.text.contains("the first is governance, table "),
                "\(compared.text)"
            )
            #expect(try ledger(network, "backup", victim.home, "--to", backup).status == 0)
            let empty = network.validators[2]
            empty.terminate()
            try FileManager.default.moveItem(atPath: "\(empty.home)/data", toPath: "\(empty.home)/moved")
            let refused = try ledger(network, "restore", backup, "--home", empty.home)
            #expect(refused.status == 1 && refused.text.contains("DAMAGED"), "\(refused.text)")
            #expect(!FileManager.default.fileExists(atPath: "\(empty.home)/data"))
            for file in try FileManager.default.contentsOfDirectory(atPath: backup) where file.hasSuffix(".sst") {
                try Data([1, 2, 3]).write(to: URL(filePath: "\(backup)/\(file)"))
            }
            let broken = try ledger(network, "restore", backup, "--home", empty.home)
            #expect(broken.status == 1, "\(broken.text)")
            let nothing = try ledger(network, "inspect", "\(network.directory)/nowhere")
            #expect(nothing.status == 1 && nothing.text.contains("STORAGE"), "\(nothing.text)")
            #expect(!FileManager.default.fileExists(atPath: "\(network.directory)/nowhere"))
        }
    }

    @Test("backups of two chains are different, and one is not put into the other's home")
    func otherChain() async throws {
        try await TestNetwork.run { network in
            try await TestNetwork.run(validators: 1) { other in
                let backup = "\(other.directory)/backup"
                #expect(try ledger(network, "backup", other.validators[0].home, "--to", backup).status == 0)
                let compared = try ledger(network, "compare", backup, network.validators[1].home)
                #expect(compared.status == 1 && compared.text.contains("different chains"))
                network.validators[3].kill()
                try FileManager.default.removeItem(atPath: "\(network.validators[3].home)/data")
                let refused = try ledger(network, "restore", backup, "--home", network.validators[3].home)
                #expect(refused.status == 1 && refused.text.contains("CHAIN"), "\(refused.text)")
            }
        }
    }

    @Test("of a validator that diverged, the first height and key are found")
    func diverged() async throws {
        try await TestNetwork.run { network in
            let victim = network.validators[3]
            victim.terminate()
            try network.damageState(of: victim)
            try victim.start()
            try await network.waitReady([3])
            try await submit(1, to: network)
            try await network.eventually("validator 3 stops") { !victim.isRunning }
            let compared = try ledger(network, "compare", victim.home, network.validators[0].home)
            #expect(compared.text.contains("the first block that differs is "), "\(compared.text)")
            #expect(compared.text.contains("the first key is consent, table "), "\(compared.text)")
            #expect(compared.status == 1)
        }
    }
}
