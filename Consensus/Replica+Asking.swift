import Primitives

/// Whether a replica signs anything.
package enum Voice: Hashable, Sendable {
    case votes
    /// It has just started, and waits for what others have seen of its votes (rule 20).
    case asks
    /// It only follows: an observer, or a validator whose journal is not the one that its key has voted with.
    case silent
}

/// Who has answered the question of a start.
struct Answers: Sendable {
    /// By index.
    private(set) var isAnswered: [Bool]
    /// Who says that there is a COMMIT of ours which the journal does not know.
    private(set) var isClaimed: [Bool]
    /// At the last repetition enough had answered already: the others were asked once more since.
    var hadEnough = false
    /// Nobody else is waited for.
    var isSettled = false
    /// The highest height that an answer proved certified.
    private(set) var height = Height.genesis

    init(replicas: Int) {
        isAnswered = Array(repeating: false, count: replicas)
        isClaimed = isAnswered
    }

    var count: Int { isAnswered.count { $0 } }
    var claims: Int { isClaimed.count { $0 } }

    mutating func add(_ peer: ReplicaID) { isAnswered[peer.index] = true }

    mutating func add(_ certificate: Certificate) { height = max(height, certificate.height) }

    mutating func addClaim(_ peer: ReplicaID) { isClaimed[peer.index] = true }

    func contains(_ peer: ReplicaID) -> Bool { isAnswered[peer.index] }
}

// A journal that was put back, together with all that belongs to it, looks whole: only others know what is missing in it.
// A replica that starts asks them before it signs anything (rule 20).
extension Replica {
    package var mayVote: Bool { voice == .votes }

    /// Who has answered since the start, for status and checkers.
    package var answeredBy: [ReplicaID] {
        (0..<quorum.replicas).map { ReplicaID($0) }.filter { answers.contains($0) }
    }

    /// Enough others besides this replica: together a quorum.
    private var hasEnoughAnswers: Bool { answers.count >= quorum.size - 1 }

    // MARK: Asking

    func askMissing(into effects: inout [Effect]) {
        for index in 0..<quorum.replicas where ReplicaID(index) != id && !answers.contains(ReplicaID(index)) {
            ask(ReplicaID(index), into: &effects)
        }
    }

    func ask(_ peer: ReplicaID, into effects: inout [Effect]) {
        effects.append(.send(.request(.testimony(epoch, configuration.question)), to: peer))
    }

    mutating func onTestimony(
        _ testimony: Testimony,
        from peer: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        guard testimony.epoch == epoch else { throw .wrongEpoch }
        guard testimony.subject == id, testimony.question == configuration.question, peer != id else {
            throw .notRequested
        }
        guard testimony.commits.count <= slots.count else { throw .tooLarge }
        if let certificate = testimony.certificate {
            guard rules.isValid(certificate, epoch: epoch, quorum: quorum) else { throw .invalidCertificate }
            answers.add(certificate)
        }
        answers.add(peer)
        if answers.count == quorum.replicas - 1 { answers.isSettled = true }
        weigh(testimony.commits, from: peer, into: &effects)
        if let certificate = testimony.certificate { note(certificate, from: peer, into: &effects) }
        advance(into: &effects)
    }

    /// COMMITs carry no signature. Of f + 1 who tell of some that the journal does not know, one is right.
    private mutating func weigh(_ commits: [Vote], from peer: ReplicaID, into effects: inout [Effect]) {
        guard let unknown = commits.first(where: { !isKnown(commit: $0) }) else { return }
        answers.addClaim(peer)
        if answers.claims > quorum.faults { silence(unknown, into: &effects) }
    }

    /// Durable before it left (rule 15); what is certified needs no certificate any more.
    private func isKnown(commit: Vote) -> Bool {
        guard commit.sequence > Sequence(certified) else { return true }
        guard slots.contains(commit.sequence), let prepared = slots[commit.sequence].prepared else { return false }
        return prepared.vote.view >= commit.view
    }

    /// All others answer at once where nothing is wrong. Where somebody is down, a quorum with this replica is enough,
    /// once those who are missing were asked again: more than f who do not answer would hold up everything anyway.
    mutating func repeatQuestion(into effects: inout [Effect]) {
        guard voice == .asks else { return }
        if hasEnoughAnswers, answers.hadEnough { answers.isSettled = true }
        answers.hadEnough = hasEnoughAnswers
        if !answers.isSettled { askMissing(into: &effects) }
    }

    /// What a replica does at its start that needs a voice, and what it has missed since. It votes at no sequence that
    /// anybody who answered has certified, and has seen all blocks up to there before: one that it proposed and knows
    /// nothing of tells that its journal is an old one, where nobody else remembers its votes.
    mutating func beginVoting(into effects: inout [Effect]) {
        guard voice == .asks, answers.isSettled, rules.mayBegin(executed: executed, shown: answers.height) else {
            return
        }
        voice = .votes
        effects.append(.answered(by: answers.count))
        if rules.repeatsVotes { repeatJournal(into: &effects) }
        if isActive { setViewTimer(into: &effects) }
        joinOthers(into: &effects)
        timeOutWithQuorum(into: &effects)
    }

    // MARK: Answering

    /// Answers a replica that has started; whoever asks is there now, and can answer too.
    func onQuestion(_ question: UInt64, from peer: ReplicaID, into effects: inout [Effect]) {
        let seen = sightings[peer.index]
        let testimony = Testimony(
            epoch: epoch,
            subject: peer,
            question: question,
            vote: seen.vote,
            promise: seen.promise,
            attestation: seen.attestation,
            commits: commits(of: peer),
            certificate: certificate.flatMap { $0.epoch == epoch ? $0 : nil }
        )
        effects.append(.send(.testimony(testimony), to: peer))
        if voice == .asks, !answers.contains(peer) { ask(peer, into: &effects) }
    }

    private func commits(of peer: ReplicaID) -> [Vote] {
        slots.sequences.compactMap { sequence in
            let entries = slots[sequence].commits.entries.filter { $0.replica == peer }
            guard let last = entries.max(by: { $0.view < $1.view }) else { return nil }
            return Vote(epoch: epoch, view: last.view, sequence: sequence, digest: last.digest)
        }
    }

    // MARK: Statements

    /// Remembers what others signed, whether this replica has a use for it or not, and judges what the own key signed.
    mutating func witness(_ message: Message, from peer: ReplicaID, into effects: inout [Effect]) {
        guard message.epoch == epoch, peer != id else { return }
        let replicas = quorum.replicas
        witness(into: &effects) { message.visitSightings(from: peer, replicas: replicas, $0) }
    }

    /// A certificate that did not come in a message.
    mutating func witness(_ certificate: Certificate, into effects: inout [Effect]) {
        let epoch = epoch
        witness(into: &effects) { certificate.visitSightings(in: epoch, $0) }
    }

    private mutating func witness(
        into effects: inout [Effect],
        _ visitAll: ((ReplicaID, Sighting) -> Void) -> Void
    ) {
        var unknown: Sighting?
        visitAll { signer, sighting in
            if signer != id {
                remember(sighting, of: signer)
            } else if !isKnown(sighting) {
                unknown = sighting
            }
        }
        if let unknown { disown(unknown, into: &effects) }
    }

    mutating func remember(_ sighting: Sighting, of signer: ReplicaID) {
        guard isMember(signer), signer != id else { return }
        sightings[signer.index].note(sighting)
    }

    /// What the log holds of others' statements.
    mutating func rememberRecovered(_ recovery: Recovery) {
        let note: (ReplicaID, Sighting) -> Void = { self.remember($1, of: $0) }
        recovery.certificate?.visitSightings(in: epoch, note)
        for record in recovery.records where record.epoch == epoch {
            switch record {
            case .proposal(let proposal, let signature?):
                remember(Sighting(.prePrepare, proposal.vote, signature), of: proposal.proposer)
            case .prepared(let certificate): certificate.visitSightings(in: epoch, note)
            case .newView(let newView, let viewChanges):
                newView.visitSightings(replicas: quorum.replicas, note)
                for viewChange in viewChanges { viewChange.visitSightings(note) }
            case .proposal, .prepare, .view: break
            }
        }
    }

    private func isKnown(_ own: Sighting) -> Bool {
        guard journalReach.contains(own) else { return false }
        guard own.kind == .prepare || own.kind == .prePrepare, slots.contains(own.place.sequence),
            let voted = slots[own.place.sequence].voted, voted.view == own.view
        else { return true }
        return voted.digest == own.digest
    }

    /// A block that names this replica as its proposer, in a place of which its journal knows nothing (rule 20).
    mutating func recognize(_ block: BlockSummary, into effects: inout [Effect]) {
        guard block.proposer == id, block.epoch == epoch else { return }
        let proposed = Vote(
            epoch: epoch,
            view: block.originView,
            sequence: Sequence(block.height),
            digest: block.header
        )
        guard !journalReach.contains(VotePlace(view: proposed.view, sequence: proposed.sequence)) else { return }
        silence(proposed, into: &effects)
    }

    /// Rule 20: a statement of ours that our journal does not know means that the journal is not ours any more.
    private mutating func disown(_ own: Sighting, into effects: inout [Effect]) {
        guard voice != .silent, rules.silencesUnknownVotes else { return }
        silence(
            Vote(epoch: epoch, view: own.view, sequence: Sequence(own.position), digest: own.digest),
            into: &effects
        )
    }

    private mutating func silence(_ vote: Vote, into effects: inout [Effect]) {
        guard voice != .silent, rules.silencesUnknownVotes else { return }
        voice = .silent
        effects.append(.silenced(vote))
        effects.append(.cancelTimer(.view))
        effects.append(.cancelTimer(.heartbeat))
    }
}
