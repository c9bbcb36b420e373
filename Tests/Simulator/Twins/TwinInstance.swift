import Consensus
import Primitives

/// One replica with the least host that it needs: everything is durable at once, and bodies are always there.
struct TwinInstance {
    let id: ReplicaID
    let place: Int
    var replica: Replica
    var chain: [BlockSummary] = []
    var certificates: [Height: Certificate] = [:]
    /// The batch that consensus waits for.
    var wish: (view: View, sequence: Sequence)?
    var mayPropose = true

    init(id: ReplicaID, place: Int, rules: SafetyRules, turn: UInt64) {
        self.id = id
        self.place = place
        var configuration = Configuration(
            id: id,
            replicas: TwinNetwork.validators,
            chain: .zero,
            hashing: Tokens.hashing
        )
        configuration.window = 2
        configuration.turn = turn
        configuration.exclusion = 8
        configuration.rules = rules
        configuration.awaitsAnswers = false
        replica = Replica(configuration)
    }

    /// Nil if a peer's block was taken at this height meanwhile.
    mutating func execute(_ execution: Execution) -> BlockSummary? {
        guard execution.sequence.number == UInt64(chain.count) + 1 else { return nil }
        let block = make(execution, above: chain.last)
        chain.append(block)
        return block
    }

    /// Kept only if the last header is the certified one (rule 19).
    mutating func execute(_ list: [Execution], expecting header: Digest) -> [Input] {
        var blocks: [BlockSummary] = []
        for execution in list { blocks.append(make(execution, above: blocks.last ?? chain.last)) }
        guard let last = blocks.last else { return [] }
        guard last.header == header, blocks[0].height.number == UInt64(chain.count) + 1 else {
            return [.discarded(last.height)]
        }
        chain += blocks
        return blocks.map { .executed($0) }
    }

    private func make(_ execution: Execution, above parent: BlockSummary?) -> BlockSummary {
        let digest = execution.batch.digest.words
        let words = (parent?.header ?? .zero).words
        var origin = parent?.originView ?? .first
        var proposer: ReplicaID?
        if case .proposal(let proposal) = execution.batch {
            origin = proposal.originView
            proposer = proposal.proposer
        }
        let first = Tokens.mix(words.0, digest.0, digest.1, execution.sequence.number)
        return BlockSummary(
            epoch: execution.epoch,
            height: execution.sequence.height,
            header: Tokens.digest(first, Tokens.mix(first, words.1), digest.2, digest.3),
            time: execution.sequence.number,
            originView: origin,
            proposer: proposer
        )
    }
}
