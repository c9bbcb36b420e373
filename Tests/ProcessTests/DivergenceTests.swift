import AkashiClient
import AkashiVerifier
import Foundation
import Testing

/// A validator whose state was changed behind its back comes to another result, and says where it differs.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct DivergenceTests {
    private func checkReport(_ network: TestNetwork) async throws {
        let path = "\(network.validators[3].home)/data.divergence"
        try await network.eventually("validator 3 stops") { !network.validators[3].isRunning }
        let report = try String(contentsOfFile: path, encoding: .utf8)
        #expect(report.hasPrefix("diverged at height "), "\(report)")
        #expect(report.contains("they differ in receipts root, state root"), "\(report)")
        #expect(report.contains("the first key that differs is consent, table "), "\(report)")
        #expect(report.contains(": own unchanged, certified a"), "the row that the others wrote: \(report)")
        #expect(network.validators[3].lastLines.contains("the first key that differs is consent"))
        // The others need nobody else.
        let height = await network.certified(on: [0, 1, 2])
        try await network.waitCertified(height + 5, on: [0, 1, 2])
    }

    @Test("while it takes part, it stops and names the first key that differs (rule 27)")
    func takingPart() async throws {
        try await TestNetwork.run { network in
            network.validators[3].terminate()
            try network.damageState(of: network.validators[3])
            try network.validators[3].start()
            try await network.waitReady([3])
            let transaction = TestTransactions.commit(on: network)
            let answer = try await network.validators[0].client.submit(transaction.bytes, waitSeconds: 30)
            #expect(answer.status == "final")
            try await checkReport(network)
        }
    }

    @Test("while it catches up, too, and again when it is started again")
    func catchingUp() async throws {
        try await TestNetwork.run(adjust: { $0.heartbeatMilliseconds = 50 }) { network in
            network.validators[3].terminate()
            try network.damageState(of: network.validators[3])
            let transaction = TestTransactions.commit(on: network)
            let answer = try await network.validators[0].client.submit(transaction.bytes, waitSeconds: 30)
            try await network.waitCertified((answer.height ?? 0) + 40, on: [0, 1, 2])
            for _ in 0..<2 {
                try? FileManager.default.removeItem(atPath: "\(network.validators[3].home)/data.divergence")
                try network.validators[3].start()
                try await checkReport(network)
            }
        }
    }
}
