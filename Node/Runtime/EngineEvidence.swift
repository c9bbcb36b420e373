internal import Consensus
internal import ContractKit
internal import Governance
internal import Ledger
internal import LedgerCrypto
internal import Logging
internal import NIOPosix
internal import Primitives

/// Evidence of equivocation: kept in the journal, and brought before the chain (rule 28).
extension Engine {
    func keep(_ evidence: Evidence) {
        counters.evidence += 1
        guard let proof = reports.add(evidence, at: replica.executed) else { return }
        guard let bytes = try? proof.encoded() else { return }
        parts.journal.append(.evidence(EquivocationKey(proof), bytes))
        logger.error(
            "equivocation: a validator signed two statements for one position",
            metadata: [
                "validator": "\(evidence.offender.index)", "kind": "\(proof.kind.name)", "view": "\(proof.view)",
                "position": "\(proof.position)",
            ]
        )
        reportEquivocations()
    }

    /// Sends what is due and not yet on the chain. The state is read, and the transaction signed, away from the loop.
    func reportEquivocations() {
        guard !reports.isEmpty else { return }
        let due = reports.takeDue(at: replica.executed)
        guard !due.isEmpty else { return }
        parts.reading.submit { [weak self, parts] state in
            guard case .active = state else { return }
            for proof in due {
                let equivocation = EquivocationKey(proof)
                if (try? parts.store.hasProof(of: equivocation)) == true {
                    self?.enqueue { $0.reports.remove(equivocation) }
                    parts.journal.append(.evidenceOnChain(equivocation))
                } else {
                    self?.send(proof)
                }
            }
        }
    }

    /// Under the validator's own account, by way of the own share of the pool, as a client would send it.
    private nonisolated func send(_ proof: ProveEquivocation) {
        guard let arguments = try? proof.encoded() else { return }
        let height = parts.execution.lastHeight
        let draft = TransactionDraft(
            account: AccountID(
                SHA256Function.digest(of: Governance.validatorAccountStatement(key.publicKey))
            ),
            chain: chain.id,
            nonce: randomBytes(count: 16),
            validUntil: height.advanced(by: chain.genesis.parameters.validity),
            calls: [
                Call(
                    contract: .constant(Governance.name),
                    method: .constant(ProveEquivocation.name),
                    arguments: arguments
                )
            ]
        )
        parts.verifier.admit([draft.signed(with: key)], at: height) { [weak self, logger] admitted in
            guard !admitted.isEmpty else {
                return logger.warning(
                    "the evidence cannot be sent: the validator's account is not active; see `akashi account`"
                )
            }
            self?.enqueue { engine in
                _ = engine.admit(admitted, share: engine.own)
                engine.parts.peers.gossipInFrames(admitted.map(\.bytes))
            }
        }
    }
}
