import Consensus
import Primitives
import Simulator

/// One replica on the bench: a test plays its host and its peers, step by step.
struct Bench {
    var replica: Replica
    let configuration: Configuration
    var now = Moment(monotonic: 0, wall: 1_000_000)
    /// All effects so far, in order.
    var effects: [Effect] = []
    private var state: UInt64 = 1

    init(
        _ id: Int = 1,
        of replicas: Int = 4,
        adjust: (inout Configuration) -> Void = { _ in },
        recovery: Recovery = Recovery()
    ) {
        var configuration = Configuration(
            id: ReplicaID(id),
            replicas: replicas,
            chain: Tokens.digest(4, 4, 4, 4),
            hashing: Tokens.hashing
        )
        configuration.window = 4
        configuration.turn = 100
        configuration.batchLimit = 8
        configuration.awaitsAnswers = false
        adjust(&configuration)
        self.configuration = configuration
        replica = Replica(configuration, recovery: recovery)
    }

    /// A started bench.
    static func started(_ id: Int = 1, of replicas: Int = 4, adjust: (inout Configuration) -> Void = { _ in }) -> Bench
    {
        var bench = Bench(id, of: replicas, adjust: adjust)
        bench.step(.start)
        return bench
    }

    @discardableResult
    mutating func step(_ input: Input) -> [Effect] {
        var new: [Effect] = []
        replica.step(input, now: now, into: &new)
        effects += new
        return new
    }

    @discardableResult
    mutating func receive(_ message: Message, from peer: Int) -> [Effect] {
        step(.message(message, from: ReplicaID(peer)))
    }

    // MARK: Peers

    func sign(_ statement: Statement, _ signer: Int) -> Signature {
        Tokens.signature(of: statement, by: ReplicaID(signer))
    }

    func proposal(
        _ sequence: UInt64,
        epoch: UInt64 = 0,
        view: UInt64 = 0,
        proposer: Int = 0,
        time: UInt64 = 1_000_000,
        tag: UInt64 = 1
    ) -> Proposal {
        Proposal(
            epoch: Epoch(epoch),
            sequence: Sequence(sequence),
            originView: View(view),
            proposer: ReplicaID(proposer),
            time: time,
            references: [Transactions.reference(id: tag, encoding: 0)],
            hashing: Tokens.hashing
        )
    }

    func prePrepare(_ proposal: Proposal) -> Message {
        let statement = proposal.vote.statement(.prePrepare, chain: configuration.chain)
        return .prePrepare(proposal, sign(statement, proposal.proposer.index))
    }

    func prepare(_ vote: Vote, by signer: Int) -> Message {
        .prepare(vote, sign(vote.statement(.prepare, chain: configuration.chain), signer))
    }

    func attest(_ height: UInt64, _ header: Digest, by signer: Int) -> Message {
        let attestation = Attestation(epoch: .first, height: Height(height), header: header)
        return .attest(attestation, sign(attestation.statement(chain: configuration.chain), signer))
    }

    func prepared(_ vote: Vote, by signers: [Int]) -> PreparedCertificate {
        let statement = vote.statement(.prepare, chain: configuration.chain)
        return PreparedCertificate(
            vote: vote,
            signatures: signers.map { IndexedSignature(signer: ReplicaID($0), signature: sign(statement, $0)) }
        )
    }

    func certificate(_ height: UInt64, _ header: Digest, by signers: [Int] = [0, 2, 3]) -> Certificate {
        let attestation = Attestation(epoch: .first, height: Height(height), header: header)
        let statement = attestation.statement(chain: configuration.chain)
        return Certificate(
            epoch: .first,
            height: Height(height),
            header: header,
            signatures: signers.map { IndexedSignature(signer: ReplicaID($0), signature: sign(statement, $0)) }
        )
    }

    func viewChange(
        _ view: UInt64,
        by sender: Int,
        epoch: UInt64 = 0,
        certificate: Certificate? = nil,
        prepared: [PreparedCertificate] = []
    ) -> SignedViewChange {
        let content = ViewChange(
            epoch: Epoch(epoch),
            view: View(view),
            sender: ReplicaID(sender),
            certificate: certificate,
            prepared: prepared,
            hashing: Tokens.hashing
        )
        return SignedViewChange(
            content: content,
            signature: sign(content.statement(chain: configuration.chain), sender)
        )
    }

    func newView(_ view: UInt64, naming viewChanges: [SignedViewChange]) -> SignedNewView {
        let content = NewView(
            epoch: .first,
            view: View(view),
            viewChanges: viewChanges.map { ViewChangeName(sender: $0.content.sender, digest: $0.content.digest) },
            hashing: Tokens.hashing
        )
        let leader = View(view).leader(of: configuration.replicas)
        return SignedNewView(
            content: content,
            signature: sign(content.statement(chain: configuration.chain), leader.index)
        )
    }

    // MARK: The host

    func vote(_ sequence: UInt64, _ digest: Digest, view: UInt64 = 0) -> Vote {
        Vote(epoch: .first, view: View(view), sequence: Sequence(sequence), digest: digest)
    }

    func block(
        _ height: UInt64,
        epoch: UInt64 = 0,
        originView: UInt64 = 0,
        proposer: Int? = 0,
        boundary: UInt64? = nil
    ) -> BlockSummary {
        BlockSummary(
            epoch: Epoch(epoch),
            height: Height(height),
            header: Bench.header(height),
            time: height,
            originView: View(originView),
            proposer: proposer.map { ReplicaID($0) },
            boundary: boundary.map { Height($0) }
        )
    }

    static func header(_ height: UInt64) -> Digest { Tokens.digest(height, 77, 77, 77) }

    /// Gives back every own message that was to be signed in these effects, as the host does.
    mutating func loopBack(_ effects: [Effect]) {
        for case .sign(let draft) in effects {
            let message = draft.signed(chain: configuration.chain) { sign($0, replica.id.index) }
            loopBack(receive(message, from: replica.id.index))
        }
    }

    /// Proposes, acquires and prepares one sequence with the votes of peers, up to the own COMMIT.
    mutating func prepareFully(_ sequence: UInt64, view: UInt64 = 0, proposer: Int = 0, tag: UInt64 = 1) -> Vote {
        let proposal = proposal(sequence, view: view, proposer: proposer, tag: tag)
        receive(prePrepare(proposal), from: proposer)
        loopBack(step(.acquired(Sequence(sequence), proposal.digest)))
        let peers = (0..<configuration.replicas).filter { $0 != replica.id.index }
        for peer in peers { loopBack(receive(prepare(proposal.vote, by: peer), from: peer)) }
        return proposal.vote
    }

    /// All the way to a certified block.
    mutating func certify(_ height: UInt64, tag: UInt64 = 1, boundary: UInt64? = nil) {
        let vote = prepareFully(height, tag: tag)
        let peers = (0..<configuration.replicas).filter { $0 != replica.id.index }
        for peer in peers { receive(.commit(vote), from: peer) }
        loopBack(step(.executed(block(height, boundary: boundary))))
        for peer in peers { receive(attest(height, Bench.header(height), by: peer), from: peer) }
    }

    /// The journal as a restart finds it, all records durable.
    var journal: [JournalRecord] {
        var keys: [[UInt8]] = []
        var records: [[UInt8]: JournalRecord] = [:]
        for case .persist(let record, _) in effects {
            if records.updateValue(record, forKey: record.key) == nil { keys.append(record.key) }
        }
        return keys.compactMap { records[$0] }
    }

    /// The same replica after a crash that lost nothing; with a question it asks the others before it votes.
    func restarted(blocks: [BlockSummary] = [], certificate: Certificate? = nil, asking question: UInt64? = nil)
        -> Bench
    {
        var recovery = Recovery()
        recovery.blocks = blocks
        recovery.certificate = certificate
        recovery.records = journal.filter { ($0.sequence?.height ?? Height(.max)) > certificate?.height ?? .genesis }
        let configuration = configuration
        return Bench(
            configuration.id.index,
            of: configuration.replicas,
            adjust: {
                $0 = configuration
                $0.awaitsAnswers = question != nil
                $0.question = question ?? 0
            },
            recovery: recovery
        )
    }
}

extension [Effect] {
    var drafts: [Draft] { compactMap { if case .sign(let draft) = $0 { draft } else { nil } } }

    var persisted: [JournalRecord] { compactMap { if case .persist(let record, _) = $0 { record } else { nil } } }

    var rejections: [Rejection] { compactMap { if case .rejected(let reason, _) = $0 { reason } else { nil } } }

    var evidence: [Evidence] { compactMap { if case .evidence(let entry) = $0 { entry } else { nil } } }

    var executions: [Execution] { compactMap { if case .execute(let execution) = $0 { execution } else { nil } } }

    var speculations: [[Execution]] {
        compactMap { if case .executePrepared(let list, _) = $0 { list } else { nil } }
    }

    func position(where matches: (Effect) -> Bool) -> Int { firstIndex(where: matches) ?? -1 }

    var hasVotes: Bool {
        drafts.contains {
            switch $0 {
            case .prepare, .commit: true
            default: false
            }
        }
    }
}
