package import Primitives

/// The PBFT replica (Castro & Liskov, OSDI '99): a value without clock, socket, key, disk or log. Inputs go in, effects
/// come out, and nothing that an input contains can trap it.
package struct Replica: Sendable {
    package let configuration: Configuration
    package private(set) var epoch: Epoch
    package private(set) var view = View.first
    /// False while the NEW-VIEW of `view` is awaited.
    package private(set) var isActive = true
    /// The last height with a certificate: the low watermark.
    package private(set) var certified = Height.genesis
    package private(set) var executed = Height.genesis

    /// A replica at genesis, or one that resumes from what its log holds.
    package init(_ configuration: Configuration, recovery: Recovery = Recovery()) {
        self.configuration = configuration
        self.epoch = configuration.epoch
    }

    /// Reacts to one input. Total: an input that is not acceptable is answered by `Effect.rejected` alone.
    package mutating func step(_ input: Input, now: Moment, into effects: inout [Effect]) {
        effects.append(.rejected(.notStarted, from: nil))
    }
}
