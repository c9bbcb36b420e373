/// Why an input was not accepted. Peers cause these at will: they are counted, and none is an error of ours.
package enum Rejection: Error, Hashable, Sendable, CaseIterable {
    /// The replica takes no input any more: it diverged, or its epoch is over.
    case stopped
    /// `start` was not the first input, or came twice.
    case notStarted
    /// The sender is no validator of this epoch.
    case unknownSender
    case wrongEpoch
    /// A view that has passed.
    case oldView
    /// Below the low or above the high watermark (§4.2).
    case outsideWatermarks
    /// The proposer is not the primary at this position.
    case notPrimary
    /// Somebody else's key would have to sign this.
    case wrongSender
    /// A second, different vote or proposal at one position.
    case equivocation
    /// Nothing new.
    case duplicate
    /// A certificate without a quorum of distinct validators, or with fields that contradict each other.
    case invalidCertificate
    /// A VIEW-CHANGE or NEW-VIEW that breaks its form.
    case invalidViewChange
    /// An answer to a question that was not asked, or no longer is.
    case notRequested
    /// A block that does not follow the last one.
    case outOfOrder
    /// More references than a proposal may hold.
    case tooLarge
    /// The peer asks more often than anyone who follows the protocol.
    case tooOften
    /// This replica does not have what is asked for.
    case notFound
}
