import Consensus
import Primitives

/// What faulty replicas do beyond following their own, forgetful, replica. The adversary knows everything that was ever
/// signed, signs with the keys of the faulty, and can forge nothing else.
extension World {
    /// One act of a random faulty replica against whoever it chooses.
    func actByzantine() {
        guard let actor = random.pick(hosts.filter(\.isByzantine)), let victim = random.pick(correct),
            let replica = victim.replica, index(of: actor, in: replica.epoch) != nil
        else { return }
        let epoch = replica.epoch
        var view = replica.view
        if random.percent(15), random.percent(50), let next = view.next { view = next }
        let sequence = Sequence(replica.certified.number + 1 + UInt64(random.below(options.window)))
        switch random.below(12) {
        case 0, 1: equivocate(actor, epoch, view, sequence)
        case 2, 3: votePrepare(actor, epoch, view, sequence)
        case 4, 5: voteCommit(actor, epoch, view, sequence)
        case 6, 7: forgeViewChange(actor, epoch, view)
        case 8, 9: forgeNewView(actor, epoch, view)
        case 10: attest(actor, replica)
        default: replay(actor)
        }
    }

    /// A random half of the correct replicas.
    private func targets() -> [ReplicaID] { correct.map(\.id).filter { _ in random.percent(55) } }

    func inject(_ message: Message, from actor: Host, to targets: [ReplicaID]) {
        for target in targets { transmit(.consensus(message), from: actor.id, to: target) }
    }

    /// Two proposals at one position to two halves, sometimes with references that nobody can deliver.
    private func equivocate(_ actor: Host, _ epoch: Epoch, _ view: View, _ sequence: Sequence) {
        guard let proposer = index(of: actor, in: epoch) else { return }
        var remaining = correct.map(\.id)
        for _ in 0..<2 {
            var references: [Digest] = []
            if random.percent(50) {
                let reference = temptation()
                if random.percent(60) { actor.hold([reference]) }
                references.append(reference)
            }
            let proposal = Proposal(
                epoch: epoch,
                sequence: sequence,
                originView: view,
                proposer: proposer,
                time: moment(of: actor).wall + UInt64(random.below(700)),
                references: references,
                hashing: Tokens.hashing
            )
            let signature = sign(proposal.vote.statement(.prePrepare, chain: actor.configuration.chain), by: actor)
            let half = remaining.filter { _ in random.percent(55) }
            remaining.removeAll { half.contains($0) }
            inject(.prePrepare(proposal, signature), from: actor, to: half)
            prepare(actor, proposal.vote, to: half)
            if random.percent(50) { inject(.commit(proposal.vote), from: actor, to: half) }
        }
    }

    /// The actor's index in an epoch, if it is one of the validators there.
    func index(of actor: Host, in epoch: Epoch) -> ReplicaID? {
        checker.successions[epoch]?.members.index(of: actor.id)
    }

    /// Under the actor's key of the statement's epoch.
    func sign(_ statement: Statement, by actor: Host) -> Signature {
        let members = checker.successions[Epoch(statement.epoch)]?.members
        let key = members?.index(of: actor.id).flatMap { members?.member($0) }?.key
        return signatures.signature(of: statement, by: key ?? actor.id)
    }

    func prepare(_ actor: Host, _ vote: Vote, to targets: [ReplicaID]) {
        guard let signer = index(of: actor, in: vote.epoch) else { return }
        let signature = sign(vote.statement(.prepare, chain: actor.configuration.chain), by: actor)
        checker.rememberPrepare(vote, signature, signer)
        inject(.prepare(vote, signature), from: actor, to: targets)
    }

    /// Something that others vote on, in any view of theirs, or nothing.
    private func knownVote(_ epoch: Epoch, _ view: View, _ sequence: Sequence) -> Vote {
        let null = Vote(epoch: epoch, view: view, sequence: sequence, digest: Proposal.nullDigest)
        if random.percent(8) { return null }
        let votes = recentVotes.suffix(60).filter { random.percent(30) || $0.sequence == sequence }
        return random.pick(Array(votes)) ?? null
    }

    private func votePrepare(_ actor: Host, _ epoch: Epoch, _ view: View, _ sequence: Sequence) {
        prepare(actor, knownVote(epoch, view, sequence), to: targets())
    }

    private func voteCommit(_ actor: Host, _ epoch: Epoch, _ view: View, _ sequence: Sequence) {
        inject(.commit(knownVote(epoch, view, sequence)), from: actor, to: targets())
    }

    private func attest(_ actor: Host, _ replica: Replica) {
        guard let host = random.pick(correct),
            let block = host.chain.blocks.suffix(options.window).randomElement(using: &random)
        else { return }
        let header = random.percent(20) ? Tokens.digest(random.next(), 0, 0, 0) : block.summary.header
        guard let signer = index(of: actor, in: block.summary.epoch) else { return }
        let attestation = Attestation(epoch: block.summary.epoch, height: block.height, header: header)
        let signature = sign(attestation.statement(chain: actor.configuration.chain), by: actor)
        checker.rememberAttestation(attestation, signature, signer)
        inject(.attest(attestation, signature), from: actor, to: targets())
    }

    /// Nothing seen, another's statements for those of the asker, COMMITs that never were, a height that only it may have:
    /// whatever may let the asker vote too soon or too late, or silence it.
    func answerFalsely(_ actor: Host, _ asker: ReplicaID, _ question: UInt64) {
        guard let victim = actor.members.member(asker)?.host, let replica = hosts[victim.index].replica else { return }
        let next = Sequence(replica.certified).advanced(by: 1 + UInt64(random.below(options.window)))
        let vote = knownVote(replica.epoch, replica.view, next)
        var claims: [Vote] = []
        if random.percent(50) {
            claims = [Vote(epoch: replica.epoch, view: replica.view, sequence: next, digest: vote.digest)]
        }
        let signature = sign(vote.statement(.prepare, chain: actor.configuration.chain), by: actor)
        let foreign = Sighting(
            kind: .prepare,
            view: vote.view,
            position: vote.sequence.number,
            digest: vote.digest,
            signature: signature
        )
        let testimony = Testimony(
            epoch: replica.epoch,
            subject: asker,
            question: random.percent(80) ? question : random.next(),
            vote: random.percent(15) ? foreign : nil,
            promise: nil,
            attestation: nil,
            commits: claims,
            certificate: random.percent(50) ? checker.certificates[checker.finalTop] : nil
        )
        inject(.testimony(testimony), from: actor, to: [victim])
    }

    // MARK: View changes

    /// Any certificate that exists, any subset of the prepared certificates that exist, sometimes a view far away.
    private func forgeViewChange(_ actor: Host, _ epoch: Epoch, _ view: View) {
        var number = view.number &+ UInt64(random.below(2))
        if random.percent(3) { number &+= 1000 }
        if random.percent(1) { number = .max - UInt64(random.below(2)) }
        guard let signed = viewChange(of: actor, epoch, View(number), including: { random.percent(40) }) else { return }
        checker.remember(signed)
        inject(.viewChange(signed), from: actor, to: targets())
    }

    /// A VIEW-CHANGE of a faulty replica: proofs are real, their choice is not honest.
    func viewChange(
        of actor: Host,
        _ epoch: Epoch,
        _ view: View,
        height: Height? = nil,
        including: () -> Bool
    ) -> SignedViewChange? {
        guard let sender = index(of: actor, in: epoch), let start = checker.successions[epoch]?.start else {
            return nil
        }
        var certificate = checker.certificates[height ?? checker.finalTop]
        if height == nil, random.percent(50) {
            let low = checker.finalTop.reduced(by: UInt64(random.below(options.window + 1)))
            certificate = checker.certificates[low]
        }
        if certificate?.epoch != epoch { certificate = nil }
        let base = Sequence(certificate?.height ?? start)
        var best: [Sequence: PreparedCertificate] = [:]
        for vote in recentVotes.suffix(200)
        where vote.epoch == epoch && vote.view < view && vote.sequence > base
            && vote.sequence.distance(above: base) <= UInt64(options.window)
        {
            guard including(), let entry = preparedCertificate(vote, with: actor) else { continue }
            if let other = best[vote.sequence], other.vote.view >= vote.view, random.percent(60) { continue }
            best[vote.sequence] = entry
        }
        let content = ViewChange(
            epoch: epoch,
            view: view,
            sender: sender,
            certificate: certificate,
            prepared: best.keys.sorted().compactMap { best[$0] },
            hashing: Tokens.hashing
        )
        let statement = content.statement(chain: actor.configuration.chain)
        return SignedViewChange(content: content, signature: sign(statement, by: actor))
    }

    /// A certificate, if a quorum with the faulty signed.
    private func preparedCertificate(_ vote: Vote, with actor: Host) -> PreparedCertificate? {
        var signatures = checker.prepares[vote] ?? []
        for faulty in hosts where faulty.isByzantine {
            guard let signer = index(of: faulty, in: vote.epoch), !signatures.contains(where: { $0.signer == signer })
            else { continue }
            let signature = sign(vote.statement(.prepare, chain: actor.configuration.chain), by: faulty)
            signatures.append(IndexedSignature(signer: signer, signature: signature))
        }
        signatures.sort { $0.signer < $1.signer }
        let isUnchecked = options.rules.broken == .certificatesUnchecked
        let needed = isUnchecked ? 1 : checker.quorumSize(in: vote.epoch)
        guard signatures.count >= needed else { return nil }
        return PreparedCertificate(vote: vote, signatures: signatures)
    }

    /// Any quorum of VIEW-CHANGEs ever signed for a view that a faulty replica leads.
    private func forgeNewView(_ actor: Host, _ epoch: Epoch, _ view: View) {
        guard let members = checker.successions[epoch]?.members, let own = members.index(of: actor.id) else { return }
        var led = view
        for _ in 0..<members.count where led.leader(of: members.count) != own { led = led.next ?? led }
        guard led.leader(of: members.count) == own else { return }
        var candidates = checker.viewChanges.suffix(100).filter { $0.content.epoch == epoch && $0.content.view == led }
        if let forged = viewChange(of: actor, epoch, led, including: { random.percent(40) }) {
            candidates.append(forged)
        }
        random.shuffle(&candidates)
        let size = members.quorum.size
        var chosen: [SignedViewChange] = []
        for candidate in candidates
        where chosen.count < size && !chosen.contains(where: { $0.content.sender == candidate.content.sender }) {
            chosen.append(candidate)
        }
        guard chosen.count == size else { return }
        sendNewView(epoch, led, chosen, from: actor, to: targets())
    }

    func sendNewView(
        _ epoch: Epoch,
        _ view: View,
        _ chosen: [SignedViewChange],
        from actor: Host,
        to targets: [ReplicaID]
    ) {
        let sorted = chosen.sorted { $0.content.sender < $1.content.sender }
        let content = NewView(
            epoch: epoch,
            view: view,
            viewChanges: sorted.map { ViewChangeName(sender: $0.content.sender, digest: $0.content.digest) },
            hashing: Tokens.hashing
        )
        let signature = sign(content.statement(chain: actor.configuration.chain), by: actor)
        inject(.newView(SignedNewView(content: content, signature: signature)), from: actor, to: targets)
        for viewChange in sorted { inject(.viewChange(viewChange), from: actor, to: targets) }
    }

    /// Something that was sent before, by anyone, to anyone; votes only as the actor's own.
    private func replay(_ actor: Host) {
        guard let message = random.pick(archive) else { return }
        inject(message, from: actor, to: targets())
    }
}

extension World {
    /// Bounded memory of what was signed, for the adversary to replay.
    func remember(_ message: Message) {
        guard !options.byzantine.isEmpty else { return }
        if case .prepare(let vote, _) = message {
            if !recentVotes.suffix(12).contains(vote) { recentVotes.append(vote) }
            if recentVotes.count > 2000 { recentVotes.removeFirst(1000) }
        }
        guard random.percent(3) else { return }
        archive.append(message)
        if archive.count > 2000 { archive.removeFirst(1000) }
    }
}
