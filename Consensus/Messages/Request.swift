package import Primitives

/// What a replica asks of another by digest; the answer proves itself.
package enum Request: Hashable, Sendable {
    /// VIEW-CHANGEs that a NEW-VIEW names; each is answered by a VIEW-CHANGE.
    case viewChanges(Epoch, View, [Digest])
    /// A proposal that a NEW-VIEW re-proposes; answered by `Message.proposal`.
    case proposal(Epoch, Sequence, Digest)

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        switch self {
        case .viewChanges(let epoch, let view, let digests):
            encoder.unsigned(1)
            encoder.unsigned(epoch.number)
            encoder.unsigned(view.number)
            encoder.array(digests.count)
            for digest in digests { encoder.byteString(digest) }
        case .proposal(let epoch, let sequence, let digest):
            encoder.unsigned(2)
            encoder.unsigned(epoch.number)
            encoder.unsigned(sequence.number)
            encoder.byteString(digest)
        }
    }

    package init(from decoder: inout CBORDecoder, limits: MessageLimits) throws(CBORError) {
        try decoder.array(exactly: 4)
        let kind = try decoder.unsigned()
        let epoch = Epoch(try decoder.unsigned())
        let position = try decoder.unsigned()
        switch kind {
        case 1:
            var digests: [Digest] = []
            for _ in 0..<(try decoder.array(atMost: limits.replicas)) { digests.append(try decoder.digest()) }
            self = .viewChanges(epoch, View(position), digests)
        case 2:
            self = .proposal(epoch, Sequence(position), try decoder.digest())
        default:
            throw .unexpectedValue
        }
    }
}
