import Benchmark
import Consensus
import Primitives
import Simulator

/// A backup of four validators that is led through block after block by messages made beforehand. Digests and signatures
/// are tokens, so that what is counted is the replica's own work.
struct Backup {
    private var replica: Replica
    private let configuration: Configuration
    private var effects: [Effect] = []
    private let blocks: [[Input]]

    init(blocks count: Int) {
        var configuration = Configuration(
            id: ReplicaID(1),
            replicas: 4,
            chain: Tokens.digest(4, 4, 4, 4),
            hashing: Tokens.hashing
        )
        configuration.turn = 1_000_000
        configuration.awaitsAnswers = false
        self.configuration = configuration
        replica = Replica(configuration, recovery: Recovery())
        blocks = (1...count).map { Backup.inputs(UInt64($0), configuration) }
        step(.start)
    }

    /// Everything that reaches a backup for a block of a hundred transactions, but its own votes.
    private static func inputs(_ height: UInt64, _ configuration: Configuration) -> [Input] {
        func sign(_ statement: Statement, _ signer: ReplicaID) -> Signature {
            Tokens.signature(of: statement, by: signer)
        }
        let primary = ReplicaID(0)
        let others = [0, 2, 3].map { ReplicaID($0) }
        let proposal = Proposal(
            epoch: .first,
            sequence: Sequence(height),
            originView: View(0),
            proposer: primary,
            time: 1_000_000 + height,
            references: (0..<100).map { Tokens.digest(height, UInt64($0), 1, 1) },
            hashing: configuration.hashing
        )
        let header = Tokens.digest(height, 77, 77, 77)
        let attestation = Attestation(epoch: .first, height: Height(height), header: header)
        let block = BlockSummary(
            epoch: .first,
            height: Height(height),
            header: header,
            time: 1_000_000 + height,
            originView: View(0),
            proposer: primary,
            boundary: nil
        )
        let chain = configuration.chain
        let opening = Message.prePrepare(proposal, sign(proposal.vote.statement(.prePrepare, chain: chain), primary))
        let prepare = proposal.vote.statement(.prepare, chain: chain)
        let attest = attestation.statement(chain: chain)
        return [.message(opening, from: primary), .acquired(Sequence(height), proposal.digest)]
            + others.map { .message(.prepare(proposal.vote, sign(prepare, $0)), from: $0) }
            + others.map { .message(.commit(proposal.vote), from: $0) }
            + [.executed(block)]
            + others.map { .message(.attest(attestation, sign(attest, $0)), from: $0) }
    }

    private mutating func step(_ input: Input) {
        let start = effects.count
        replica.step(input, now: Moment(monotonic: 0, wall: 1_000_000), into: &effects)
        let id = replica.id
        // Own votes come back signed, as the host brings them.
        for place in start..<effects.count {
            guard case .sign(let draft) = effects[place] else { continue }
            let message = draft.signed(chain: configuration.chain) { Tokens.signature(of: $0, by: id) }
            step(.message(message, from: id))
        }
    }

    mutating func decide(_ place: Int) throws {
        effects.removeAll(keepingCapacity: true)
        for input in blocks[place] { step(input) }
        guard replica.certified.number == UInt64(place + 1) else { throw Failure() }
    }
}

func consensusStages() {
    stage("vote on a block as a backup of four", repetitions: 200) {
        Backup(blocks: 200)
    } _: { backup, place in
        try backup.decide(place)
    }
}
