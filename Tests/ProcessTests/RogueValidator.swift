import Consensus
import Ledger
import LedgerCrypto
import Logging
import NodeRuntime
import PeerNetwork
import Primitives
import Synchronization

/// A hostile validator in the place of a real one: with its keys and its certificate, on its port.
struct RogueValidator: Sendable {
    let index: Int
    let chain: Digest
    let key: PrivateKey

    func sign(_ statement: Statement) -> Signature { key.sign(statement.encoded) }

    /// Acts for the length of a body.
    ///
    /// - Parameter network: one whose validator of this index does not run.
    /// - Parameter conduct: what it says to all others when one of them says something.
    static func act(
        as index: Int,
        in network: TestNetwork,
        _ conduct: @escaping @Sendable (RogueValidator, Message) -> [Message],
        during body: () async throws -> Void
    ) async throws {
        let rogue = RogueValidator(
            index: index,
            chain: network.chain.id,
            key: try KeyFile.load("\(network.validators[index].home)/keys/consensus.key")
        )
        let limits = MessageLimits(replicas: network.validators.count, window: 16, references: 10_000)
        let speaker = Speaker()
        let events = PeerNetworkEvents(
            received: { frames in
                for frame in frames where frame.lane == .consensus {
                    let hashing: Hashing = { SHA256Function.digest(of: $0) }
                    guard let message = try? Message(decoding: frame.bytes, limits: limits, hashing: hashing) else {
                        continue
                    }
                    for answer in conduct(rogue, message) { speaker.say(answer) }
                }
            },
            linkChanged: { _ in }
        )
        let peers = try PeerNetwork(
            configuration: try configuration(index, network),
            events: events,
            logger: Logger(label: "rogue") { _ in SwiftLogNoOpLogHandler() }
        )
        speaker.peers = peers
        do {
            try await peers.start()
            try await body()
        } catch {
            await peers.shutdown()
            throw error
        }
        await peers.shutdown()
    }

    private static func configuration(_ index: Int, _ network: TestNetwork) throws -> PeerNetworkConfiguration {
        let home = network.validators[index].home
        return PeerNetworkConfiguration(
            index: index,
            chain: network.chain.id,
            material: try TLSMaterial.load(
                certificatePath: "\(home)/tls/certificate.pem",
                keyPath: "\(home)/tls/key.pem"
            ),
            peers: network.validators.map { validator in
                PeerEndpoint(
                    index: validator.index,
                    host: "127.0.0.1",
                    port: validator.peerPort,
                    pins: network.chain.validators.validators[validator.index].tlsPins
                )
            },
            listenHost: "127.0.0.1",
            listenPort: network.validators[index].peerPort,
            softwareVersion: "rogue"
        )
    }

    /// The network exists only after the closures that speak through it.
    private final class Speaker: Sendable {
        private let stored = Mutex<PeerNetwork?>(nil)
        var peers: PeerNetwork? {
            get { stored.withLock { $0 } }
            set { stored.withLock { $0 = newValue } }
        }

        func say(_ message: Message) { peers?.broadcast(.consensus, message.encoded) }
    }
}
