package import Primitives

/// The PBFT replica (Castro & Liskov, OSDI '99): a value without clock, socket, key, disk or log. Inputs go in, effects
/// come out, and nothing that an input contains can trap it.
///
/// Handlers lie in one extension per concern; each checks what peers may send and refuses by throwing a `Rejection`
/// before it changes anything, then acts. What is safe is decided in `SafetyRules`, what is always true of the state
/// stands in `Invariants`.
package struct Replica: Sendable {
    package let configuration: Configuration
    let quorum: Quorum
    let rules: SafetyRules

    package internal(set) var epoch: Epoch
    package internal(set) var view = View.first
    /// False while the NEW-VIEW of `view` is awaited.
    package internal(set) var isActive = true
    /// The last height with a certificate: the low watermark.
    package internal(set) var certified = Height.genesis
    package internal(set) var executed = Height.genesis
    /// The proof of `certified`; nil at genesis.
    package internal(set) var certificate: Certificate?
    package internal(set) var history: History
    package internal(set) var voice: Voice

    var now = Moment(monotonic: 0, wall: 0)
    var isStarted = false
    /// Set by divergence (rule 27) and by the end of the epoch (rule 26), for good.
    var isStopped = false

    // §4.2: the window and the position within it.
    var slots: SlotWindow
    /// The last sequence accepted in `view`, or certified (rule 9).
    var accepted = Sequence(0)
    /// The last sequence handed to the host for execution.
    var issued = Sequence(0)
    /// The sequence for which a batch was requested, in this view.
    var requested: Sequence?
    /// Outstanding execution on the word of a certificate (rule 19).
    var speculation: Height?

    // §4.4: views.
    var reproposals = Reproposals.none
    /// The accepted NEW-VIEW and the VIEW-CHANGEs it names; nil in view 0 and while one is awaited.
    var newView: AcceptedNewView?
    /// The latest VIEW-CHANGE of each replica, by its index.
    var viewChanges: [SignedViewChange?]
    /// NEW-VIEWs whose VIEW-CHANGEs are not all here, at most one per leader.
    var pending: [PendingNewView] = []
    /// The view that was led last, so that one NEW-VIEW is sent for it.
    var led: View?
    /// What that NEW-VIEW names, until it comes back signed.
    var ledViewChanges: [SignedViewChange] = []
    /// The view in which the replica restarted (rule 18).
    var restartView: View?
    var viewTimer: ViewTimer
    var isViewTimerSet = false

    // Rule 20: what the own key signed, and what other keys did.
    var journalReach: JournalReach
    var answers: Answers
    /// By index; of this replica nothing.
    var sightings: [Sightings]

    // Rule 25.
    /// Of which turn each replica complains, by its last STATUS; the own one, by its host's last look.
    var complaints: [Turn?]
    /// The last turn of which this replica told others that it complains.
    var complained: Turn?

    // State transfer and repetition.
    /// The highest certificate known, and who sent it.
    var target: (certificate: Certificate, source: ReplicaID)?
    var catchUpAttempts = 0
    var lastProgress: UInt64 = 0
    var executedAtRepetition = Height.genesis
    var viewDeadline: UInt64 = 0
    /// What each peer was answered lately, by its index.
    var statusBudgets: [PeerBudget]
    var requestBudgets: [PeerBudget]

    /// Reacts to one input. Total: an input that is not acceptable is answered by `Effect.rejected`.
    package mutating func step(_ input: Input, now: Moment, into effects: inout [Effect]) {
        self.now = now
        do throws(Rejection) {
            try handle(input, into: &effects)
        } catch {
            var sender: ReplicaID?
            if case .message(_, let peer) = input { sender = peer }
            effects.append(.rejected(error, from: sender))
        }
        assert(violatedInvariant == nil, violatedInvariant?.rawValue ?? "")
    }

    private mutating func handle(_ input: Input, into effects: inout [Effect]) throws(Rejection) {
        guard !isStopped else { throw .stopped }
        guard isStarted else {
            guard input == .start else { throw .notStarted }
            return start(into: &effects)
        }
        switch input {
        case .start: throw .notStarted
        case .message(let message, let sender): try onMessage(message, from: sender, into: &effects)
        case .batch(let view, let sequence, let references):
            try onBatch(view, sequence, references, into: &effects)
        case .acquired(let sequence, let digest): try onBodies(.held, sequence, digest, into: &effects)
        case .refused(let sequence, let digest): try onBodies(.refused, sequence, digest, into: &effects)
        case .executed(let block): try onExecuted(block, into: &effects)
        case .discarded(let height): try onDiscarded(height, into: &effects)
        case .installed(let block, let certificate): try onInstalled(block, certificate, into: &effects)
        case .timer(.view): onViewTimer(into: &effects)
        case .timer(.heartbeat): try onHeartbeat(into: &effects)
        case .timer(.repetition): onRepetition(into: &effects)
        case .connected(let peer): try onConnected(peer, into: &effects)
        case .overdue(let turn): try onOverdue(turn, into: &effects)
        }
    }

    private mutating func onMessage(
        _ message: Message,
        from sender: ReplicaID,
        into effects: inout [Effect]
    ) throws(Rejection) {
        guard isMember(sender) else { throw .unknownSender }
        witness(message, from: sender, into: &effects)
        switch message {
        case .prePrepare(let proposal, let signature): try onPrePrepare(proposal, signature, into: &effects)
        case .prepare(let vote, let signature): try onPrepare(vote, signature, from: sender, into: &effects)
        case .commit(let vote): try onCommit(vote, from: sender, into: &effects)
        case .attest(let attestation, let signature):
            try onAttest(attestation, signature, from: sender, into: &effects)
        case .viewChange(let viewChange): try onViewChange(viewChange, from: sender, into: &effects)
        case .newView(let newView): try onNewView(newView, from: sender, into: &effects)
        case .status(let status): onStatus(status, from: sender, into: &effects)
        case .request(let request): try onRequest(request, from: sender, into: &effects)
        case .proposal(let proposal): try onProposal(proposal, into: &effects)
        case .certificate(let certificate): try onCertificate(certificate, from: sender, into: &effects)
        case .testimony(let testimony): try onTestimony(testimony, from: sender, into: &effects)
        }
    }
}

/// An accepted NEW-VIEW with all it names: whoever lacks it gets it from any holder (rule 24).
struct AcceptedNewView: Sendable {
    let message: SignedNewView
    let viewChanges: [SignedViewChange]
}

/// A NEW-VIEW that waits for VIEW-CHANGEs it names.
struct PendingNewView: Sendable {
    let message: SignedNewView
    let source: ReplicaID
    /// In the order of the names; nil where still missing.
    var viewChanges: [SignedViewChange?]
}

extension Replica {
    package var id: ReplicaID { configuration.id }

    var windowSize: UInt64 { UInt64(configuration.window) }

    /// Contents of a slot: each replica's offer, what own votes and a NEW-VIEW refer to, and some of earlier views.
    var contentLimit: Int { 2 * quorum.replicas + 4 }

    /// The highest sequence that may be accepted now (rule 4).
    var highWatermark: Sequence {
        rules.lowWatermark(certified: certified, executed: executed).advanced(by: windowSize)
    }

    /// Where this epoch ends, once a block said so (rule 26). Who may accept a sequence beyond it has certified, and so
    /// executed, the block that says so (rule 5).
    var boundary: Sequence? {
        guard let last = history.last, last.epoch == epoch else { return nil }
        return last.boundary.map { Sequence($0) }
    }

    /// The last sequence that may be proposed or accepted now (rules 4 and 26).
    var lastOrdered: Sequence { rules.lastOrdered(highWatermark, boundary: boundary) }

    /// The certified height that a VIEW-CHANGE stands on: without a certificate it is the epoch's start.
    func base(of content: ViewChange) -> Height { max(content.certified, configuration.start) }

    func isMember(_ replica: ReplicaID) -> Bool { replica.index >= 0 && replica.index < quorum.replicas }

    /// Who proposes at a sequence of the window in a view (rule 9). Beyond the window it is not known yet (rule 5).
    package func primary(in view: View, at sequence: Sequence) -> ReplicaID { history.primary(in: view, at: sequence) }

    /// §4.2: epoch and watermarks, for everything that belongs to a sequence.
    func checkPosition(_ epoch: Epoch, _ sequence: Sequence) throws(Rejection) {
        guard epoch == self.epoch else { throw .wrongEpoch }
        guard slots.contains(sequence) else { throw .outsideWatermarks }
    }

    func mayVote(in voted: View) -> Bool {
        mayVote && rules.mayVote(in: voted, view: view, isActive: isActive)
    }

    func persist(_ record: JournalRecord, into effects: inout [Effect]) {
        effects.append(.persist(record, synced: rules.isSynced(record)))
    }

    /// Runs after whatever may have let the replica go on: accept, propose, execute.
    mutating func advance(into effects: inout [Effect]) {
        guard !isStopped else { return }
        beginVoting(into: &effects)
        acceptNext(into: &effects)
        issueExecutions(into: &effects)
    }
}
