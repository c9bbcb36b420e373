import Primitives

/// What a replica's own state always is.
package enum Invariant: String, CaseIterable, Sendable {
    case certifiedWasExecuted = "a certified block was executed"
    case executedWasIssued = "what was executed was issued"
    case watermarkIsCertified = "the low watermark is the certified height"
    case certifiedHasCertificate = "the certified height has its certificate"
    case acceptedLiesInWindow = "accepted lies in the window"
    case activeViewHasNewView = "an active view has its NEW-VIEW"
    case reproposalsFitWindow = "re-proposals fit the window"
    case ledViewWasEntered = "a led view was entered"
    case viewChangesAreBounded = "one VIEW-CHANGE per replica"
    case pendingIsBounded = "one pending NEW-VIEW per leader"
    case slotsAreBounded = "two windows of slots"
    case historyIsBounded = "history reaches as far back as the active set looks"
    case offersAreBounded = "one offer per proposer"
    case contentsAreBounded = "contents belong to offers or votes"
    case preparesAreBounded = "three PREPAREs per replica"
    case commitsAreBounded = "three COMMITs per replica"
    case attestationsAreBounded = "one ATTEST per replica"
    case noVoteAhead = "no vote in a view to come"
    case preparedWasVotedFor = "what is prepared was voted for"
    case oneDigestPerPosition = "one digest per position"
    case committedIsPrepared = "what is committed is prepared"
}

// What is always true of a replica's own state, whatever peers send. The simulator asks after every step, debug builds
// assert it; a violation is our own mistake.
extension Replica {
    /// An invariant that does not hold.
    package var violatedInvariant: Invariant? {
        if certified > executed { return .certifiedWasExecuted }
        if Sequence(executed) > issued { return .executedWasIssued }
        if slots.low != Sequence(certified) { return .watermarkIsCertified }
        if (certificate?.height ?? .genesis) != certified { return .certifiedHasCertificate }
        if accepted.distance(above: Sequence(certified)) > 0, isActive, accepted > highWatermark,
            accepted > reproposals.base
        {
            return .acceptedLiesInWindow
        }
        if isActive, view > .first, newView?.message.content.view != view { return .activeViewHasNewView }
        if reproposals.digests.count > configuration.window { return .reproposalsFitWindow }
        if let led, led > view { return .ledViewWasEntered }
        return violatedBound ?? slots.violatedInvariant(in: view)
    }

    /// Every collection is bounded by window × replicas (failures.md 16).
    private var violatedBound: Invariant? {
        let replicas = quorum.replicas
        if viewChanges.count != replicas { return .viewChangesAreBounded }
        if pending.count > replicas { return .pendingIsBounded }
        if slots.count != 2 * configuration.window { return .slotsAreBounded }
        if history.blocks.count > 2 * configuration.summaries + 4 * configuration.window {
            return .historyIsBounded
        }
        return slots.violatedBound(replicas: replicas, contentLimit: contentLimit)
    }

    /// How many entries all collections hold together: the simulator watches that attacks do not make it grow.
    package var footprint: Int {
        history.blocks.count + pending.count + slots.footprint
    }
}

// Asked after every step of a simulation: a span shows the fields of slots without copying slots.
extension SlotWindow {
    fileprivate var footprint: Int {
        let slots = ring.span
        var total = 0
        for index in slots.indices {
            total += slots[index].offers.count + slots[index].contents.count + slots[index].prepares.entries.count
            total += slots[index].commits.entries.count + slots[index].attestations.entries.count
        }
        return total
    }

    fileprivate func violatedBound(replicas: Int, contentLimit: Int) -> Invariant? {
        let slots = ring.span
        for index in slots.indices {
            if slots[index].offers.count > replicas { return .offersAreBounded }
            if slots[index].contents.count > contentLimit { return .contentsAreBounded }
            if slots[index].prepares.entries.count > 3 * replicas { return .preparesAreBounded }
            if slots[index].commits.entries.count > 3 * replicas { return .commitsAreBounded }
            if slots[index].attestations.entries.count > replicas { return .attestationsAreBounded }
        }
        return nil
    }

    fileprivate func violatedInvariant(in view: View) -> Invariant? {
        let slots = ring.span
        for index in slots.indices {
            let voted = slots[index].voted
            let prepared = slots[index].prepared?.vote
            if let voted, voted.view > view { return .noVoteAhead }
            if let prepared {
                guard let voted, voted.view >= prepared.view else { return .preparedWasVotedFor }
                if voted.view == prepared.view, voted.digest != prepared.digest { return .oneDigestPerPosition }
            }
            if slots[index].committed != nil, prepared == nil { return .committedIsPrepared }
        }
        return nil
    }
}
