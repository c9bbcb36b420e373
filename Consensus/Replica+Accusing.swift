import Primitives

// Rule 28: two statements of one validator for one position are evidence, whichever way they come here.
extension Replica {
    /// Both statements, once per pair that is seen.
    func accuse(
        _ offender: ReplicaID,
        _ kind: Statement.Kind,
        _ first: (Vote, Signature?),
        _ second: (Vote, Signature?),
        _ effects: inout [Effect]
    ) {
        guard let firstSignature = first.1, let secondSignature = second.1 else { return }
        let chain = configuration.chain
        effects.append(
            .evidence(
                Evidence(
                    first: SignatureCheck(
                        signer: offender,
                        statement: first.0.statement(kind, chain: chain),
                        signature: firstSignature
                    ),
                    second: SignatureCheck(
                        signer: offender,
                        statement: second.0.statement(kind, chain: chain),
                        signature: secondSignature
                    )
                )
            )
        )
    }

    /// Who told some validators otherwise than others: the PREPAREs in a prepared certificate against those that came
    /// here.
    func accuse(by certificate: PreparedCertificate, into effects: inout [Effect]) {
        let vote = certificate.vote
        guard slots.contains(vote.sequence) else { return }
        for signed in certificate.signatures {
            guard let other = slots[vote.sequence].prepares.entry(of: signed.signer, in: vote.view),
                other.digest != vote.digest
            else { continue }
            let first = Vote(epoch: epoch, view: vote.view, sequence: vote.sequence, digest: other.digest)
            accuse(signed.signer, .prepare, (first, other.signature), (vote, signed.signature), &effects)
        }
    }

    /// The same for the attestations in a certificate.
    func accuse(by certificate: Certificate, into effects: inout [Effect]) {
        let sequence = Sequence(certificate.height)
        guard slots.contains(sequence) else { return }
        for signed in certificate.signatures {
            guard let other = slots[sequence].attestations.entry(of: signed.signer, in: .first),
                other.digest != certificate.header
            else { continue }
            let votes = [other.digest, certificate.header].map {
                Vote(epoch: epoch, view: .first, sequence: sequence, digest: $0)
            }
            accuse(signed.signer, .attest, (votes[0], other.signature), (votes[1], signed.signature), &effects)
        }
    }
}
