package import Ledger
internal import PeerNetwork
package import Primitives

/// Somebody who may have snapshots: questions and answers, one after the other.
package protocol SnapshotSource: Sendable {
    func ask(_ bytes: [UInt8]) async throws -> [UInt8]
    func close()
}

extension FollowCall: SnapshotSource {}

/// What somebody offers, as far as it is proven.
package struct ProvenOffers: Sendable {
    package let trail: EpochTrail
    /// The newest first.
    package let offers: [SnapshotOffer]
    /// The highest height that is proven to be certified.
    package var certified: Height {
        max(trail.records.last?.start ?? .genesis, offers.map(\.header.height).max() ?? .genesis)
    }
}

extension SnapshotSource {
    /// Asks what there is, and follows the epochs as far as they lead. What a source says of its heights counts for
    /// nothing: only headers with certificates do.
    ///
    /// - Throws: `UnprovenError` for what proves nothing; an error of the connection.
    package func offers(from start: EpochTrail, limits: PeerLimits) async throws -> ProvenOffers {
        var trail = start
        while true {
            let epoch = trail.epoch
            let answer = try await ask(SnapshotMessage.offersRequest(epoch: epoch).encoded)
            guard
                case .offers(epoch, let handovers, let offers)? = try? SnapshotMessage(
                    decoding: answer,
                    limits: limits
                )
            else { throw UnprovenError("it answers another question") }
            for handover in handovers { try trail.follow(handover) }
            // As long as there may be more epochs, the offers may lie in them.
            guard handovers.count < SnapshotMessage.handoverLimit else { continue }
            // What lies below where the trail begins is nothing new, and of epochs that it cannot tell.
            let beginning = start.records.first?.start ?? .genesis
            let ahead = offers.filter { $0.header.height > beginning }
            for offer in ahead { try trail.check(offer.header, offer.certificate) }
            return ProvenOffers(trail: trail, offers: ahead.sorted { $0.header.height > $1.header.height })
        }
    }
}
