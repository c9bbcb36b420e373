import Consensus
import Primitives

/// Deep orders of events, each of which leads to a disagreement or a stall once its rule is broken, and to neither while
/// all rules hold. x = 1, y = 2, z = 3; replica 0 is faulty.
package enum Scenario: String, CaseIterable, Sendable {
    case commitsAcrossViews = "commits-across-views"
    case choiceByOriginView = "choice-by-origin-view"
    case unsyncedCertificate = "unsynced-certificate"
    case certificatesUnchecked = "certificates-unchecked"
    case newViewIgnoresPrepared = "new-view-ignores-prepared"
    case leadAgain = "lead-again-after-restart"
    case nullWithView = "null-with-view"
    case executionFromCertificate = "no-execution-from-certificate"

    /// The violation, or nil.
    package func run(_ mutation: Mutation?) -> String? {
        switch self {
        case .commitsAcrossViews: Scenario.acrossViews(mutation)
        case .choiceByOriginView: Scenario.originView(mutation)
        case .unsyncedCertificate: Scenario.lostCertificate(mutation)
        case .certificatesUnchecked: Scenario.forgedCertificate(mutation)
        case .newViewIgnoresPrepared: Scenario.ignoredCertificate(mutation)
        case .leadAgain: Scenario.ledTwice(mutation)
        case .nullWithView: Scenario.nullTwice(mutation)
        case .executionFromCertificate: Scenario.lostBlock(mutation)
        }
    }

    /// x prepares d in view 0, z another batch in view 4. Nothing is committed.
    private static func prepareTwo(_ script: Script) -> (old: Vote, young: Vote, lateCommit: Message?) {
        let old = script.propose(1, view: 0, tag: 1, to: [1, 2])
        var late: Message?
        script.deliver { message, from, to in
            if late == nil { late = script.held(.commit, from: 1) }
            return from == 0 || (message.kind == .prepare && from == 2 && to == 1)
        }
        script.drop()
        script.raise([2, 3], to: 4)
        script.enter(4, naming: [2, 3])
        let young = script.propose(1, view: 4, tag: 2, to: [1, 2, 3])
        script.deliver { message, from, to in
            from == 0 ? (to != 1 || message.kind == .prePrepare) : message.kind == .prepare && to == 3
        }
        script.drop()
        return (old, young, late)
    }

    /// Rule 13: y prepares d again in view 8 and counts x's COMMIT of view 0; x and z go on with the other batch.
    private static func acrossViews(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        let (old, young, late) = prepareTwo(script)
        guard let late else { return "SCRIPT: x sent no COMMIT" }
        script.raise([1, 2], to: 8)
        script.enter(8, naming: [1, 2])
        let again = Vote(epoch: .first, view: View(8), sequence: old.sequence, digest: old.digest)
        script.prepare(again, to: [2])
        script.host(1).step(.connected(ReplicaID(2)))
        script.host(2).step(.connected(ReplicaID(1)))
        script.deliver { message, from, to in
            (to == 2 && (message.kind == .prepare || from == 0)) || (to == 1 && message.kind == .status)
        }
        script.commit(old, to: [2])
        script.inject(late, from: 1, to: [2])
        script.deliver { _, _, to in to == 2 }
        script.drop()
        script.raise([1, 3], to: 12)
        script.enter(12, naming: [1, 3])
        script.vote([young], in: 12, members: [1, 3])
        return script.violation
    }

    /// Rule 22: y commits d in view 8; the certificate of view 8 outranks the batch that was proposed later, in view 4.
    private static func originView(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        let (old, young, _) = prepareTwo(script)
        script.raise([1, 2], to: 8)
        script.enter(8, naming: [1, 2])
        script.vote([old], in: 8, members: [1, 2])
        guard script.host(2).chain.height == Height(1) else { return "SCRIPT: y did not execute" }
        script.drop()
        script.raise([1, 3], to: 12)
        script.enter(12, naming: [1, 3])
        script.vote([young], in: 12, members: [1, 3])
        return script.violation
    }

    /// x and y prepare and y commits d in view 0; z prepares nothing.
    private static func commitAtOne(_ script: Script) -> Vote {
        let vote = script.propose(1, view: 0, tag: 1, to: [1, 2, 3])
        script.commit(vote, to: [2])
        script.deliver { message, from, to in
            switch message.kind {
            case .prePrepare: true
            case .prepare: to != 3
            case .commit: to == 2
            default: false
            }
        }
        script.drop()
        if script.host(2).chain.height != Height(1) { script.world.checker.fail("SCRIPT: y did not execute") }
        return vote
    }

    /// Rule 15: x loses power after its COMMIT left. If its prepared certificate is gone, nobody but y knows of d.
    private static func lostCertificate(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        _ = commitAtOne(script)
        let x = script.host(1)
        x.loseUnsynced()
        script.raise([1, 3], to: 4)
        script.enter(4, naming: [1, 3])
        script.vote([script.propose(1, view: 4, tag: 2, to: [1, 3])], in: 4, members: [1, 3])
        return script.violation
    }

    /// Rule 12: a certificate with one signature, of a view above, would displace what y committed.
    private static func forgedCertificate(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        _ = commitAtOne(script)
        script.raise([1, 3], to: 4)
        let forged = script.propose(1, view: 0, tag: 9, to: [1, 3])
        let vote = Vote(epoch: .first, view: View(3), sequence: forged.sequence, digest: forged.digest)
        let statement = vote.statement(.prepare, chain: script.host(0).configuration.chain)
        let signature = script.world.sign(statement, by: script.host(0))
        let certificate = PreparedCertificate(
            vote: vote,
            signatures: [IndexedSignature(signer: ReplicaID(0), signature: signature)]
        )
        script.deliver { _, _, _ in true }
        if mutation == nil {
            // Refused: the NEW-VIEW never completes.
            let refused = script.viewChange(4, prepared: [certificate])
            script.inject(.viewChange(refused), to: [1, 3])
            script.deliver { _, _, _ in true }
            return script.violation
        }
        script.enter(4, naming: [1, 3], prepared: [certificate])
        script.serve(forged, tag: 9, to: [1, 3])
        script.vote([forged], in: 4, members: [1, 3])
        return script.violation
    }

    /// Rule 22: a NEW-VIEW that forgets what was prepared lets x and z decide otherwise than y.
    private static func ignoredCertificate(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        _ = commitAtOne(script)
        script.raise([1, 3], to: 4)
        script.enter(4, naming: [1, 3])
        script.vote([script.propose(1, view: 4, tag: 2, to: [1, 3])], in: 4, members: [1, 3])
        return script.violation
    }

    /// Rule 18: x leads view 1, loses power with the NEW-VIEW it sent, and gathers other VIEW-CHANGEs for the same view.
    private static func ledTwice(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        script.world.checker.consequencesOnly = false
        for member in 1...3 {
            script.host(member).expireViewTimer()
            script.settle()
        }
        script.inject(.viewChange(script.viewChange(1)), to: [1])
        script.deliver { message, from, to in to == 1 && from != 3 && message.kind == .viewChange }
        guard script.host(1).replica?.isActive == true else { return "SCRIPT: x did not lead" }
        script.drop()
        script.host(1).loseUnsynced()
        for member in [2, 3] { script.host(member).step(.timer(.repetition)) }
        script.settle()
        script.deliver { message, _, to in to == 1 && message.kind == .viewChange }
        return script.violation
    }

    /// Rule 3: a gap becomes null in view 4, where y commits it, and again in view 8, where x and z do.
    private static func nullTwice(_ mutation: Mutation?) -> String? {
        let script = Script(mutation)
        for sequence in 1...2 as ClosedRange<UInt64> {
            _ = script.propose(sequence, view: 0, tag: sequence, to: [1, 2])
        }
        script.deliver { message, from, to in
            guard case .prepare(let vote, _) = message else { return message.kind == .prePrepare }
            return vote.sequence == Sequence(2)
        }
        script.drop()
        script.raise([1, 2], to: 4)
        script.enter(4, naming: [1, 2])
        let null = Vote(epoch: .first, view: View(4), sequence: Sequence(1), digest: Proposal.nullDigest)
        script.prepare(null, to: [1, 2])
        script.commit(null, to: [2])
        for member in [1, 2] {
            script.host(member).step(.connected(ReplicaID(3 - member)))
            script.settle()
        }
        script.deliver { message, from, to in
            message.kind != .commit || to == 2
        }
        script.drop()
        guard script.host(2).chain.height >= Height(1), script.host(1).chain.height == .genesis else {
            return script.violation ?? "SCRIPT: y alone was to execute"
        }
        script.raise([1, 3], to: 8)
        script.enter(8, naming: [1, 3])
        script.vote([null], in: 8, members: [1, 3])
        guard script.host(3).chain.height >= Height(1) else { return script.violation ?? "SCRIPT: z did not execute" }
        return script.violation
    }

    /// † Rule 19: all lose power before block 1 is durable anywhere, but its certificate got out. The faulty replica puts
    /// it into each view change, and serves no block.
    private static func lostBlock(_ mutation: Mutation?) -> String? {
        let script = Script(mutation, turn: 1)
        let world = script.world
        script.host(1).step(.timer(.heartbeat))
        script.settle()
        script.deliver { _, _, _ in true }
        guard world.checker.finalTop == Height(1) else { return "SCRIPT: nothing became final" }
        script.drop()
        for host in world.correct { host.loseUnsynced(restart: false) }
        world.isManual = false
        // What they repeat of view 0 is lost, and they leave it at once.
        world.network.dropPercent = 100
        for host in world.correct {
            host.start()
            host.expireViewTimer()
        }
        world.network = Network()
        guard world.correct.allSatisfy({ $0.chain.height == .genesis }) else { return "SCRIPT: a block was kept" }
        while world.now < 20_000, world.checker.violation == nil {
            world.helpViewChanges()
            world.run(until: world.now + 5)
            if world.correct.allSatisfy({ ($0.replica?.certified ?? .genesis) >= Height(4) }) { return nil }
        }
        return script.violation ?? "STALL final \(world.checker.finalTop.number)"
    }
}

extension Host {
    /// A power failure at the worst moment: everything above the last sync is gone.
    func loseUnsynced(restart: Bool = true) {
        store.loseTail()
        crash(losing: false)
        if restart { start() }
    }
}

extension Script {
    /// Gives a proposal to whoever asks for it.
    func serve(_ vote: Vote, tag: UInt64, to targets: [Int]) {
        let proposal = Proposal(
            epoch: .first,
            sequence: vote.sequence,
            originView: vote.view,
            proposer: faulty,
            time: world.moment(of: host(0)).wall,
            references: [Transactions.reference(id: tag, encoding: 0)],
            hashing: Tokens.hashing
        )
        inject(.proposal(proposal), to: targets)
        deliver { message, from, _ in message.kind == .proposal && from == 0 }
    }
}
