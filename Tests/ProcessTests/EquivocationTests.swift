import AkashiClient
import ChildProcess
import Consensus
import ContractKit
import Foundation
import Governance
import Ledger
import LedgerCrypto
import Primitives
import Testing

/// A validator that contradicts itself before real ones is on the chain soon after, and in everybody's diagnosis.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct EquivocationTests {
    private static let other = Digest(words: (6, 6, 6, 6))

    /// Two statements for one position, in answer to the proposals and attestations of others.
    private static func contradict(
        _ kind: EquivocationKind
    ) -> @Sendable (RogueValidator, Message) -> [Message] {
        { rogue, message in
            switch (kind, message) {
            case (.prepare, .prePrepare(let proposal, _)):
                return [proposal.digest, other].map { digest in
                    let vote = Vote(
                        epoch: proposal.epoch,
                        view: proposal.originView,
                        sequence: proposal.sequence,
                        digest: digest
                    )
                    return .prepare(vote, rogue.sign(vote.statement(.prepare, chain: rogue.chain)))
                }
            case (.attest, .attest(let attestation, _)):
                return [attestation.header, other].map { header in
                    let own = Attestation(epoch: attestation.epoch, height: attestation.height, header: header)
                    return .attest(own, rogue.sign(own.statement(chain: rogue.chain)))
                }
            case (.prePrepare, .prePrepare(let last, _)):
                return [UInt64(1), 2].map { delay in
                    let proposal = Proposal(
                        epoch: last.epoch,
                        sequence: last.sequence.advanced(by: 1),
                        originView: last.originView,
                        proposer: ReplicaID(rogue.index),
                        time: last.time + delay,
                        references: [],
                        hashing: { SHA256Function.digest(of: $0) }
                    )
                    return .prePrepare(proposal, rogue.sign(proposal.vote.statement(.prePrepare, chain: rogue.chain)))
                }
            default: return []
            }
        }
    }

    private func proofs(_ network: TestNetwork, on index: Int) async throws -> [EquivocationRow] {
        let result = try await network.validators[index].client.query(
            Governance.name,
            EquivocationsQuery.name,
            try EquivocationsQuery().encoded()
        )
        return try EquivocationsQuery.Answer(decoding: result.answer).equivocations
    }

    private func diagnosis(_ network: TestNetwork) throws -> String {
        let path = "\(network.directory)/doctor"
        let node = "http://127.0.0.1:\(network.validators[1].apiPort)"
        let child = try ChildProcess([TestValidator.executable, "doctor", "--node", node], output: path, errors: path)
        #expect(child.wait() == 1)
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test(
        "equivocation becomes a transaction, one proof of each key, and doctor names it (rule 28)",
        arguments: EquivocationKind.allCases
    )
    func proven(kind: EquivocationKind) async throws {
        let adjust: (inout Parameters) -> Void = { parameters in
            parameters.heartbeatMilliseconds = 50
            parameters.turn = 4
        }
        try await TestNetwork.run(adjust: adjust) { network in
            network.validators[3].kill()
            let height = await network.certified(on: [0, 1, 2])
            try await RogueValidator.act(as: 3, in: network, Self.contradict(kind)) {
                try await network.eventually("every validator has the proof") {
                    for index in 0..<3 where (try? await proofs(network, on: index).count) != 1 { return false }
                    return true
                }
            }
            let proof = try #require(try await proofs(network, on: 0).first)
            #expect(proof.kind == kind && proof.firstDigest != proof.secondDigest && proof.height.number > height)
            #expect(proof.key == network.chain.validators.validators[3].consensusKey)
            let doctor = try diagnosis(network)
            #expect(doctor.contains("contradicted itself: two of \(kind.name) at epoch 0"), "\(doctor)")
            // The network goes on, and the others do not send it once more.
            let certified = await network.certified(on: [0, 1, 2])
            try await network.waitCertified(certified + 70, on: [0, 1, 2])
            #expect(try await proofs(network, on: 2) == [proof])
        }
    }
}
