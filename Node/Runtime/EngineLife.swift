internal import Consensus
internal import Ledger
internal import Logging
internal import NIOCore
internal import Primitives

extension Engine {
    func start() { step(.start) }

    /// Blocks that came from a peer, in order; the replica hears of each.
    func installed(_ outcome: InstallOutcome) {
        for (block, certificate) in outcome.blocks {
            took(block)
            step(.installed(block.summary, certificate?.forConsensus(height: block.summary.height)))
        }
        switch outcome.fault {
        case nil: break
        case .peer(let reason)?: logger.warning("left a peer while catching up: \(reason)")
        case .divergence(let own, let expected)?: diverged(own, expected: expected)
        case .own(let reason)?: halt("a certified block cannot be executed: \(reason)")
        }
    }
}
