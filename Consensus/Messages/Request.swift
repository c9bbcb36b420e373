package import Primitives

/// What a replica asks of another; the answer proves itself.
package enum Request: Hashable, Sendable {
    /// VIEW-CHANGEs that a NEW-VIEW names; each is answered by a VIEW-CHANGE.
    case viewChanges(Epoch, View, [Digest])
    /// A proposal that a NEW-VIEW re-proposes; answered by `Message.proposal`.
    case proposal(Epoch, Sequence, Digest)
    /// What the peer has seen of the asker's votes, under a number that is another at each start; answered by
    /// `Message.testimony`.
    case testimony(Epoch, UInt64)

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
        case .testimony(let epoch, let question):
            encoder.unsigned(3)
            encoder.unsigned(epoch.number)
            encoder.unsigned(question)
            encoder.null()
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
        case 3:
            try decoder.null()
            self = .testimony(epoch, position)
        default:
            throw .unexpectedValue
        }
    }
}
