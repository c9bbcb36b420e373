package import Primitives

/// STATUS: where a replica stands, so that others send it what it lacks. A claim, not a proof: nothing in it moves
/// more than a fetch or a repeated message.
package struct Status: Hashable, Sendable {
    package let epoch: Epoch
    package let view: View
    /// False while it waits for the NEW-VIEW of `view`.
    package let isActive: Bool
    package let certified: Height
    /// The last sequence accepted in `view`.
    package let accepted: Sequence
    /// True if nothing was certified since its last STATUS: votes got lost, and it asks for them again.
    package let isStalled: Bool
    /// The turn whose owner leaves out what it could order (rule 25): `⌊s / R⌋`, in `view`.
    package let complaint: UInt64?

    package init(
        epoch: Epoch,
        view: View,
        isActive: Bool,
        certified: Height,
        accepted: Sequence,
        isStalled: Bool,
        complaint: UInt64? = nil
    ) {
        self.epoch = epoch
        self.view = view
        self.isActive = isActive
        self.certified = certified
        self.accepted = accepted
        self.isStalled = isStalled
        self.complaint = complaint
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(7)
        encoder.unsigned(epoch.number)
        encoder.unsigned(view.number)
        encoder.boolean(isActive)
        encoder.unsigned(certified.number)
        encoder.unsigned(accepted.number)
        encoder.boolean(isStalled)
        if let complaint { encoder.unsigned(complaint) } else { encoder.null() }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 7)
        epoch = Epoch(try decoder.unsigned())
        view = View(try decoder.unsigned())
        isActive = try decoder.boolean()
        certified = Height(try decoder.unsigned())
        accepted = Sequence(try decoder.unsigned())
        isStalled = try decoder.boolean()
        if decoder.peek() == .null {
            try decoder.null()
            complaint = nil
        } else {
            complaint = try decoder.unsigned()
        }
    }
}
