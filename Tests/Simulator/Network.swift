package import Consensus
import Primitives

/// The network's mood: what it loses, repeats, delays and cuts. Links are one-way.
package struct Network: Sendable {
    package var dropPercent = 0
    /// Of gossip alone, which nobody sends again by itself.
    package var gossipDropPercent = 0
    package var duplicatePercent = 0
    /// Chance in a hundred that some earlier packet of the network arrives once more with this one.
    package var replayPercent = 0
    package var latency = 1...4
    /// Chance in a hundred that a packet takes far longer than others sent after it.
    package var slowPercent = 0
    package var slowLatency = 400
    /// Bit `to` of element `from`: nothing passes.
    package var cut: [UInt64] = Array(repeating: 0, count: 64)

    /// What a script decides, packet by packet.
    package var filters: [PacketFilter] = []

    package init() {}

    package func isCut(_ from: ReplicaID, _ to: ReplicaID) -> Bool { cut[from.index] >> UInt64(to.index) & 1 == 1 }

    package mutating func cutLink(_ from: ReplicaID, _ to: ReplicaID) { cut[from.index] |= 1 << UInt64(to.index) }

    /// Cuts all links, both ways, between replicas of different sides.
    package mutating func partition(_ side: UInt64, of replicas: Int) {
        for from in 0..<replicas {
            let isInSide = side >> UInt64(from) & 1 == 1
            cut[from] |= isInSide ? ~side : side
            cut[from] &= ~(1 << UInt64(from))
        }
    }

    /// Cuts the links from one side to the other, and leaves those back.
    package mutating func silence(_ side: UInt64, of replicas: Int) {
        for from in 0..<replicas where side >> UInt64(from) & 1 == 1 { cut[from] |= ~side }
    }

    package mutating func heal() {
        cut = Array(repeating: 0, count: 64)
        filters = []
    }
}

extension World {
    func broadcast(_ packet: Packet, from: ReplicaID) {
        for host in hosts where host.id != from { send(packet, from: from, to: host.id) }
    }

    func send(_ packet: Packet, from: ReplicaID, to: ReplicaID) {
        guard from != to, to.index < hosts.count else { return }
        if hosts[from.index].isByzantine, !options.isCalm, withholds(packet) { return }
        transmit(packet, from: from, to: to)
    }

    /// What passes over the wire, whoever wrote it.
    func transmit(_ packet: Packet, from: ReplicaID, to: ReplicaID) {
        if isManual {
            pool.append(InFlight(packet: packet, from: from, to: to))
            return
        }
        guard !network.isCut(from, to), !random.percent(network.dropPercent) else { return }
        if case .gossip = packet, random.percent(network.gossipDropPercent) { return }
        switch verdict(packet, from: from, to: to) {
        case .pass: break
        case .drop: return
        case .hold: return pool.append(InFlight(packet: packet, from: from, to: to))
        }
        let copies = random.percent(network.duplicatePercent) ? 2 : 1
        for _ in 0..<copies {
            let spread = network.latency.upperBound - network.latency.lowerBound + 1
            var delay = network.latency.lowerBound + random.below(spread)
            if random.percent(network.slowPercent) { delay += random.below(network.slowLatency) }
            queue.schedule(.packet(packet, from: from, to: to), at: now + UInt64(delay))
        }
        if network.replayPercent > 0 { replayBeside(InFlight(packet: packet, from: from, to: to)) }
    }

    /// Keeps the packet, and sometimes lets one of the last 256 that were kept arrive again, late and out of order.
    private func replayBeside(_ flight: InFlight) {
        if passed.count < 256 { passed.append(flight) } else { passed[random.below(256)] = flight }
        guard random.percent(network.replayPercent), let old = random.pick(passed) else { return }
        queue.schedule(.packet(old.packet, from: old.from, to: old.to), at: now + UInt64(random.below(100)))
    }

    private func withholds(_ packet: Packet) -> Bool {
        switch packet {
        case .bodies, .blocks, .chain: random.percent(70)
        case .consensus, .gossip, .fetch, .blockRequest: random.percent(withholding)
        }
    }
}

extension Packet {
    /// One line for traces.
    package var summary: String {
        switch self {
        case .consensus(let message): message.summary
        case .gossip(let references): "gossip \(references.count)"
        case .fetch(let references): "fetch \(references.count)"
        case .bodies(let references): "bodies \(references.count)"
        case .blockRequest(let height): "blocks from \(height.number)?"
        case .chain(let height, let blocks): "chain from \(height.number) x\(blocks.count)"
        case .blocks(let blocks): "blocks \(blocks.first?.block.height.number ?? 0) x\(blocks.count)"
        }
    }
}

extension Message {
    package var summary: String {
        switch self {
        case .prePrepare(let proposal, _): "PRE-PREPARE \(proposal.vote.summary)"
        case .prepare(let vote, _): "PREPARE \(vote.summary)"
        case .commit(let vote): "COMMIT \(vote.summary)"
        case .attest(let attestation, _): "ATTEST h\(attestation.height.number) \(attestation.header.words.0 % 10000)"
        case .viewChange(let signed):
            "VIEW-CHANGE v\(signed.content.view.number) of \(signed.content.sender.index) h\(signed.content.certified.number)"
                + " P[\(signed.content.prepared.map(\.vote.summary).joined(separator: " "))]"
        case .newView(let signed): "NEW-VIEW v\(signed.content.view.number)"
        case .status(let status):
            "STATUS v\(status.view.number)\(status.isActive ? "" : "?") c\(status.certified.number) a\(status.accepted.number)"
                + (status.isStalled ? " stalled" : "") + (status.complaint.map { " complains of turn \($0)" } ?? "")
        case .request(.proposal(_, let sequence, _)): "proposal s\(sequence.number)?"
        case .request(.viewChanges(_, let view, let digests)): "\(digests.count) view changes v\(view.number)?"
        case .request(.testimony(_, let question)): "what have you seen of mine? \(question % 10000)"
        case .proposal(let proposal): "proposal \(proposal.vote.summary)"
        case .certificate(let certificate): "certificate h\(certificate.height.number)"
        case .testimony(let testimony):
            "TESTIMONY \(testimony.sightings.map(\.summary).joined(separator: ", ")) C\(testimony.commits.count)"
        }
    }
}

extension Sighting {
    fileprivate var summary: String { "\(kind) v\(view.number) s\(position)" }
}

extension Vote {
    var summary: String {
        "v\(view.number) s\(sequence.number) " + (digest == Proposal.nullDigest ? "null" : "\(digest.words.0 % 10000)")
    }
}
