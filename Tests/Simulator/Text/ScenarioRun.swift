import Consensus
import Primitives

/// One run of a text scenario: a calm world, in which nothing but the script decides.
package final class ScenarioRun {
    package let scenario: TextScenario
    package let world: World
    private var identifiers: [String: UInt64] = [:]
    private var changes: UInt64 = 0
    private var images: [Int: Host.Image] = [:]
    /// What faulty replicas proposed.
    var proposals: [String: Proposal] = [:]

    package init(_ scenario: TextScenario, mutation: Mutation? = nil, isTraced: Bool = false) {
        self.scenario = scenario
        var options = Options()
        options.replicas = scenario.settings.replicas
        options.candidates = scenario.settings.candidates
        options.changesValidators = scenario.changesValidators
        options.window = scenario.settings.window
        options.turn = scenario.settings.turn
        options.exclusion = scenario.settings.exclusion
        options.byzantine = scenario.settings.faulty.map { ReplicaID($0) }
        options.rules = mutation?.rules ?? SafetyRules()
        options.hostMutations = mutation?.host ?? []
        options.usesProductionTimers = true
        options.isCalm = true
        options.isTraced = isTraced
        world = World(seed: 1, options: options)
        world.network.latency = 1...1
        for case .image(let member) in scenario.statements.map(\.action) { world.checker.watch(ReplicaID(member)) }
    }

    /// Runs to the end; throws what went wrong first.
    package func run() throws(ScenarioError) {
        for host in world.correct { host.start() }
        for statement in scenario.statements {
            world.milestones.add(script: statement.text)
            try perform(statement)
            if let violation = world.checker.violation {
                throw ScenarioError(line: statement.line, reason: violation)
            }
        }
        guard let last = scenario.statements.last, let disagreement else { return }
        throw ScenarioError(line: last.line, reason: disagreement)
    }

    /// The milestones, one a line.
    package var trace: String { world.milestones.finish().map { $0 + "\n" }.joined() }

    private func perform(_ statement: TextScenario.Statement) throws(ScenarioError) {
        switch statement.action {
        case .tick(let duration): world.run(until: world.now + duration)
        case .expect(let expectation):
            if let failure = expectation.failure(in: self) {
                throw ScenarioError(line: statement.line, reason: failure)
            }
        case .await(let expectation, let duration):
            world.run(until: world.now + duration) { expectation.failure(in: self) != nil }
            if world.checker.violation == nil, let failure = expectation.failure(in: self) {
                throw ScenarioError(line: statement.line, reason: "in vain: \(failure)")
            }
        case .submit(let names, let members): submit(names, to: members)
        case .act(let act): perform(act)
        case .change(let kind, let member): change(kind, member)
        default:
            changeNetwork(statement.action)
            changeHosts(statement.action)
        }
    }

    private func changeNetwork(_ action: TextScenario.Action) {
        switch action {
        case .partition(let sides):
            world.network.heal()
            for (index, side) in sides.enumerated() {
                for other in sides[(index + 1)...] {
                    cut(side, other)
                    cut(other, side)
                }
            }
        case .cut(let senders, let receivers): cut(senders, receivers)
        case .heal:
            world.network.heal()
            world.network.dropPercent = 0
            world.network.duplicatePercent = 0
        case .filter(let filter): world.network.filters.append(filter)
        case .release: world.releaseHeld()
        case .lose(let percent): world.network.dropPercent = percent
        case .duplicate(let percent): world.network.duplicatePercent = percent
        case .latency(let time): world.network.latency = Int(time)...Int(time)
        default: break
        }
    }

    private func cut(_ senders: [Int], _ receivers: [Int]) {
        for sender in senders {
            for receiver in receivers where receiver != sender {
                world.network.cutLink(ReplicaID(sender), ReplicaID(receiver))
            }
        }
    }

    /// An older machine, whose journal is not the one that the key voted by; the host cannot tell.
    private func restore(_ member: Int) {
        guard let image = images[member] else { return }
        world.hosts[member].restore(image)
    }

    private func changeHosts(_ action: TextScenario.Action) {
        switch action {
        case .crash(let members, let isLosing):
            for member in members {
                world.milestones.add("\(member) goes down", at: world.now)
                world.hosts[member].goDown(losing: isLosing)
            }
        case .start(let members): for member in members { world.hosts[member].start() }
        case .wipe(let member): world.hosts[member].wipe()
        case .image(let member): images[member] = world.hosts[member].makeImage(losing: false)
        case .restore(let member): restore(member)
        case .timeout(let members): for member in members { world.hosts[member].expireViewTimer() }
        case .skew(let member, let amount): world.skews[member] &+= UInt64(bitPattern: amount)
        case .miscompute(let member): world.hosts[member].miscomputes = true
        case .overlook(let member, let names):
            let overlooked = Set(names.map(reference))
            world.hosts[member].overlooks = { reference, _ in overlooked.contains(reference) }
        case .disk(let member, let time): world.hosts[member].syncTime = time
        default: break
        }
    }

    // MARK: Transactions

    /// The same name is the same transaction; with an apostrophe, the same in another encoding.
    func reference(_ name: String) -> Digest {
        let plain = name.hasSuffix("'") ? String(name.dropLast()) : name
        let id = identifiers[plain] ?? UInt64(identifiers.count + 1)
        identifiers[plain] = id
        return Transactions.reference(id: id, encoding: name == plain ? 0 : 1)
    }

    private func submit(_ names: [String], to members: [Int]) {
        for member in members {
            let host = world.hosts[member]
            for name in names { _ = host.admit(reference(name)) }
        }
    }

    private func change(_ kind: Change.Kind, _ member: Int) {
        changes += 1
        let change = Change(kind, ReplicaID(member), serial: changes)
        for host in world.hosts { _ = host.admit(change.reference) }
    }

    /// The height of the certified block that executed the transaction.
    func finalHeight(of name: String, at host: Host) -> UInt64? {
        let id = Transactions.id(of: reference(name))
        let certified = host.replica?.certified ?? .genesis
        return host.chain.blocks.first { $0.ids.contains(id) && $0.height <= certified }?.height.number
    }

    // MARK: Agreement

    /// Two correct replicas with different blocks at one height.
    var disagreement: String? {
        if let violation = world.checker.violation { return violation }
        guard let longest = world.correct.max(by: { $0.chain.height < $1.chain.height }) else { return nil }
        for host in world.correct {
            for block in host.chain.blocks
            where longest.chain.block(at: block.height)?.summary.header != block.summary.header {
                return "\(host.id.index) and \(longest.id.index) differ at \(block.height.number)"
            }
        }
        return nil
    }
}

extension Host {
    /// `losing`: everything above the last completed sync is gone.
    func goDown(losing: Bool) {
        if losing { store.loseTail() }
        crash(losing: false)
    }
}
