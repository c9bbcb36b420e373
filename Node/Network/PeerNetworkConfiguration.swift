package import Primitives

/// A validator that this one talks to.
package struct PeerEndpoint: Sendable, Equatable {
    package let index: Int
    package var host: String
    package var port: Int
    /// SHA-256 of the SubjectPublicKeyInfo of the certificates that are this validator's: one, or two while it changes
    /// them.
    package var pins: [Digest]

    package init(index: Int, host: String, port: Int, pins: [Digest]) {
        self.index = index
        self.host = host
        self.port = port
        self.pins = pins
    }
}

/// What a peer network needs to know.
package struct PeerNetworkConfiguration: Sendable {
    /// This validator's own index; nil for a node that is no validator of the epoch, which has no peers.
    package var index: Int?
    /// The chain's id; a peer of another chain is refused.
    package var chain: Digest
    package var material: TLSMaterial
    /// The other validators; an entry with the own index is left out.
    package var peers: [PeerEndpoint]
    /// The pins of machines that may follow, each with its organisation.
    package var followers: [Digest: Identifier]
    package var listenHost: String
    /// Zero for a port that the system chooses (`PeerNetwork.listeningPort`).
    package var listenPort: Int
    /// Shown to peers and in status; it decides nothing.
    package var softwareVersion: String
    package var limits: NetworkLimits

    package init(
        index: Int?,
        chain: Digest,
        material: TLSMaterial,
        peers: [PeerEndpoint],
        followers: [Digest: Identifier] = [:],
        listenHost: String,
        listenPort: Int,
        softwareVersion: String,
        limits: NetworkLimits = .standard
    ) {
        self.index = index
        self.chain = chain
        self.material = material
        self.peers = peers.filter { $0.index != index }
        self.followers = followers
        self.listenHost = listenHost
        self.listenPort = listenPort
        self.softwareVersion = softwareVersion
        self.limits = limits
    }
}

/// A frame as the runtime gets it.
package struct PeerFrame: Sendable {
    /// The validator that sent it, as its certificate says.
    package let peer: Int
    package let lane: Lane
    package let bytes: [UInt8]
    /// The frame's share of the peer's bound on unprocessed bytes. It is given back when the last copy of the frame goes:
    /// keep the frame while it waits, and keep only what was decoded from it afterwards.
    package let credit: InboundCredit

    /// What a frame costs beside its payload, so that empty frames have a price, too.
    static let overheadByteCount = 64
}

/// Something happened to the link with a peer.
package enum LinkEvent: Sendable, Equatable {
    case connected(peer: Int)
    case disconnected(peer: Int)
}

/// What the network tells its runtime. All are called on the network's event loop, in order, and must not block.
package struct PeerNetworkEvents: Sendable {
    /// Frames of one peer, as many as one read brought, in the order sent within each lane.
    package let received: @Sendable ([PeerFrame]) -> Void
    package let linkChanged: @Sendable (LinkEvent) -> Void
    /// A follower asks; at most one asks at a time.
    package let asked: @Sendable (FollowerRequest) -> Void
    /// A connection was refused. Strangers cause this at will, so do little.
    package let refused: @Sendable (Refusal) -> Void

    package init(
        received: @escaping @Sendable ([PeerFrame]) -> Void,
        linkChanged: @escaping @Sendable (LinkEvent) -> Void,
        asked: @escaping @Sendable (FollowerRequest) -> Void = { $0.answer(nil) },
        refused: @escaping @Sendable (Refusal) -> Void = { _ in }
    ) {
        self.received = received
        self.linkChanged = linkChanged
        self.asked = asked
        self.refused = refused
    }
}
