internal import Consensus
internal import PeerNetwork
internal import Primitives

/// The links to the other validators, in terms of messages. Nothing here waits: a full queue drops and counts.
final class Peers: Sendable {
    private let network: PeerNetwork

    init(network: PeerNetwork) { self.network = network }

    func send(_ message: Message, to peer: ReplicaID) {
        network.send(.consensus, message.encoded, to: peer.index)
    }

    func broadcast(_ message: Message) { network.broadcast(.consensus, message.encoded) }

    func send(_ message: FetchMessage, to peer: ReplicaID) { network.send(.fetch, message.encoded, to: peer.index) }

    func send(_ message: SyncMessage, to peer: ReplicaID) { network.send(.sync, message.encoded, to: peer.index) }

    func broadcast(_ message: SyncMessage) { network.broadcast(.sync, message.encoded) }

    /// In frames that the lane takes.
    func gossipInFrames(_ transactions: [[UInt8]]) {
        var frame: [[UInt8]] = []
        var byteCount = 0
        for bytes in transactions {
            if !frame.isEmpty, frame.count == 512 || byteCount + bytes.count > 256 << 10 {
                gossip(frame)
                frame = []
                byteCount = 0
            }
            frame.append(bytes)
            byteCount += bytes.count
        }
        if !frame.isEmpty { gossip(frame) }
    }

    private func gossip(_ transactions: [[UInt8]]) {
        network.broadcast(.transactions, GossipMessage.encode(transactions))
    }
}
