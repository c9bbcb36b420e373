package import Ledger
internal import LedgerCrypto
package import Primitives

/// Signs calls for one account and sees them through to finality, which it believes a node only with its proof.
package struct TransactionSender: Sendable {
    package let client: NodeClient
    package let chain: Chain

    package init(client: NodeClient, chain: Chain) {
        self.client = client
        self.chain = chain
    }

    /// How it ended, with the id to ask about it later.
    package struct Outcome: Hashable, Sendable {
        package let id: Digest
        package let answer: TransactionAnswer
    }

    /// Signs calls; the window of validity starts at the height given.
    package func sign(_ calls: [Call], as key: ClientKey, height: UInt64) -> (id: Digest, bytes: [UInt8]) {
        // Half the window that the chain allows, so that a node slightly behind takes it too.
        let window = max(chain.genesis.parameters.validity / 2, 1)
        let draft = TransactionDraft(
            account: key.account,
            chain: chain.id,
            nonce: randomBytes(count: 16),
            validUntil: Height(height.addingReportingOverflow(window).partialValue),
            calls: calls
        )
        return (draft.id, draft.signed(with: key.signing))
    }

    /// Sends calls and, unless told not to, waits until they are final.
    package func send(
        _ calls: [Call],
        as key: ClientKey,
        waitSeconds: Int?
    ) async throws(ClientError) -> Outcome {
        let height = try await client.status().certifiedHeight
        let (id, bytes) = sign(calls, as: key, height: height)
        var answer = try await client.submit(bytes, waitSeconds: waitSeconds)
        if let waitSeconds, answer.isPending {
            answer = try await client.transaction(id, waitSeconds: waitSeconds)
        }
        try await confirm(answer, id)
        return Outcome(id: id, answer: answer)
    }

    /// Checks what a node calls final. Its word is worth nothing: up to f of them may lie. The certificate is of a quorum.
    package func confirm(_ answer: TransactionAnswer, _ id: Digest) async throws(ClientError) {
        guard answer.status == "final" else { return }
        let verified: ProofVerifier.Verified
        let proof = try await client.proof(of: id)
        do throws(ProofError) {
            verified = try ProofVerifier(chain: chain).verify(proof)
        } catch {
            throw ClientError("PROOF", "the node says \(id.hex) is final, but proves nothing: \(error.explanation)")
        }
        guard case .inclusion(let transaction, let receipt) = verified.fact, transaction.id == id,
            receipt.status.text == answer.code, verified.header.height.number == answer.height
        else { throw ClientError("PROOF", "the node says \(id.hex) is final, but its proof is of something else") }
    }
}
