import Primitives

// §4.3, with attestations for checkpoints: every block is one, and its certificate moves the watermarks.
extension Replica {
    mutating func attest(_ height: Height, into effects: inout [Effect]) {
        guard let block = history.block(at: height) else { return }
        effects.append(.sign(.attest(Attestation(epoch: block.epoch, height: height, header: block.header))))
    }

    mutating func onAttest(
        _ attestation: Attestation,
        _ signature: Signature,
        from sender: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        let sequence = Sequence(attestation.height)
        try checkPosition(attestation.epoch, sequence)
        let entry = VoteBook.Entry(
            replica: sender,
            view: .first,
            digest: attestation.header,
            signature: signature
        )
        switch slots[sequence].attestations.record(entry, current: .first, own: nil) {
        case .counted: break
        case .duplicate: throw .duplicate
        case .stale: throw .oldView
        case .conflict(let other):
            let votes = [other.digest, attestation.header].map {
                Vote(epoch: epoch, view: .first, sequence: sequence, digest: $0)
            }
            accuse(sender, .attest, (votes[0], other.signature), (votes[1], signature), &effects)
            throw .equivocation
        }
        tryCertificate(attestation, from: sender, into: &effects)
    }

    /// A quorum of attestations of one header is a certificate, of the own block or of one that is not here yet.
    private mutating func tryCertificate(
        _ attestation: Attestation,
        from sender: ReplicaID,
        into effects: inout [Effect]
    ) {
        let size = rules.size(of: quorum)
        let book = slots[Sequence(attestation.height)].attestations
        let signatures = book.signatures(in: .first, for: attestation.header, limit: size)
        guard signatures.count >= size else { return }
        let certificate = Certificate(
            epoch: attestation.epoch,
            height: attestation.height,
            header: attestation.header,
            signatures: signatures
        )
        note(certificate, from: sender, into: &effects)
    }

    /// Attestations that came before the own block was executed.
    mutating func tryCertified(_ height: Height, into effects: inout [Effect]) {
        guard slots.contains(Sequence(height)), let block = history.block(at: height) else { return }
        tryCertificate(
            Attestation(epoch: block.epoch, height: height, header: block.header),
            from: id,
            into: &effects
        )
    }

    mutating func onCertificate(
        _ certificate: Certificate,
        from sender: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        guard certificate.epoch == epoch else { throw .wrongEpoch }
        guard rules.isValid(certificate, epoch: epoch, quorum: quorum) else { throw .invalidCertificate }
        guard certificate.height > certified else { throw .duplicate }
        note(certificate, from: sender, into: &effects)
    }

    /// Takes note of a valid certificate, however it came. Of an executed block it certifies; of a higher one it says
    /// where to catch up to. Only proofs move that target, never claims (failures.md 23).
    mutating func note(_ certificate: Certificate, from source: ReplicaID, into effects: inout [Effect]) {
        accuse(by: certificate, into: &effects)
        guard certificate.height > executed else {
            if certify(certificate, into: &effects) { advance(into: &effects) }
            return
        }
        let sequence = Sequence(certificate.height)
        if slots.contains(sequence), slots[sequence].certificate == nil { slots[sequence].certificate = certificate }
        if certificate.height > target?.certificate.height ?? .genesis {
            target = (certificate, source)
            // Within the window the own votes may get there by themselves; repetition asks where they do not.
            if sequence > highWatermark || voice == .asks { catchUp(into: &effects) }
        }
    }

    /// A certificate of an executed height. False where nothing goes on after it: it certifies another block than ours, or
    /// the epoch's last one.
    mutating func certify(_ certificate: Certificate, into effects: inout [Effect]) -> Bool {
        if let own = history.block(at: certificate.height)?.header, own != certificate.header {
            isStopped = true
            let divergence = Divergence(height: certificate.height, own: own, certified: certificate)
            effects.append(.diverged(divergence))
            return false
        }
        guard certificate.height > certified else { return true }
        self.certificate = certificate
        certified = certificate.height
        effects.append(.certified(certificate))
        effects.append(.forget(upTo: Sequence(certified)))
        slots.advance(to: Sequence(certified))
        if let target, target.certificate.height <= certified { self.target = nil }
        if history.block(at: certified)?.endsEpoch == true {
            endEpoch(into: &effects)
            return false
        }
        onProgress(into: &effects)
        acquireOffers(into: &effects)
        return true
    }

    /// † Rule 26: with its last block certified, the epoch is over, and the next one begins at view 0 with its own
    /// validators, in a replica of its own.
    private mutating func endEpoch(into effects: inout [Effect]) {
        isStopped = true
        for timer in Timer.allCases { effects.append(.cancelTimer(timer)) }
        effects.append(.epochEnded(epoch))
    }
}
