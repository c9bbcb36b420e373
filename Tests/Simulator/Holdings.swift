package import Consensus
import Primitives

/// What correct hosts hold of the statements of a replica that may be restored from an image of its machine.
///
/// Such a replica is one of the f faulty: agreement never rests on it. Yet it must not vote twice where others could tell it
/// of the first vote: who answered it, or so many that no quorum can do without all of them; nor at a height that an answer
/// proved certified (rule 20).
struct Holdings {
    private var watched: Set<ReplicaID> = []
    /// A bit for each correct host that received the statement and was not down since.
    private var holders: [Checker.Position: UInt64] = [:]
    /// As of the start of the replica that made the statement.
    private(set) var known: [Checker.Position: UInt64] = [:]
    /// A bit for each correct host whose journal held the statement when it started.
    private var journaled: [Checker.Position: UInt64] = [:]
    /// What the answers to a replica's last question proved certified before it voted.
    private var shown: [ReplicaID: Shown] = [:]

    private struct Shown {
        let question: UInt64
        let epoch: Epoch
        var height: Height
    }

    /// Contradictions that nobody could have told the replica of.
    fileprivate(set) var excused = 0
    fileprivate(set) var silenced = 0
    fileprivate(set) var answers: [Int] = []

    mutating func watch(_ host: ReplicaID) { watched.insert(host) }

    var isWatching: Bool { !watched.isEmpty }

    func isWatched(_ host: ReplicaID) -> Bool { watched.contains(host) }

    mutating func add(_ holder: ReplicaID, to position: Checker.Position) {
        holders[position, default: 0] |= 1 << UInt64(holder.index)
    }

    /// What a host held is gone: all of it, or that of epochs that are over.
    mutating func forget(_ holder: ReplicaID, below epoch: Epoch? = nil) {
        guard isWatching else { return }
        let mask: UInt64 = ~(1 << UInt64(holder.index))
        for key in holders.keys where epoch.map({ key.epoch < $0 }) ?? true { holders[key]? &= mask }
        for key in known.keys where epoch.map({ key.epoch < $0 }) ?? true { known[key]? &= mask }
    }

    mutating func journal(_ position: Checker.Position, of holder: ReplicaID) {
        journaled[position, default: 0] |= 1 << UInt64(holder.index)
    }

    mutating func forgetJournal(of holder: ReplicaID) {
        let mask: UInt64 = ~(1 << UInt64(holder.index))
        for key in journaled.keys { journaled[key]? &= mask }
    }

    mutating func show(_ certificate: Certificate, to host: ReplicaID, question: UInt64) {
        let fresh = Shown(question: question, epoch: certificate.epoch, height: certificate.height)
        guard let old = shown[host], old.question == question, old.epoch == fresh.epoch else {
            shown[host] = fresh
            return
        }
        shown[host]?.height = max(old.height, fresh.height)
    }

    func isShown(_ position: Checker.Position, question: UInt64) -> Bool {
        guard let shown = shown[position.replica], shown.question == question, shown.epoch == position.epoch
        else { return false }
        return [.prePrepare, .prepare, .commit].contains(position.kind) && position.number <= shown.height.number
    }

    /// Who holds it, by what came to them or by their journals.
    func holders(of position: Checker.Position) -> (all: UInt64, journaled: UInt64) {
        (known[position] ?? 0, journaled[position] ?? 0)
    }

    mutating func start(_ host: ReplicaID) {
        guard isWatched(host) else { return }
        for (position, mask) in holders where position.replica == host { known[position] = mask }
    }
}

extension Checker {
    /// How often a restored replica contradicted what nobody who answered had seen.
    package var excused: Int { holdings.excused }
    package var silenced: Int { holdings.silenced }
    /// How many answers each start had before it voted.
    package var answers: [Int] { holdings.answers }

    package mutating func watch(_ host: ReplicaID) { holdings.watch(host) }

    mutating func onStart(_ host: Host) { holdings.start(host.id) }

    mutating func onDown(_ host: Host) { holdings.forget(host.id) }

    mutating func onEpochEnded(of host: Host) { holdings.forget(host.id, below: host.configuration.epoch.next) }

    mutating func onAnswered(_ host: Host, _ count: Int) { if !host.isByzantine { holdings.answers.append(count) } }

    /// What the journal of a host that starts tells it of others' statements.
    mutating func onRecovered(_ host: Host, _ records: [JournalRecord]) {
        guard holdings.isWatching, !host.isByzantine else { return }
        holdings.forgetJournal(of: host.id)
        for record in records where record.epoch == host.configuration.epoch {
            switch record {
            case .proposal(let proposal, .some):
                journal(.prePrepare, proposal.vote, by: proposal.proposer, of: host)
            case .prepared(let certificate):
                for entry in certificate.signatures { journal(.prepare, certificate.vote, by: entry.signer, of: host) }
            default: break
            }
        }
    }

    private mutating func journal(_ kind: Message.Kind, _ vote: Vote, by signer: ReplicaID, of host: Host) {
        guard let author = host.members.member(signer)?.host, author != host.id, holdings.isWatched(author) else {
            return
        }
        holdings.journal(
            Position(replica: author, kind: kind, epoch: vote.epoch, view: vote.view, number: vote.sequence.number),
            of: host.id
        )
    }

    mutating func onReceived(_ message: Message, from sender: ReplicaID, by host: Host) {
        if case .testimony(let testimony) = message, holdings.isWatched(host.id), host.replica?.voice == .asks,
            testimony.question == host.configuration.question, let certificate = testimony.certificate
        {
            holdings.show(certificate, to: host.id, question: testimony.question)
        }
        guard holdings.isWatched(sender), !host.isByzantine, host.replica?.epoch == message.epoch,
            let members = successions[message.epoch]?.members, let index = members.index(of: sender),
            let position = position(of: message, by: sender, index, members.count)
        else { return }
        holdings.add(host.id, to: position)
    }

    private func position(of message: Message, by host: ReplicaID, _ index: ReplicaID, _ count: Int) -> Position? {
        func position(_ view: View, _ number: UInt64) -> Position {
            Position(replica: host, kind: message.kind, epoch: message.epoch, view: view, number: number)
        }
        switch message {
        case .prePrepare(let proposal, _) where proposal.proposer == index:
            return position(proposal.originView, proposal.sequence.number)
        case .prepare(let vote, _): return position(vote.view, vote.sequence.number)
        case .viewChange(let signed) where signed.content.sender == index: return position(signed.content.view, 0)
        case .newView(let signed) where signed.content.view.leader(of: count) == index:
            return position(signed.content.view, 0)
        default: return nil
        }
    }

    /// Whether a second statement here is a violation: always, but for a restored replica that nobody could tell.
    mutating func isInexcusable(_ position: Position, of host: Host) -> Bool {
        guard host.hasOtherJournal, !isTold(position, to: host) else { return true }
        holdings.excused += 1
        return false
    }

    /// The same for a vote below a view that was demanded.
    mutating func isInexcusable(promiseAbove vote: Vote, of host: Host) -> Bool {
        guard host.hasOtherJournal else { return true }
        let isKnown = holdings.known.keys.contains {
            $0.replica == host.id && $0.epoch == vote.epoch && $0.kind == .viewChange && $0.view > vote.view
                && isTold($0, to: host)
        }
        if !isKnown { holdings.excused += 1 }
        return isKnown
    }

    /// Somebody who answered has it, or so many do that every quorum's answers hold it.
    private func isTold(_ position: Position, to host: Host) -> Bool {
        guard let members = successions[position.epoch]?.members, let replica = host.replica else { return false }
        if holdings.isShown(position, question: host.configuration.question) { return true }
        let holders = holdings.holders(of: position)
        let answered = replica.answeredBy.compactMap { members.member($0)?.host.index }
        if answered.contains(where: { (holders.all | holders.journaled) >> UInt64($0) & 1 == 1 }) { return true }
        return holders.all.nonzeroBitCount > members.count - members.quorum.size
    }

    mutating func onSilenced(_ host: Host) {
        guard host.isSound, !consequencesOnly else { return }
        holdings.silenced += 1
        if !host.hasOtherJournal { fail("SILENCED with an intact journal: \(host.id.index)") }
    }
}
