import AkashiClient
import ChildProcess
import Foundation
import Ledger
import LedgerCrypto
import Primitives
import Testing

/// A client by other people against a running network: PyPI's `cwt` signs, Python's own library speaks HTTP.
@Suite(.serialized, .enabled(if: OtherLibrary.isPresent, OtherLibrary.absence), .timeLimit(.minutes(5)))
struct StrangerTests {
    private struct Answer: Decodable, Equatable {
        let http: Int
        let status: String
        let code: String?
    }

    @Test("a validator takes what another COSE library signed, once, and refuses every other form of it with a code")
    func stranger() async throws {
        try await TestNetwork.run { network in
            let answers = try answers(of: network)
            let final = Answer(http: 200, status: "final", code: "OK")
            #expect(answers["good"] == final)
            #expect(answers["again"] == final)
            #expect(answers["another"] == final)
            let refused = [
                "unprotected header": "MALFORMED", "further protected header": "MALFORMED",
                "critical header": "MALFORMED",
                "another content type": "MALFORMED", "COSE_Sign tag": "MALFORMED", "no tag": "MALFORMED",
                "indefinite array": "MALFORMED", "another signature": "SIGNATURE", "another chain": "CHAIN",
                "no calls": "MALFORMED", "further payload field": "MALFORMED",
            ]
            #expect(answers.count == refused.count + 3)
            for (name, code) in refused {
                let answer = try #require(answers[name])
                #expect(answer.code == code && (400..<500).contains(answer.http), "\(name): \(answer)")
            }
        }
    }

    private func answers(of network: TestNetwork) throws -> [String: Answer] {
        let output = network.validators[0].home + "-stranger"
        let custodian = network.custodian
        let process = try ChildProcess(
            [
                OtherLibrary.python, OtherLibrary.script("stranger_client.py"),
                "http://127.0.0.1:\(network.validators[0].apiPort)", network.chain.id.hex, custodian.account.digest.hex,
                Hex.encode(custodian.signing.bytes), Hex.encode(custodian.signing.publicKey.bytes),
            ],
            output: output,
            errors: output + ".errors"
        )
        let status = process.wait()
        let errors = (try? String(contentsOfFile: output + ".errors", encoding: .utf8)) ?? ""
        try #require(status == 0, "the client failed: \(errors)")
        return try JSONDecoder().decode([String: Answer].self, from: try Data(contentsOf: URL(filePath: output)))
    }
}
