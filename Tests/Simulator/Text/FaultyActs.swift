import Consensus
import Primitives

// What a faulty replica of a script sends: real signatures of its own key, whatever it says with them.
extension ScenarioRun {
    func perform(_ act: FaultyAct) {
        let actor = world.hosts[act.actor]
        let targets = act.targets.map { ReplicaID($0) }
        switch act.kind {
        case .propose(let position, let isWithheld, let ahead):
            propose(position, isWithheld, ahead: ahead, by: actor, to: targets)
        case .prepare(let position): world.prepare(actor, vote(position, of: actor), to: targets)
        case .commit(let position): world.inject(.commit(vote(position, of: actor)), from: actor, to: targets)
        case .attest(let height): attest(height, by: actor, to: targets)
        case .demand(let view, let position, let sender):
            let signed = viewChange(view, position, of: actor, sender: sender)
            if sender == nil { world.checker.remember(signed) }
            world.inject(.viewChange(signed), from: actor, to: targets)
        case .lead(let view, let members, let position):
            lead(view, naming: members, position, by: actor, to: targets)
        case .claim(let height): claim(height, by: actor, to: targets)
        case .complain(let turn, let view):
            claim(0, complaint: turn, in: View(view), by: actor, to: targets)
        case .certify(let height, let signers):
            world.inject(.certificate(certificate(height, signers, of: actor)), from: actor, to: targets)
        case .serve(let names):
            for target in act.targets { world.hosts[target].hold(names.map(reference)) }
        }
    }

    private func claim(
        _ height: UInt64,
        complaint: UInt64? = nil,
        in view: View = .first,
        by actor: Host,
        to targets: [ReplicaID]
    ) {
        let status = Status(
            epoch: .first,
            view: view,
            isActive: true,
            certified: Height(height),
            accepted: Sequence(height),
            isStalled: complaint == nil,
            complaint: complaint
        )
        world.inject(.status(status), from: actor, to: targets)
    }

    /// One value for one position: whoever votes for it means the same batch.
    private func proposal(_ position: FaultyAct.Position, of actor: Host, ahead: UInt64 = 0) -> Proposal {
        let key = "\(position.names) \(position.sequence) \(position.proposedIn) \(actor.id.index)"
        if let known = proposals[key] { return known }
        let proposal = Proposal(
            epoch: .first,
            sequence: Sequence(position.sequence),
            originView: View(position.proposedIn),
            proposer: actor.id,
            time: world.moment(of: actor).wall + ahead,
            references: position.names.map(reference),
            hashing: Tokens.hashing
        )
        proposals[key] = proposal
        return proposal
    }

    private func vote(_ position: FaultyAct.Position, of actor: Host) -> Vote {
        let isNull = position.names == ["null"]
        return Vote(
            epoch: .first,
            view: View(position.view),
            sequence: Sequence(position.sequence),
            digest: isNull ? Proposal.nullDigest : proposal(position, of: actor).digest
        )
    }

    private func propose(
        _ position: FaultyAct.Position,
        _ isWithheld: Bool,
        ahead: UInt64,
        by actor: Host,
        to targets: [ReplicaID]
    ) {
        let proposal = proposal(position, of: actor, ahead: ahead)
        if !isWithheld { for target in targets { world.hosts[target.index].hold(proposal.references) } }
        let statement = proposal.vote.statement(.prePrepare, chain: actor.configuration.chain)
        world.inject(.prePrepare(proposal, world.sign(statement, by: actor)), from: actor, to: targets)
    }

    private func attest(_ height: UInt64, by actor: Host, to targets: [ReplicaID]) {
        let header = Tokens.digest(height, 6, 6, 6)
        let attestation = Attestation(epoch: .first, height: Height(height), header: header)
        let signature = world.sign(attestation.statement(chain: actor.configuration.chain), by: actor)
        world.checker.rememberAttestation(attestation, signature, actor.id)
        world.inject(.attest(attestation, signature), from: actor, to: targets)
    }

    private func certificate(_ height: UInt64, _ signers: [Int], of actor: Host) -> Certificate {
        let header = Tokens.digest(height, 6, 6, 6)
        let attestation = Attestation(epoch: .first, height: Height(height), header: header)
        let signature = world.sign(attestation.statement(chain: actor.configuration.chain), by: actor)
        let signatures = signers.map { IndexedSignature(signer: ReplicaID($0), signature: signature) }
        return Certificate(epoch: .first, height: Height(height), header: header, signatures: signatures)
    }

    // MARK: Views

    /// With the highest certificate that there is, and a prepared certificate of the signatures that there are, be they
    /// a quorum or not.
    private func viewChange(
        _ view: UInt64,
        _ position: FaultyAct.Position?,
        of actor: Host,
        sender: Int? = nil
    ) -> SignedViewChange {
        var prepared: [PreparedCertificate] = []
        if let position {
            let vote = vote(position, of: actor)
            var signatures = (world.checker.prepares[vote] ?? []).filter { $0.signer != actor.id }
            let own = world.sign(vote.statement(.prepare, chain: actor.configuration.chain), by: actor)
            signatures.append(IndexedSignature(signer: actor.id, signature: own))
            signatures.sort { $0.signer < $1.signer }
            prepared = [PreparedCertificate(vote: vote, signatures: signatures)]
        }
        let content = ViewChange(
            epoch: .first,
            view: View(view),
            sender: sender.map { ReplicaID($0) } ?? actor.id,
            certificate: world.checker.certificates[world.checker.finalTop],
            prepared: prepared,
            hashing: Tokens.hashing
        )
        let statement = content.statement(chain: actor.configuration.chain)
        return SignedViewChange(content: content, signature: world.sign(statement, by: actor))
    }

    private func lead(
        _ view: UInt64,
        naming members: [Int],
        _ position: FaultyAct.Position?,
        by actor: Host,
        to targets: [ReplicaID]
    ) {
        var named = [viewChange(view, position, of: actor)]
        for member in members where member != actor.id.index {
            let last = world.checker.viewChanges.last {
                $0.content.sender.index == member && $0.content.view == View(view)
            }
            if let last { named.append(last) }
        }
        world.sendNewView(.first, View(view), named, from: actor, to: targets)
    }
}
