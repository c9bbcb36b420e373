import Consensus
import Primitives

/// Four validators of which one has a twin: two replicas with one key, each of which keeps all rules and knows nothing of
/// the other (Bano et al., "Twins: BFT Systems Made Robust", 2020). Together they are one faulty validator.
///
/// A value: where two runs part, the state is copied and what they have in common ran once.
struct TwinNetwork {
    static let validators = 4
    static let instances = 5

    /// One round of a run: the validators' timers run out, and what is sent then passes within each side.
    struct Choice: Hashable {
        /// The side of each instance.
        let sides: [Int]
        /// The last phase whose messages pass.
        let last: Phase
    }

    enum Phase: Int, CaseIterable {
        case prepare
        case commit
        case attest
    }

    let twin: ReplicaID
    private var members: [TwinInstance] = []
    private var flights: [Flight] = []
    private var head = 0
    private var now: UInt64 = 0
    private var proposals: UInt64 = 0
    /// Headers that correct validators executed.
    private var executed: [Digest] = []
    private(set) var steps = 0
    private(set) var violation: String?

    private struct Flight {
        let message: Message
        let from: Int
        let to: Int
    }

    init(twin: ReplicaID, rules: SafetyRules, turn: UInt64) {
        self.twin = twin
        for place in 0..<TwinNetwork.instances {
            let id = place < TwinNetwork.validators ? ReplicaID(place) : twin
            members.append(TwinInstance(id: id, place: place, rules: rules, turn: turn))
        }
        let everybody = Choice(sides: Array(repeating: 0, count: TwinNetwork.instances), last: .attest)
        for place in members.indices { step(place, .start, everybody) }
        flights = []
    }

    private func isCorrect(_ place: Int) -> Bool { members[place].id != twin }

    private var correct: [TwinInstance] { members.filter { $0.id != twin } }

    /// The highest height that a correct validator holds a certificate of, and the lowest.
    var certified: (highest: Height, lowest: Height) {
        let heights = correct.map(\.replica.certified)
        return (heights.max() ?? .genesis, heights.min() ?? .genesis)
    }

    // MARK: Rounds

    /// In the first round nobody's timer has run out yet.
    mutating func run(_ choice: Choice, isFirst: Bool) {
        now += 1_000_000
        for place in members.indices {
            members[place].mayPropose = true
            if !isFirst { step(place, .timer(.view), choice) }
        }
        for place in members.indices { propose(place, choice) }
        deliver(choice)
        for place in members.indices where isCorrect(place) {
            if let invariant = members[place].replica.violatedInvariant { fail("INVARIANT \(invariant.rawValue)") }
        }
    }

    /// A good network: within bounded virtual time all correct validators certify something new.
    mutating func heal() {
        let choice = Choice(sides: Array(repeating: 0, count: TwinNetwork.instances), last: .attest)
        let target = certified.highest.advanced(by: 1)
        for _ in 0..<400 {
            guard violation == nil, certified.lowest < target else { return }
            now += 700
            for place in members.indices {
                members[place].mayPropose = true
                step(place, .timer(.repetition), choice)
                step(place, .timer(.view), choice)
                propose(place, choice)
            }
            deliver(choice)
        }
        let states = correct.map { "\($0.id.index):v\($0.replica.view.number)c\($0.replica.certified.number)" }
        fail("STALL at \(target.number): \(states.joined(separator: " "))")
    }

    private mutating func deliver(_ choice: Choice) {
        while head < flights.count, violation == nil {
            let flight = flights[head]
            head += 1
            guard TwinNetwork.phase(of: flight.message).rawValue <= choice.last.rawValue else { continue }
            step(flight.to, .message(flight.message, from: members[flight.from].id), choice)
            if head > 20_000 { fail("messages without end") }
        }
        flights.removeAll(keepingCapacity: true)
        head = 0
    }

    private static func phase(of message: Message) -> Phase {
        switch message {
        case .commit: .commit
        case .attest, .certificate: .attest
        default: .prepare
        }
    }

    private mutating func fail(_ reason: String) { if violation == nil { violation = reason } }

    // MARK: One instance

    private mutating func step(_ place: Int, _ input: Input, _ choice: Choice) {
        var inputs = [input]
        var next = 0
        while next < inputs.count, violation == nil {
            var effects: [Effect] = []
            let moment = Moment(monotonic: now, wall: now)
            members[place].replica.step(inputs[next], now: moment, into: &effects)
            next += 1
            steps += 1
            for effect in effects { perform(effect, of: place, choice, &inputs) }
        }
    }

    private mutating func perform(_ effect: Effect, of place: Int, _ choice: Choice, _ inputs: inout [Input]) {
        switch effect {
        case .sign(let draft):
            let id = members[place].id
            let message = draft.signed(chain: .zero) { Tokens.signature(of: $0, by: id) }
            send(message, from: place, to: nil, choice)
            inputs.append(.message(message, from: id))
        case .send(let message, let peer): send(message, from: place, to: peer, choice)
        case .broadcast(let message): send(message, from: place, to: nil, choice)
        case .acquire(let proposal): inputs.append(.acquired(proposal.sequence, proposal.digest))
        case .requestBatch(let view, let sequence):
            members[place].wish = (view, sequence)
            if let batch = nextBatch(place) { inputs.append(batch) }
        case .execute(let execution):
            guard let block = members[place].execute(execution) else { return }
            note(block, at: place)
            inputs.append(.executed(block))
        case .executePrepared(let list, let header):
            for input in members[place].execute(list, expecting: header) {
                if case .executed(let block) = input { note(block, at: place) }
                inputs.append(input)
            }
        case .certified(let certificate): note(certificate, at: place)
        case .catchUp(let height, let peer): inputs += blocks(for: place, upTo: height, from: peer, choice)
        case .diverged where isCorrect(place): fail("DIVERGENCE of \(members[place].id.index)")
        case .silenced where isCorrect(place): fail("SILENCED \(members[place].id.index)")
        default: break
        }
    }

    private mutating func send(_ message: Message, from place: Int, to peer: ReplicaID?, _ choice: Choice) {
        for other in members.indices where members[other].id != members[place].id {
            guard peer == nil || members[other].id == peer, choice.sides[place] == choice.sides[other] else { continue }
            flights.append(Flight(message: message, from: place, to: other))
        }
    }

    /// One batch a round and instance, each with a transaction of its own, so that twins contradict each other.
    private mutating func nextBatch(_ place: Int) -> Input? {
        guard members[place].mayPropose, let wish = members[place].wish else { return nil }
        members[place].mayPropose = false
        members[place].wish = nil
        proposals += 1
        return .batch(wish.view, wish.sequence, [Transactions.reference(id: proposals, encoding: 0)])
    }

    private mutating func propose(_ place: Int, _ choice: Choice) {
        if let batch = nextBatch(place) { step(place, batch, choice) }
    }

    // MARK: Blocks

    /// Agreement: whoever of the correct executes a height first says what is right.
    private mutating func note(_ block: BlockSummary, at place: Int) {
        guard isCorrect(place) else { return }
        let index = Int(block.height.number) - 1
        if index < executed.count {
            if executed[index] != block.header { fail("AGREEMENT two headers executed at \(block.height.number)") }
        } else {
            executed.append(block.header)
        }
    }

    private mutating func note(_ certificate: Certificate, at place: Int) {
        members[place].certificates[certificate.height] = certificate
        guard isCorrect(place) else { return }
        let index = Int(certificate.height.number) - 1
        if index < executed.count, executed[index] != certificate.header {
            fail("AGREEMENT another header certified at \(certificate.height.number)")
        }
    }

    /// What a peer of the same side serves: its blocks up to a certificate that it holds.
    private mutating func blocks(for place: Int, upTo height: Height, from peer: ReplicaID, _ choice: Choice) -> [Input]
    {
        let sources = members.filter { $0.id == peer && choice.sides[$0.place] == choice.sides[place] }
        for source in sources {
            guard let certificate = source.certificates[height], source.chain.count >= Int(height.number),
                members[place].chain.count < Int(height.number)
            else { continue }
            let missing = source.chain[members[place].chain.count..<Int(height.number)]
            var inputs: [Input] = []
            for block in missing {
                members[place].chain.append(block)
                note(block, at: place)
                inputs.append(.installed(block, block.height == height ? certificate : nil))
            }
            return inputs
        }
        return []
    }
}
