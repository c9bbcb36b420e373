import Primitives

// Execution in order, behind consensus; and from certificates, after everything else was lost.
extension Replica {
    /// Committed batches, in the order of their sequences, as far as there is no gap.
    mutating func issueExecutions(into effects: inout [Effect]) {
        guard speculation == nil else { return }
        while true {
            let sequence = issued.advanced(by: 1)
            guard slots.contains(sequence), let digest = slots[sequence].committed,
                let batch = batch(digest, at: sequence)
            else { return }
            issued = sequence
            effects.append(.execute(Execution(epoch: epoch, sequence: sequence, batch: batch)))
        }
    }

    /// The batch behind a digest, if its bodies are here.
    private func batch(_ digest: Digest, at sequence: Sequence) -> Batch? {
        if digest == Proposal.nullDigest { return .null }
        guard let content = slots[sequence].content(digest),
            rules.mayPrepare(bodiesHeld: content.bodies == .held)
        else { return nil }
        return .proposal(content.proposal)
    }

    mutating func onExecuted(_ block: BlockSummary, into effects: inout [Effect]) throws(Rejection) {
        guard block.height > executed else { throw .duplicate }
        guard block.height == executed.advanced(by: 1) else { throw .outOfOrder }
        append(block, into: &effects)
        guard checkKnownCertificate(of: block, into: &effects) else { return }
        if mayVote { attest(block.height, into: &effects) }
        tryCertified(block.height, into: &effects)
        advance(into: &effects)
    }

    private mutating func append(_ block: BlockSummary, into effects: inout [Effect]) {
        recognize(block, into: &effects)
        history.append(block, certified: certified)
        executed = block.height
        issued = max(issued, Sequence(executed))
        if let height = speculation, height <= executed { speculation = nil }
    }

    /// A certificate that came before the block: it certifies the block, or tells that this replica diverged.
    private mutating func checkKnownCertificate(
        of block: BlockSummary,
        into effects: inout [Effect]
    ) -> Bool {
        let sequence = Sequence(block.height)
        guard slots.contains(sequence), let certificate = slots[sequence].certificate else { return true }
        return certify(certificate, into: &effects)
    }

    /// † Rule 19: with a certificate above the executed height, the own prepared batches up to it are executed, and
    /// kept if the header is the certified one. After a full power loss nothing else may be left of a final block.
    /// It costs the host a copy of its state, so it waits until nothing was executed between two repetitions.
    mutating func executeFromCertificate(into effects: inout [Effect]) {
        guard rules.executesFromCertificates, speculation == nil, issued == Sequence(executed), let target,
            target.certificate.height > executed
        else { return }
        var executions: [Execution] = []
        var best: (count: Int, certificate: Certificate)?
        var sequence = issued.advanced(by: 1)
        while slots.contains(sequence), let digest = likelyDigest(at: sequence), let batch = batch(digest, at: sequence)
        {
            executions.append(Execution(epoch: epoch, sequence: sequence, batch: batch))
            if let certificate = slots[sequence].certificate,
                slots[sequence].attempted != executions.map(\.batch.digest)
            {
                best = (executions.count, certificate)
            }
            guard sequence.number < .max else { break }
            sequence = sequence.advanced(by: 1)
        }
        guard let best else { return }
        let chosen = Array(executions.prefix(best.count))
        let last = Sequence(best.certificate.height)
        slots[last].attempted = chosen.map(\.batch.digest)
        speculation = best.certificate.height
        effects.append(.executePrepared(chosen, header: best.certificate.header))
    }

    /// What most likely became the block here. The certified header decides, so a guess does no harm: where the
    /// certificate of a batch that was voted for never arrived, the vote will do.
    private func likelyDigest(at sequence: Sequence) -> Digest? {
        slots[sequence].committed ?? slots[sequence].prepared?.vote.digest ?? slots[sequence].voted?.digest
    }

    mutating func onDiscarded(_ height: Height, into effects: inout [Effect]) throws(Rejection) {
        guard speculation == height else { throw .notRequested }
        speculation = nil
        advance(into: &effects)
    }

    /// Rule 29: a certified block from a peer. Consensus goes on above it; votes at and below it are history.
    mutating func onInstalled(
        _ block: BlockSummary,
        _ certificate: Certificate?,
        into effects: inout [Effect]
    ) throws(Rejection) {
        if let certificate {
            let isOfBlock = certificate.height == block.height && certificate.header == block.header
            guard isOfBlock, rules.isValid(certificate, epoch: epoch, quorum: quorum) else {
                throw .invalidCertificate
            }
        }
        guard block.height <= executed.advanced(by: 1) else { throw .outOfOrder }
        if let certificate { witness(certificate, into: &effects) }
        if block.height > executed {
            append(block, into: &effects)
            guard checkKnownCertificate(of: block, into: &effects) else { return }
        }
        if let certificate { guard certify(certificate, into: &effects) else { return } }
        tryCertified(block.height, into: &effects)
        advance(into: &effects)
    }
}
