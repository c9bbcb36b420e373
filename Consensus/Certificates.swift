package import Primitives

/// A signature and the index of the validator whose key verifies it.
package struct IndexedSignature: Hashable, Sendable {
    package let signer: ReplicaID
    package let signature: Signature

    package init(signer: ReplicaID, signature: Signature) {
        self.signer = signer
        self.signature = signature
    }
}

/// A quorum of PREPARE signatures for one epoch, view, sequence and digest (rule 12).
package struct PreparedCertificate: Hashable, Sendable {
    package let vote: Vote
    /// By ascending index, each once.
    package let signatures: [IndexedSignature]

    package init(vote: Vote, signatures: [IndexedSignature]) {
        self.vote = vote
        self.signatures = signatures
    }
}

/// A quorum of ATTEST signatures for one header: the proof that its block, and all before it, are final.
package struct Certificate: Hashable, Sendable {
    package let epoch: Epoch
    package let height: Height
    package let header: Digest
    /// By ascending index, each once.
    package let signatures: [IndexedSignature]

    package init(epoch: Epoch, height: Height, header: Digest, signatures: [IndexedSignature]) {
        self.epoch = epoch
        self.height = height
        self.header = header
        self.signatures = signatures
    }
}

/// A signature that the host has to verify before it hands a message to the replica.
package struct SignatureCheck: Hashable, Sendable {
    package let signer: ReplicaID
    package let statement: Statement
    package let signature: Signature

    package init(signer: ReplicaID, statement: Statement, signature: Signature) {
        self.signer = signer
        self.statement = statement
        self.signature = signature
    }
}

extension PreparedCertificate {
    package func checks(chain: Digest) -> [SignatureCheck] {
        let statement = vote.statement(.prepare, chain: chain)
        return signatures.map { SignatureCheck(signer: $0.signer, statement: statement, signature: $0.signature) }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        vote.encode(into: &encoder)
        encoder.signatures(signatures)
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits) throws(CBORError) {
        try decoder.array(exactly: 2)
        vote = try Vote(from: &decoder)
        signatures = try decoder.signatures(limits)
    }
}

extension Certificate {
    package func statement(chain: Digest) -> Statement {
        Statement(
            kind: .attest,
            chain: chain,
            epoch: epoch.number,
            view: 0,
            position: height.number,
            digest: header
        )
    }

    package func checks(chain: Digest) -> [SignatureCheck] {
        let statement = statement(chain: chain)
        return signatures.map { SignatureCheck(signer: $0.signer, statement: statement, signature: $0.signature) }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        encoder.unsigned(epoch.number)
        encoder.unsigned(height.number)
        encoder.byteString(header)
        encoder.signatures(signatures)
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits) throws(CBORError) {
        try decoder.array(exactly: 4)
        epoch = Epoch(try decoder.unsigned())
        height = Height(try decoder.unsigned())
        header = try decoder.digest()
        signatures = try decoder.signatures(limits)
    }
}

extension CBOREncoder {
    mutating func signatures(_ signatures: [IndexedSignature]) {
        array(signatures.count)
        for entry in signatures {
            array(2)
            replica(entry.signer)
            signature(entry.signature)
        }
    }
}

extension CBORDecoder {
    /// Signers must ascend, so that each counts once and one certificate has one encoding.
    mutating func signatures(_ limits: MessageLimits) throws(CBORError) -> [IndexedSignature] {
        var signatures: [IndexedSignature] = []
        for _ in 0..<(try array(atMost: limits.replicas)) {
            try array(exactly: 2)
            let signer = try replica(limits)
            if let last = signatures.last, signer <= last.signer { throw .keyOrder }
            signatures.append(IndexedSignature(signer: signer, signature: try signature()))
        }
        return signatures
    }
}
