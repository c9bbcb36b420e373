import Primitives

// What is always true of a replica's own state, whatever peers send. The simulator asks after every step, debug builds
// assert it; a violation is our own mistake.
extension Replica {
    /// The name of an invariant that does not hold.
    package var violatedInvariant: String? {
        if certified > executed { return "a certified block was executed" }
        if Sequence(executed) > issued { return "what was executed was issued" }
        if slots.low != Sequence(certified) { return "the low watermark is the certified height" }
        if (certificate?.height ?? .genesis) != certified { return "the certified height has its certificate" }
        if accepted.distance(above: Sequence(certified)) > 0, isActive, accepted > highWatermark,
            accepted > reproposals.base
        {
            return "accepted lies in the window"
        }
        if isActive, view > .first, newView?.message.content.view != view { return "an active view has its NEW-VIEW" }
        if reproposals.digests.count > configuration.window { return "re-proposals fit the window" }
        if let led, led > view { return "a led view was entered" }
        return violatedBound ?? violatedSlotInvariant
    }

    /// Every collection is bounded by window × replicas (failures.md 16).
    private var violatedBound: String? {
        let replicas = quorum.replicas
        if viewChanges.count != replicas { return "one VIEW-CHANGE per replica" }
        if pending.count > replicas { return "one pending NEW-VIEW per leader" }
        if slots.count != 2 * configuration.window { return "two windows of slots" }
        if history.blocks.count > 2 * configuration.summaries + 4 * configuration.window {
            return "history reaches as far back as the active set looks"
        }
        for sequence in slots.sequences {
            let slot = slots[sequence]
            if slot.offers.count > replicas { return "one offer per proposer" }
            if slot.contents.count > contentLimit { return "contents belong to offers or votes" }
            if slot.prepares.entries.count > 3 * replicas { return "three PREPAREs per replica" }
            if slot.commits.entries.count > 3 * replicas { return "three COMMITs per replica" }
            if slot.attestations.entries.count > replicas { return "one ATTEST per replica" }
        }
        return nil
    }

    private var violatedSlotInvariant: String? {
        for sequence in slots.sequences {
            let slot = slots[sequence]
            if let voted = slot.voted, voted.view > view { return "no vote in a view to come" }
            if let prepared = slot.prepared?.vote {
                guard let voted = slot.voted, voted.view >= prepared.view else {
                    return "what is prepared was voted for"
                }
                if voted.view == prepared.view, voted.digest != prepared.digest { return "one digest per position" }
            }
            if slot.committed != nil, slot.prepared == nil { return "what is committed is prepared" }
        }
        return nil
    }

    /// How many entries all collections hold together: the simulator watches that attacks do not make it grow.
    package var footprint: Int {
        var total = history.blocks.count + pending.count
        for sequence in slots.sequences {
            let slot = slots[sequence]
            total += slot.offers.count + slot.contents.count + slot.prepares.entries.count
            total += slot.commits.entries.count + slot.attestations.entries.count
        }
        return total
    }
}
