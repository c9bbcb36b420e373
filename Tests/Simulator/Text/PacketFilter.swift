import Consensus

/// What a script does to packets of one kind on some links. Of several filters that match, the last one counts.
package struct PacketFilter: Sendable {
    package enum Verdict: String, Sendable {
        case drop
        /// Kept until the script releases it.
        case hold
        case pass
    }

    package let verdict: Verdict
    /// The name of a kind of packet; nil for all.
    package let kind: String?
    /// Nil for all.
    package let senders: [Int]?
    package let receivers: [Int]?

    func matches(_ packet: Packet, from: ReplicaID, to: ReplicaID) -> Bool {
        (kind == nil || kind == packet.kind) && senders?.contains(from.index) ?? true
            && receivers?.contains(to.index) ?? true
    }
}

extension Packet {
    /// The names that scripts use.
    static let kinds = [
        "pre-prepare", "prepare", "commit", "attest", "view-change", "new-view", "status", "request", "proposal",
        "certificate", "testimony", "gossip", "fetch", "bodies", "block-request", "blocks",
    ]

    var kind: String {
        switch self {
        case .consensus(let message): message.kindName
        case .gossip: "gossip"
        case .fetch: "fetch"
        case .bodies: "bodies"
        case .blockRequest: "block-request"
        case .blocks, .chain: "blocks"
        }
    }
}

extension Message {
    fileprivate var kindName: String {
        switch self {
        case .prePrepare: "pre-prepare"
        case .prepare: "prepare"
        case .commit: "commit"
        case .attest: "attest"
        case .viewChange: "view-change"
        case .newView: "new-view"
        case .status: "status"
        case .request: "request"
        case .proposal: "proposal"
        case .certificate: "certificate"
        case .testimony: "testimony"
        }
    }
}

extension World {
    /// What the script decided about a packet.
    func verdict(_ packet: Packet, from: ReplicaID, to: ReplicaID) -> PacketFilter.Verdict {
        network.filters.last { $0.matches(packet, from: from, to: to) }?.verdict ?? .pass
    }

    /// Sends what was held, whatever filters there are.
    func releaseHeld() {
        let held = pool
        pool = []
        for flight in held {
            queue.schedule(.packet(flight.packet, from: flight.from, to: flight.to), at: now + 1)
        }
    }
}
