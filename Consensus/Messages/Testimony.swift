package import Primitives

/// A validator's signed statement as another one has seen it. Whoever shows it needs no trust: the signature proves it.
package struct Sighting: Hashable, Sendable {
    package let kind: Statement.Kind
    package let view: View
    /// As in the statement: a sequence, or a height.
    package let position: UInt64
    package let digest: Digest
    package let signature: Signature

    package init(kind: Statement.Kind, view: View, position: UInt64, digest: Digest, signature: Signature) {
        self.kind = kind
        self.view = view
        self.position = position
        self.digest = digest
        self.signature = signature
    }

    package func statement(chain: Digest, epoch: Epoch) -> Statement {
        Statement(
            kind: kind,
            chain: chain,
            epoch: epoch.number,
            view: view.number,
            position: position,
            digest: digest
        )
    }
}

/// TESTIMONY: the newest that its sender has seen of one validator's statements in this epoch. Only who asks for it gets
/// it, about itself: a replica that starts compares it with its journal before it votes (rule 20).
package struct Testimony: Hashable, Sendable {
    package let epoch: Epoch
    /// Whose statements these are.
    package let subject: ReplicaID
    /// What the subject's question said: no answer to a question of an earlier life counts.
    package let question: UInt64
    /// PRE-PREPARE or PREPARE, the latest by view and sequence.
    package let vote: Sighting?
    /// VIEW-CHANGE or NEW-VIEW of the highest view.
    package let promise: Sighting?
    /// ATTEST of the highest block.
    package let attestation: Sighting?
    /// COMMITs, ascending by sequence. They carry no signature, so one testimony proves none of them.
    package let commits: [Vote]
    /// Of the highest height that the sender has certified; nil while this epoch has none. The subject votes above it only.
    package let certificate: Certificate?

    package init(
        epoch: Epoch,
        subject: ReplicaID,
        question: UInt64,
        vote: Sighting?,
        promise: Sighting?,
        attestation: Sighting?,
        commits: [Vote],
        certificate: Certificate?
    ) {
        self.epoch = epoch
        self.subject = subject
        self.question = question
        self.vote = vote
        self.promise = promise
        self.attestation = attestation
        self.commits = commits
        self.certificate = certificate
    }

    package var sightings: [Sighting] { [vote, promise, attestation].compactMap { $0 } }

    package func checks(chain: Digest) -> [SignatureCheck] {
        sightings.map {
            SignatureCheck(
                signer: subject,
                statement: $0.statement(chain: chain, epoch: epoch),
                signature: $0.signature
            )
        } + (certificate?.checks(chain: chain) ?? [])
    }
}

extension Testimony {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(8)
        encoder.unsigned(epoch.number)
        encoder.replica(subject)
        encoder.unsigned(question)
        for sighting in [vote, promise, attestation] {
            if let sighting { sighting.encode(into: &encoder) } else { encoder.null() }
        }
        encoder.array(commits.count)
        for commit in commits {
            encoder.array(3)
            encoder.unsigned(commit.view.number)
            encoder.unsigned(commit.sequence.number)
            encoder.byteString(commit.digest)
        }
        if let certificate { certificate.encode(into: &encoder) } else { encoder.null() }
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits) throws(CBORError) {
        try decoder.array(exactly: 8)
        let epoch = Epoch(try decoder.unsigned())
        subject = try decoder.replica(limits)
        question = try decoder.unsigned()
        vote = try decoder.sighting(of: [.prePrepare, .prepare])
        promise = try decoder.sighting(of: [.viewChange, .newView])
        attestation = try decoder.sighting(of: [.attest])
        var commits: [Vote] = []
        for _ in 0..<(try decoder.array(atMost: limits.commits)) {
            try decoder.array(exactly: 3)
            let view = View(try decoder.unsigned())
            let sequence = Sequence(try decoder.unsigned())
            if let last = commits.last, sequence <= last.sequence { throw .keyOrder }
            commits.append(Vote(epoch: epoch, view: view, sequence: sequence, digest: try decoder.digest()))
        }
        self.epoch = epoch
        self.commits = commits
        if decoder.peek() == .null {
            try decoder.null()
            certificate = nil
        } else {
            certificate = try Certificate(from: &decoder, limits: limits)
        }
    }
}

extension Sighting {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.array(5)
        encoder.unsigned(kind.rawValue)
        encoder.unsigned(view.number)
        encoder.unsigned(position)
        encoder.byteString(digest)
        encoder.signature(signature)
    }
}

extension CBORDecoder {
    /// A sighting of one of these kinds, or null.
    fileprivate mutating func sighting(of kinds: [Statement.Kind]) throws(CBORError) -> Sighting? {
        if peek() == .null {
            try null()
            return nil
        }
        try array(exactly: 5)
        guard let kind = Statement.Kind(rawValue: try unsigned()), kinds.contains(kind) else { throw .unexpectedValue }
        let view = View(try unsigned())
        // A statement about a block has no view: one statement, one encoding.
        guard kind != .attest || view == .first else { throw .unexpectedValue }
        return Sighting(
            kind: kind,
            view: view,
            position: try unsigned(),
            digest: try digest(),
            signature: try signature()
        )
    }
}
