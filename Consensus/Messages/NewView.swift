package import Primitives

/// How a NEW-VIEW names a VIEW-CHANGE.
package struct ViewChangeName: Hashable, Sendable {
    package let sender: ReplicaID
    package let digest: Digest

    package init(sender: ReplicaID, digest: Digest) {
        self.sender = sender
        self.digest = digest
    }
}

/// NEW-VIEW (§4.4): the view's leader names a quorum of VIEW-CHANGEs. What is re-proposed follows from them, so it is
/// not said: every replica computes it (rule 22).
package struct NewView: Hashable, Sendable {
    package let epoch: Epoch
    package let view: View
    /// By ascending sender, each once.
    package let viewChanges: [ViewChangeName]
    package let digest: Digest

    package init(epoch: Epoch, view: View, viewChanges: [ViewChangeName], hashing: Hashing) {
        self.epoch = epoch
        self.view = view
        self.viewChanges = viewChanges
        var encoder = CBOREncoder(capacity: 64 + 40 * viewChanges.count)
        NewView.encode(epoch, view, viewChanges, into: &encoder)
        self.digest = hashing(encoder.bytes)
    }

    package func statement(chain: Digest) -> Statement {
        Statement(kind: .newView, chain: chain, epoch: epoch.number, view: view.number, position: 0, digest: digest)
    }

    package static func == (left: NewView, right: NewView) -> Bool { left.digest == right.digest }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

extension NewView {
    package func encode(into encoder: inout CBOREncoder) { NewView.encode(epoch, view, viewChanges, into: &encoder) }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        try decoder.array(exactly: 3)
        let epoch = Epoch(try decoder.unsigned())
        let view = View(try decoder.unsigned())
        var names: [ViewChangeName] = []
        for _ in 0..<(try decoder.array(atMost: limits.replicas)) {
            try decoder.array(exactly: 2)
            let sender = try decoder.replica(limits)
            if let last = names.last, sender <= last.sender { throw .keyOrder }
            names.append(ViewChangeName(sender: sender, digest: try decoder.digest()))
        }
        self.init(epoch: epoch, view: view, viewChanges: names, hashing: hashing)
    }

    private static func encode(
        _ epoch: Epoch,
        _ view: View,
        _ viewChanges: [ViewChangeName],
        into encoder: inout CBOREncoder
    ) {
        encoder.array(3)
        encoder.unsigned(epoch.number)
        encoder.unsigned(view.number)
        encoder.array(viewChanges.count)
        for name in viewChanges {
            encoder.array(2)
            encoder.replica(name.sender)
            encoder.byteString(name.digest)
        }
    }
}

/// A NEW-VIEW and its leader's signature. The leader is validator `view mod n`; nothing else says who sent it.
package struct SignedNewView: Hashable, Sendable {
    package let content: NewView
    package let signature: Signature

    package init(content: NewView, signature: Signature) {
        self.content = content
        self.signature = signature
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        content.encode(into: &encoder)
        encoder.signature(signature)
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        try decoder.array(exactly: 2)
        content = try NewView(from: &decoder, limits: limits, hashing: hashing)
        signature = try decoder.signature()
    }
}
