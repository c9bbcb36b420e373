internal import Consensus
internal import Ledger
internal import LedgerCrypto
internal import Logging
internal import NIOPosix
internal import PeerNetwork
internal import Primitives
internal import Synchronization

/// Turns the frames of peers into inputs: decodes them and verifies signatures before the engine hears of them.
///
/// It runs on the network's loop. A frame holds its share of its peer's bound on unprocessed bytes until the engine, or
/// the thread that works on it, is through with it.
final class FrameReceiver: Sendable {
    private let chain: Digest
    private let epoch: Epoch
    private let replicas: Int
    private let messageLimits: MessageLimits
    private let peerLimits: PeerLimits
    private let checker: SignatureChecker
    private let engine: Engine
    private let parts: Engine.Parts
    private let logger: Logger
    private let refused = Mutex<[String: UInt64]>([:])

    init(
        engine: Engine,
        chain: Chain,
        epoch: EpochRecord,
        messageLimits: MessageLimits,
        logger: Logger
    ) {
        self.chain = chain.id
        self.epoch = Epoch(epoch.number)
        self.replicas = epoch.validators.count
        self.messageLimits = messageLimits
        self.peerLimits = PeerLimits(chain.genesis.parameters)
        self.checker = SignatureChecker(validators: epoch.validators)
        self.engine = engine
        self.parts = engine.parts
        self.logger = logger
    }

    /// Frames that were refused, by reason.
    var refusals: [String: UInt64] { refused.withLock { $0 } }

    /// Signatures of validators that were verified.
    var verifiedSignatures: UInt64 { checker.verified }

    func receive(_ frames: [PeerFrame]) {
        for frame in frames {
            do throws(CBORError) {
                switch frame.lane {
                case .consensus: try receiveConsensus(frame)
                case .transactions: try receiveGossip(frame)
                case .fetch: try receiveFetch(frame)
                case .sync: try receiveSync(frame)
                }
            } catch { count("malformed", frame) }
        }
    }

    private func receiveConsensus(_ frame: PeerFrame) throws(CBORError) {
        let message = try Message(
            decoding: frame.bytes,
            limits: messageLimits,
            hashing: { SHA256Function.digest(of: $0) }
        )
        let peer = ReplicaID(frame.peer)
        // Of another epoch nothing can be verified here, and nothing is of use but where its sender stands.
        if message.epoch != epoch {
            guard case .status = message else { return count("epoch", frame) }
        }
        guard checker.verify(message.checks(from: peer, chain: chain, replicas: replicas)) else {
            return count("signature", frame)
        }
        engine.enqueue { [credit = frame.credit] engine in
            withExtendedLifetime(credit) { engine.step(.message(message, from: peer)) }
        }
    }

    private func receiveGossip(_ frame: PeerFrame) throws(CBORError) {
        let transactions = try GossipMessage.decode(frame.bytes, limits: peerLimits)
        let peer = ReplicaID(frame.peer)
        parts.verifier.admit(transactions, at: parts.execution.lastHeight) { [engine, credit = frame.credit] admitted in
            guard !admitted.isEmpty else { return }
            engine.enqueue { engine in
                withExtendedLifetime(credit) { _ = engine.admit(admitted, share: peer) }
            }
        }
    }

    private func receiveFetch(_ frame: PeerFrame) throws(CBORError) {
        let message = try FetchMessage(decoding: frame.bytes, limits: peerLimits)
        engine.enqueue { [credit = frame.credit] engine in
            withExtendedLifetime(credit) { engine.received(message, from: ReplicaID(frame.peer)) }
        }
    }

    /// Blocks are read, and certificates verified, away from the network's loop.
    private func receiveSync(_ frame: PeerFrame) throws(CBORError) {
        let message = try SyncMessage(decoding: frame.bytes, limits: peerLimits)
        parts.reading.submit { [engine, parts, credit = frame.credit] state in
            guard case .active = state else { return }
            let peer = ReplicaID(frame.peer)
            withExtendedLifetime(credit) {
                switch message {
                case .request(let from): parts.catchUp.serve(from, to: peer)
                case .answer(let from, let blocks): parts.catchUp.take(blocks, from: from, peer: peer, engine: engine)
                case .changesRequest(let height): parts.inquiry.serve(height, to: peer)
                case .changes(let changes): parts.inquiry.received(changes)
                }
            }
        }
    }

    private func count(_ reason: String, _ frame: PeerFrame) {
        refused.withLock { $0[reason, default: 0] += 1 }
        logger.debug(
            "refused a frame",
            metadata: ["peer": "\(frame.peer)", "lane": "\(frame.lane.name)", "why": "\(reason)"]
        )
    }
}
