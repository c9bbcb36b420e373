package import Primitives

/// VIEW-CHANGE (§4.4): a replica's promise to vote in no view below `view`, with what it knows: its certified height
/// and its prepared certificates above it (rule 21).
package struct ViewChange: Hashable, Sendable {
    package let epoch: Epoch
    package let view: View
    /// Whose key signs it. VIEW-CHANGEs travel inside others' answers, so the channel does not say.
    package let sender: ReplicaID
    /// The proof of the certified height; nil is the epoch's start, which needs none: nobody is in the epoch without it.
    package let certificate: Certificate?
    /// By ascending sequence.
    package let prepared: [PreparedCertificate]
    /// Over all fields above; how a NEW-VIEW names it. Computed here, never received.
    package let digest: Digest

    /// The height that the certificate proves; genesis without one, in any epoch.
    package var certified: Height { certificate?.height ?? .genesis }

    package init(
        epoch: Epoch,
        view: View,
        sender: ReplicaID,
        certificate: Certificate?,
        prepared: [PreparedCertificate],
        hashing: Hashing
    ) {
        self.epoch = epoch
        self.view = view
        self.sender = sender
        self.certificate = certificate
        self.prepared = prepared
        var encoder = CBOREncoder(capacity: 256)
        ViewChange.encode(epoch, view, sender, certificate, prepared, into: &encoder)
        self.digest = hashing(encoder.bytes)
    }

    package func statement(chain: Digest) -> Statement {
        Statement(
            kind: .viewChange,
            chain: chain,
            epoch: epoch.number,
            view: view.number,
            position: certified.number,
            digest: digest
        )
    }

    package static func == (left: ViewChange, right: ViewChange) -> Bool { left.digest == right.digest }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

extension ViewChange {
    package func encode(into encoder: inout CBOREncoder) {
        ViewChange.encode(epoch, view, sender, certificate, prepared, into: &encoder)
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        try decoder.array(exactly: 5)
        let epoch = Epoch(try decoder.unsigned())
        let view = View(try decoder.unsigned())
        let sender = try decoder.replica(limits)
        var certificate: Certificate?
        if decoder.peek() == .null {
            try decoder.null()
        } else {
            certificate = try Certificate(from: &decoder, limits: limits)
        }
        var prepared: [PreparedCertificate] = []
        for _ in 0..<(try decoder.array(atMost: limits.window)) {
            prepared.append(try PreparedCertificate(from: &decoder, limits: limits))
        }
        self.init(
            epoch: epoch,
            view: view,
            sender: sender,
            certificate: certificate,
            prepared: prepared,
            hashing: hashing
        )
    }

    private static func encode(
        _ epoch: Epoch,
        _ view: View,
        _ sender: ReplicaID,
        _ certificate: Certificate?,
        _ prepared: [PreparedCertificate],
        into encoder: inout CBOREncoder
    ) {
        encoder.array(5)
        encoder.unsigned(epoch.number)
        encoder.unsigned(view.number)
        encoder.replica(sender)
        if let certificate {
            certificate.encode(into: &encoder)
        } else {
            encoder.null()
        }
        encoder.array(prepared.count)
        for entry in prepared { entry.encode(into: &encoder) }
    }
}

/// A VIEW-CHANGE and its sender's signature.
package struct SignedViewChange: Hashable, Sendable {
    package let content: ViewChange
    package let signature: Signature

    package init(content: ViewChange, signature: Signature) {
        self.content = content
        self.signature = signature
    }

    /// Every signature inside: the sender's, those of the certificate, those of the prepared certificates.
    package func checks(chain: Digest) -> [SignatureCheck] {
        let statement = content.statement(chain: chain)
        var checks = [SignatureCheck(signer: content.sender, statement: statement, signature: signature)]
        checks += content.certificate?.checks(chain: chain) ?? []
        for entry in content.prepared { checks += entry.checks(chain: chain) }
        return checks
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        content.encode(into: &encoder)
        encoder.signature(signature)
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        try decoder.array(exactly: 2)
        content = try ViewChange(from: &decoder, limits: limits, hashing: hashing)
        signature = try decoder.signature()
    }
}
