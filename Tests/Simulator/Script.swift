package import Consensus
import Primitives

/// A scripted run: four replicas, of which 0 is faulty, leads views 0, 4, 8, …, and does only what the script says. The
/// network delivers what the script lets through, in order, and loses the rest. Chance seldom meets such orders.
package struct Script {
    package let world: World
    package let faulty = ReplicaID(0)

    package init(_ mutation: Mutation?, turn: UInt64 = 1000) {
        var options = Options()
        options.window = 2
        options.turn = turn
        options.byzantine = [ReplicaID(0)]
        options.isManual = true
        options.asksAtStart = false
        options.rules = mutation?.rules ?? SafetyRules()
        options.hostMutations = mutation?.host ?? []
        world = World(seed: 1, options: options)
        world.checker.consequencesOnly = true
        for host in world.correct { host.start() }
        settle()
        world.pool.removeAll()
    }

    package var violation: String? { world.checker.violation }

    func host(_ index: Int) -> Host { world.hosts[index] }

    /// Everything that happens inside hosts: syncs, loopbacks, bodies, execution.
    func settle() { world.run(until: world.now) }

    /// Delivers what is in flight, and what that sets off, as far as the script lets it through.
    func deliver(where passes: (Message, Int, Int) -> Bool) {
        while !world.pool.isEmpty, world.checker.violation == nil {
            let flight = world.pool.removeFirst()
            guard case .consensus(let message) = flight.packet else { continue }
            guard passes(message, flight.from.index, flight.to.index) else { continue }
            world.deliver(flight.packet, from: flight.from, to: flight.to)
            settle()
        }
    }

    func drop() { world.pool.removeAll() }

    /// The messages in flight of one kind and sender, for later.
    func held(_ kind: Message.Kind, from sender: Int) -> Message? {
        for flight in world.pool where flight.from.index == sender {
            if case .consensus(let message) = flight.packet, message.kind == kind { return message }
        }
        return nil
    }

    func inject(_ message: Message, from sender: Int = 0, to targets: [Int]) {
        for target in targets {
            world.pool.append(
                World.InFlight(packet: .consensus(message), from: ReplicaID(sender), to: ReplicaID(target))
            )
        }
    }

    // MARK: The faulty replica

    /// A proposal of the faulty replica with its own PREPARE.
    func propose(_ sequence: UInt64, view: UInt64, tag: UInt64, to targets: [Int]) -> Vote {
        let reference = Transactions.reference(id: tag, encoding: 0)
        for target in targets { host(target).hold([reference]) }
        let proposal = Proposal(
            epoch: .first,
            sequence: Sequence(sequence),
            originView: View(view),
            proposer: faulty,
            time: world.moment(of: host(0)).wall,
            references: [reference],
            hashing: Tokens.hashing
        )
        let statement = proposal.vote.statement(.prePrepare, chain: host(0).configuration.chain)
        inject(.prePrepare(proposal, world.sign(statement, by: host(0))), to: targets)
        prepare(proposal.vote, to: targets)
        return proposal.vote
    }

    func prepare(_ vote: Vote, to targets: [Int]) {
        let signature = world.sign(vote.statement(.prepare, chain: host(0).configuration.chain), by: host(0))
        world.checker.rememberPrepare(vote, signature, faulty)
        inject(.prepare(vote, signature), to: targets)
    }

    func commit(_ vote: Vote, to targets: [Int]) { inject(.commit(vote), to: targets) }

    func viewChange(_ view: UInt64, prepared: [PreparedCertificate] = []) -> SignedViewChange {
        let content = ViewChange(
            epoch: .first,
            view: View(view),
            sender: faulty,
            certificate: nil,
            prepared: prepared,
            hashing: Tokens.hashing
        )
        let statement = content.statement(chain: host(0).configuration.chain)
        return SignedViewChange(content: content, signature: world.sign(statement, by: host(0)))
    }

    // MARK: Views

    /// Brings some replicas to a view that they wait for: their timers run out one view after another, which takes the
    /// faulty replica's VIEW-CHANGE for a view far above to make up the quorum.
    func raise(_ members: [Int], to view: UInt64) {
        let far = viewChange(1_000_000)
        for _ in 0..<(3 * view + 3) {
            for member in members where (host(member).replica?.view.number ?? 0) < view {
                inject(.viewChange(far), to: [member])
                host(member).expireViewTimer()
                settle()
            }
            deliver { message, from, to in
                message.kind == .viewChange && (members.contains(from) || from == 0) && members.contains(to)
            }
        }
    }

    /// The faulty leader's NEW-VIEW, naming its own VIEW-CHANGE and the last of each member.
    func enter(_ view: UInt64, naming members: [Int], prepared: [PreparedCertificate] = []) {
        var named = [viewChange(view, prepared: prepared)]
        for member in members {
            guard
                let last = world.checker.viewChanges.last(where: {
                    $0.content.sender.index == member && $0.content.view == View(view)
                })
            else { return world.checker.fail("SCRIPT: \(member) sent no VIEW-CHANGE for \(view)") }
            named.append(last)
        }
        world.sendNewView(.first, View(view), named, from: host(0), to: members.map { ReplicaID($0) })
        deliver { message, _, _ in message.kind == .newView || message.kind == .viewChange }
        for member in members where host(member).replica?.view != View(view) || host(member).replica?.isActive != true {
            world.checker.fail("SCRIPT: \(member) did not enter view \(view)")
        }
    }

    /// The members vote on, with each other and with the faulty replica, and repeat what got lost.
    func vote(_ votes: [Vote], in view: UInt64, members: [Int]) {
        for round in 0..<4 {
            for vote in votes {
                let moved = Vote(epoch: .first, view: View(view), sequence: vote.sequence, digest: vote.digest)
                if round == 1 { prepare(moved, to: members) }
                if round == 1 { commit(moved, to: members) }
            }
            for member in members {
                host(member).step(.connected(ReplicaID(members.first { $0 != member } ?? 0)))
                settle()
            }
            deliver { message, from, to in
                (members.contains(from) || from == 0) && members.contains(to) && message.kind != .viewChange
            }
        }
    }
}
