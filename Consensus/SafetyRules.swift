package import Primitives

/// The rules that keep replicas from contradicting themselves and each other: each a named predicate that cites its
/// number in docs/protocol.md. The handlers ask; nothing else decides.
///
/// In production all are in force, which is what `init()` makes. Tests break one at a time to show
/// that the simulator's checkers see what happens then.
package struct SafetyRules: Hashable, Sendable {
    package let broken: Mutation?

    package init(broken: Mutation? = nil) { self.broken = broken }

    /// A rule broken on purpose; the raw values are the names that tests and docs use.
    package enum Mutation: String, CaseIterable, Hashable, Sendable {
        case quorumOf2f = "quorum-of-2f"
        case unsyncedVotes = "unsynced-votes"
        case prepareWithoutBody = "prepare-without-body"
        case commitsAcrossViews = "commits-across-views"
        case newViewIgnoresPrepared = "new-view-ignores-prepared"
        case choiceByOriginView = "choice-by-origin-view"
        case voteAfterViewChange = "vote-after-view-change"
        case unsyncedView = "unsynced-view"
        case unwrittenNewView = "unwritten-new-view"
        case unsyncedCertificate = "unsynced-certificate"
        case silentAfterRestart = "silent-after-restart"
        case leadAgainAfterRestart = "lead-again-after-restart"
        case timerWithoutQuorum = "timer-without-quorum"
        case certifiedIsNotAccepted = "certified-is-not-accepted"
        case noExecutionFromCertificate = "no-execution-from-certificate"
        case watermarkExecuted = "watermark-executed"
        case certificatesUnchecked = "certificates-unchecked"
        case joinAnyView = "join-any-view"
        case timeUnchecked = "time-unchecked"
        case unknownVotesIgnored = "unknown-votes-ignored"
        case voteBeforeAnswers = "vote-before-answers"
        case voteBelowAnswers = "vote-below-answers"
        case orderAboveBoundary = "order-above-boundary"
        case oneComplaintSuffices = "one-complaint-suffices"
        case complaintsIgnored = "complaints-ignored"
    }

    private func holds(_ rule: Mutation) -> Bool { broken != rule }
}

// MARK: Quorums and certificates

extension SafetyRules {
    /// † `⌊(n + f) / 2⌋ + 1`: any two quorums meet in a correct replica.
    func size(of quorum: Quorum) -> Int { holds(.quorumOf2f) ? quorum.size : 2 * quorum.faults }

    /// A quorum of distinct validators of the set signed (rule 12). Signers ascend, so none counts twice.
    func isQuorum(_ signatures: [IndexedSignature], of quorum: Quorum) -> Bool {
        guard holds(.certificatesUnchecked) else { return true }
        var last = -1
        for entry in signatures {
            guard entry.signer.index > last, entry.signer.index < quorum.replicas else { return false }
            last = entry.signer.index
        }
        return signatures.count >= size(of: quorum)
    }

    /// A certificate proves its height: a quorum attested it (rule 11). Genesis needs and has none.
    func isValid(_ certificate: Certificate, epoch: Epoch, quorum: Quorum) -> Bool {
        certificate.epoch == epoch && certificate.height > .genesis && isQuorum(certificate.signatures, of: quorum)
    }

    /// Rule 21: what a VIEW-CHANGE carries fits together. Prepared certificates ascend within the window above its
    /// certified height and come from lower views.
    func isValid(_ content: ViewChange, in configuration: Configuration, quorum: Quorum) -> Bool {
        let epoch = configuration.epoch
        guard content.epoch == epoch, content.sender.index >= 0, content.sender.index < quorum.replicas else {
            return false
        }
        if let certificate = content.certificate {
            guard isValid(certificate, epoch: epoch, quorum: quorum) else { return false }
        }
        var last = Sequence(max(content.certified, configuration.start))
        let highest = last.advanced(by: UInt64(configuration.window))
        for entry in content.prepared {
            let vote = entry.vote
            guard vote.epoch == epoch, vote.view < content.view, vote.sequence > last, vote.sequence <= highest,
                isQuorum(entry.signatures, of: quorum)
            else { return false }
            last = vote.sequence
        }
        return true
    }
}

// MARK: Voting

extension SafetyRules {
    /// † Rule 15, bodies first: a replica prepares only what it holds in full.
    func mayPrepare(bodiesHeld: Bool) -> Bool { bodiesHeld || !holds(.prepareWithoutBody) }

    /// † Rule 14: after VIEW-CHANGE for `view`, no PREPARE or COMMIT below it; within it only once NEW-VIEW came.
    func mayVote(in voted: View, view: View, isActive: Bool) -> Bool {
        (voted == view && isActive) || (voted <= view && !holds(.voteAfterViewChange))
    }

    /// † Rules 15 and 16: votes, prepared certificates and views are durable before what they allow leaves.
    func isSynced(_ record: JournalRecord) -> Bool {
        switch record {
        case .prepare: holds(.unsyncedVotes)
        case .prepared: holds(.unsyncedCertificate) && holds(.unsyncedVotes)
        case .view: holds(.unsyncedView)
        case .proposal, .newView: false
        }
    }

    /// † Rule 16: the NEW-VIEW is in the log before the first vote in its view.
    var writesNewView: Bool { holds(.unwrittenNewView) }

    /// † Rule 13: a COMMIT counts in its own view only; COMMITs of different views are never added up.
    func counted(commit: Vote, view: View) -> Vote {
        if holds(.commitsAcrossViews) { return commit }
        return Vote(epoch: commit.epoch, view: view, sequence: commit.sequence, digest: commit.digest)
    }

    /// † Rule 4: the low watermark is the last certified height, never the last executed.
    func lowWatermark(certified: Height, executed: Height) -> Sequence {
        Sequence(holds(.watermarkExecuted) ? certified : executed)
    }

    /// † Rule 26: nothing above the epoch's boundary is proposed or accepted; the epoch ends once it is certified.
    func lastOrdered(_ highWatermark: Sequence, boundary: Sequence?) -> Sequence {
        guard let boundary, holds(.orderAboveBoundary) else { return highWatermark }
        return min(highWatermark, boundary)
    }

    /// † Rule 9: a certified sequence counts as accepted in every view.
    var certifiedIsAccepted: Bool { holds(.certifiedIsNotAccepted) }

    /// Rule 7: a fresh proposal's time is not too far ahead of the own clock when it is accepted.
    func isTimely(_ time: UInt64, wall: UInt64, drift: UInt64) -> Bool {
        time <= wall || time - wall <= drift || !holds(.timeUnchecked)
    }
}

// MARK: View changes

/// What a NEW-VIEW fixes: the digests at the sequences directly above its base.
package struct Reproposals: Hashable, Sendable {
    /// The highest certified height among the VIEW-CHANGEs.
    package let base: Sequence
    /// At `base + 1` and on; the null digest where nothing was prepared.
    package let digests: [Digest]

    package static let none = Reproposals(base: Sequence(0), digests: [])

    /// The last sequence that the NEW-VIEW fixes; above it proposals are fresh.
    package var last: Sequence { base.advanced(by: UInt64(digests.count)) }

    package func digest(at sequence: Sequence) -> Digest? {
        guard sequence > base, let index = Int(exactly: sequence.number - base.number - 1), index < digests.count
        else { return nil }
        return digests[index]
    }
}

extension SafetyRules {
    /// † Rule 22: at each sequence above the highest certified height the certificate with the highest view in which
    /// the batch was *prepared*, else null. Everybody computes the same from the same VIEW-CHANGEs (§4.4).
    package func reproposals(
        from viewChanges: [SignedViewChange],
        above start: Height,
        originView: (Vote) -> View?
    ) -> Reproposals {
        let base = Sequence(viewChanges.map(\.content.certified).reduce(start, max))
        guard holds(.newViewIgnoresPrepared) else { return Reproposals(base: base, digests: []) }
        var best: [Sequence: Vote] = [:]
        for certificate in viewChanges.flatMap(\.content.prepared) where certificate.vote.sequence > base {
            let vote = certificate.vote
            guard let other = best[vote.sequence] else {
                best[vote.sequence] = vote
                continue
            }
            if isPreferred(vote, to: other, originView: originView) { best[vote.sequence] = vote }
        }
        var digests: [Digest] = []
        let last = best.keys.max() ?? base
        // The window bounds the distance: every certificate lies within it above its own, lower, certified height.
        while base.advanced(by: UInt64(digests.count)) < last {
            let sequence = base.advanced(by: UInt64(digests.count) + 1)
            digests.append(best[sequence]?.digest ?? Proposal.nullDigest)
        }
        return Reproposals(base: base, digests: digests)
    }

    private func isPreferred(_ vote: Vote, to other: Vote, originView: (Vote) -> View?) -> Bool {
        if holds(.choiceByOriginView) { return vote.view > other.view }
        return (originView(vote) ?? .first) > (originView(other) ?? .first)
    }

    /// Rule 23: the (f + 1)-th highest of the views that others claim; one forged view moves nobody.
    func viewToJoin(claims: [View], quorum: Quorum) -> View? {
        let rank = holds(.joinAnyView) ? quorum.faults : 0
        guard claims.count > rank else { return nil }
        return claims.sorted(by: >)[rank]
    }

    /// † Rule 24: a replica awaiting NEW-VIEW runs its timer only with a quorum of VIEW-CHANGEs for its view or above.
    func mayTimeOut(isActive: Bool, claimsAtOrAbove count: Int, quorum: Quorum) -> Bool {
        isActive || count >= size(of: quorum) || !holds(.timerWithoutQuorum)
    }

    /// Rule 25: a replica complains on the word of its own host, or of f + 1 others, one of whom is correct.
    func complains(onOwnAccount isOwn: Bool, others: Int, quorum: Quorum) -> Bool {
        isOwn || others > (holds(.oneComplaintSuffices) ? quorum.faults : 0)
    }

    /// Rule 25: a quorum of complaints ends a turn. Fewer take no replica out of its view.
    func isDemanded(complainers: Int, quorum: Quorum) -> Bool {
        complainers >= size(of: quorum) && holds(.complaintsIgnored)
    }

    /// Rule 18: a restarted replica sends no NEW-VIEW for a view up to the one it restarted in.
    func mayLead(_ view: View, restartedIn restartView: View?) -> Bool {
        guard let restartView, holds(.leadAgainAfterRestart) else { return true }
        return view > restartView
    }

    /// † Rule 18: a restarted replica repeats its votes above the certified height, and counts them.
    var repeatsVotes: Bool { holds(.silentAfterRestart) }

    /// Rule 20: a replica that starts votes only once others have said what they know of its votes.
    var awaitsAnswers: Bool { holds(.voteBeforeAnswers) }

    /// Rule 20: nor before it has executed all that those who answered have certified.
    func mayBegin(executed: Height, shown: Height) -> Bool { executed >= shown || !holds(.voteBelowAnswers) }

    /// Rule 20: a replica whose journal does not know a vote of its own key votes no more.
    var silencesUnknownVotes: Bool { holds(.unknownVotesIgnored) }

    /// † Rule 19: prepared batches are executed where a certificate says what they must come to.
    var executesFromCertificates: Bool { holds(.noExecutionFromCertificate) }
}
