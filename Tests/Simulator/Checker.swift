package import Consensus
package import Primitives

/// What may never happen, whoever is faulty. The first violation ends a run.
package struct Checker {
    /// The validators of each epoch, as the chain said. All must agree on them.
    package private(set) var successions: [Epoch: (members: Members, start: Height)]
    package private(set) var violation: String?

    struct Position: Hashable {
        let replica: ReplicaID
        let kind: Message.Kind
        let epoch: Epoch
        let view: View
        let number: UInt64
    }

    /// The first vote of each correct replica at each position.
    private var votes: [Position: Digest] = [:]
    private struct Era: Hashable {
        let replica: ReplicaID
        let epoch: Epoch
    }

    /// The highest view of an own VIEW-CHANGE.
    private var promises: [Era: View] = [:]
    private var executed: [Height: Digest] = [:]
    private var seenIDs: Set<UInt64> = []
    /// Headers that a quorum attested: final, whether anyone noticed or not.
    package private(set) var final: [Height: Digest] = [:]
    package private(set) var finalTop = Height.genesis
    package private(set) var certificates: [Height: Certificate] = [:]
    /// Everything that was ever signed, for the adversary, who knows it all.
    package private(set) var prepares: [Vote: [IndexedSignature]] = [:]
    private var attestations: [Attestation: [IndexedSignature]] = [:]
    package private(set) var viewChanges: [SignedViewChange] = []
    package private(set) var footprint = 0
    private var primaries: [Vote: ReplicaID] = [:]

    /// Those that may be restored from an image: who holds what of their statements.
    var holdings = Holdings()

    /// Only what clients would notice: no votes and promises.
    package var consequencesOnly = false

    private let signatures: Signatures

    init(_ members: Members, _ signatures: Signatures) {
        successions = [.first: (members, .genesis)]
        self.signatures = signatures
    }

    /// An epoch that nobody has entered has no quorum.
    func quorumSize(in epoch: Epoch) -> Int { successions[epoch]?.members.quorum.size ?? .max }

    mutating func fail(_ what: String) { if violation == nil { violation = what } }

    // MARK: Messages

    mutating func onSend(_ message: Message, by host: Host) {
        remember(message, by: host)
        guard host.isSound, !consequencesOnly else { return }
        let own = host.configuration.id
        switch message {
        case .prePrepare(let proposal, _) where proposal.proposer == own:
            once(host, .prePrepare, proposal.vote)
        case .prepare(let vote, _):
            once(host, .prepare, vote)
            promise(host, vote, "PREPARE")
        case .commit(let vote):
            once(host, .commit, vote)
            promise(host, vote, "COMMIT")
        case .attest(let attestation, _):
            let vote = Vote(
                epoch: attestation.epoch,
                view: .first,
                sequence: Sequence(attestation.height),
                digest: attestation.header
            )
            once(host, .attest, vote)
        case .viewChange(let viewChange) where viewChange.content.sender == own:
            let era = Era(replica: host.id, epoch: viewChange.content.epoch)
            promises[era] = max(promises[era] ?? .first, viewChange.content.view)
        case .newView(let newView) where newView.content.view.leader(of: host.configuration.replicas) == own:
            let content = newView.content
            once(
                host,
                .newView,
                Vote(epoch: content.epoch, view: content.view, sequence: Sequence(0), digest: content.digest)
            )
        default: break
        }
    }

    private mutating func once(_ host: Host, _ kind: Message.Kind, _ vote: Vote) {
        let position = Position(
            replica: host.id,
            kind: kind,
            epoch: vote.epoch,
            view: vote.view,
            number: vote.sequence.number
        )
        guard let other = votes[position] else {
            votes[position] = vote.digest
            return
        }
        if other != vote.digest, isInexcusable(position, of: host) {
            fail("DOUBLE-VOTE \(kind) of \(host.id.index) at v\(vote.view.number) s\(vote.sequence.number)")
        }
    }

    private mutating func promise(_ host: Host, _ vote: Vote, _ what: String) {
        guard let promised = promises[Era(replica: host.id, epoch: vote.epoch)], vote.view < promised else { return }
        guard isInexcusable(promiseAbove: vote, of: host) else { return }
        fail("BROKEN-PROMISE \(what) of \(host.id.index) in v\(vote.view.number) below v\(promised.number)")
    }

    private mutating func remember(_ message: Message, by host: Host) {
        let own = host.configuration.id
        switch message {
        case .prepare(let vote, let signature): add(&prepares[vote, default: []], signature, own)
        case .attest(let attestation, let signature): rememberAttestation(attestation, signature, own)
        case .viewChange(let viewChange) where viewChange.content.sender == own:
            if !viewChanges.suffix(64).contains(viewChange) { viewChanges.append(viewChange) }
        default: break
        }
    }

    private func add(_ list: inout [IndexedSignature], _ signature: Signature, _ signer: ReplicaID) {
        guard !list.contains(where: { $0.signer == signer }) else { return }
        list.append(IndexedSignature(signer: signer, signature: signature))
        list.sort { $0.signer < $1.signer }
    }

    /// What the adversary signs goes into the same books.
    mutating func rememberAttestation(_ attestation: Attestation, _ signature: Signature, _ signer: ReplicaID) {
        add(&attestations[attestation, default: []], signature, signer)
        guard let list = attestations[attestation], list.count >= quorumSize(in: attestation.epoch)
        else { return }
        let height = attestation.height
        if let other = final[height], other != attestation.header {
            return fail("TWO-CERTIFICATES at \(height.number)")
        }
        final[height] = attestation.header
        finalTop = max(finalTop, height)
        certificates[height] = Certificate(
            epoch: attestation.epoch,
            height: height,
            header: attestation.header,
            signatures: list
        )
        if let own = executed[height], own != attestation.header { fail("FINAL-CHANGED at \(height.number)") }
    }

    mutating func remember(_ viewChange: SignedViewChange) { viewChanges.append(viewChange) }

    mutating func rememberPrepare(_ vote: Vote, _ signature: Signature, _ signer: ReplicaID) {
        add(&prepares[vote, default: []], signature, signer)
    }

    // MARK: Blocks

    mutating func checkExecuted(_ block: Block, by host: Host) {
        guard host.isSound else { return }
        let height = block.height
        if let other = executed[height] {
            if other != block.summary.header { fail("AGREEMENT two headers executed at \(height.number)") }
            return
        }
        executed[height] = block.summary.header
        if let certain = final[height], certain != block.summary.header { fail("FINAL-CHANGED at \(height.number)") }
        if block.summary.endsEpoch { check(block.succession) }
        for id in block.ids where !seenIDs.insert(id).inserted { fail("REPLAY of \(id) at \(height.number)") }
        if let parent = host.chain.block(at: height.reduced(by: 1)), height.number > 1,
            parent.summary.time >= block.summary.time
        {
            fail("TIME does not rise at \(height.number)")
        }
    }

    private mutating func check(_ succession: Succession) {
        if let known = successions.updateValue((succession.members, succession.start), forKey: succession.epoch) {
            if known.members != succession.members || known.start != succession.start {
                fail("VALIDATORS of epoch \(succession.epoch.number) differ")
            }
        }
    }

    mutating func checkCertified(_ certificate: Certificate, by host: Host) {
        guard host.isSound else { return }
        guard let members = successions[certificate.epoch]?.members,
            host.chain.block(at: certificate.height)?.summary.epoch == certificate.epoch
        else { return fail("CERTIFICATE of another epoch at \(certificate.height.number)") }
        let signers = Set(certificate.signatures.map(\.signer))
        if signers.count < members.quorum.size {
            fail("CERTIFICATE without a quorum at \(certificate.height.number)")
        }
        if !signatures.areValid(certificate.checks(chain: host.configuration.chain), of: members) {
            fail("CERTIFICATE with a bad signature at \(certificate.height.number)")
        }
        if final[certificate.height] != certificate.header { fail("CERTIFICATE of nothing final") }
    }

    mutating func checkEvidence(_ evidence: Evidence) {
        let members = successions[Epoch(evidence.first.statement.epoch)]?.members
        let isProof =
            members.map { signatures.areValid([evidence.first, evidence.second], of: $0) } ?? false
            && evidence.first.signer == evidence.second.signer && evidence.first.statement != evidence.second.statement
        if !isProof { fail("EVIDENCE that proves nothing") }
    }

    mutating func onDiverged(_ host: Host) { if host.isSound { fail("DIVERGENCE at \(host.id.index)") } }

    mutating func checkState(of host: Host, after input: Input) {
        guard host.isSound, host.isUp else { return }
        // Asked in place: a copy of the replica would cost more than the step.
        if let invariant = host.replica?.violatedInvariant {
            fail("INVARIANT of \(host.id.index): \(invariant.rawValue)")
        }
        // Growth is slow: now and then is enough.
        if host.world.steps % 8 == 0 { footprint = max(footprint, host.replica?.footprint ?? 0) }
        checkPrimary(host)
    }

    /// Rule 5: whoever may accept a sequence computes the same primary for it, whatever it went through.
    private mutating func checkPrimary(_ host: Host) {
        guard host.hasMoved, let replica = host.replica else { return }
        let window = UInt64(replica.configuration.window)
        for distance in [1, window] {
            let sequence = Sequence(replica.certified).advanced(by: distance)
            let position = Vote(epoch: replica.epoch, view: replica.view, sequence: sequence, digest: .zero)
            let primary = replica.primary(in: replica.view, at: sequence)
            guard let other = primaries.updateValue(primary, forKey: position), other != primary else { continue }
            fail("PRIMARY of e\(replica.epoch.number) v\(replica.view.number) s\(sequence.number) differs")
        }
    }
}
