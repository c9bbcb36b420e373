import Consensus
import Primitives

/// What a reader of a run wants to know, one line each; blocks in a row share one.
package struct Milestones: Sendable {
    package private(set) var lines: [String] = []
    private var run: Run?
    fileprivate var top = Height.genesis
    private var lastCatchUp: [ReplicaID: String] = [:]

    /// Blocks that were certified one after another with nothing else in between.
    private struct Run {
        let since: UInt64
        let first: Height
        var last: Height
        var proposers: [String]
    }

    mutating func add(_ line: String, at time: UInt64) {
        endRun()
        lines.append("\(pad(time)) \(line)")
    }

    mutating func add(script line: String) {
        endRun()
        lines.append("> \(line)")
    }

    /// The first certificate of a height that any correct replica holds.
    mutating func addCertified(_ block: BlockSummary, at time: UInt64) {
        guard block.height > top else { return }
        top = block.height
        let proposer = block.proposer.map { "\($0.index)" } ?? "null"
        if var current = run, current.last.advanced(by: 1) == block.height {
            current.last = block.height
            if current.proposers.last != proposer { current.proposers.append(proposer) }
            run = current
        } else {
            endRun()
            run = Run(since: time, first: block.height, last: block.height, proposers: [proposer])
        }
    }

    /// Asking the same again is no news.
    mutating func addCatchUp(_ line: String, of replica: ReplicaID, at time: UInt64) {
        guard lastCatchUp.updateValue(line, forKey: replica) != line else { return }
        add(line, at: time)
    }

    /// Everything so far.
    package mutating func finish() -> [String] {
        endRun()
        return lines
    }

    private mutating func endRun() {
        guard let run else { return }
        self.run = nil
        let proposers = run.proposers.suffix(8).joined(separator: " ")
        let dots = run.proposers.count > 8 ? "… " : ""
        let heights =
            run.first == run.last ? "height \(run.first.number)" : "heights \(run.first.number) to \(run.last.number)"
        lines.append("\(pad(run.since)) \(heights) certified, proposed by \(dots)\(proposers)")
    }

    private func pad(_ time: UInt64) -> String {
        let text = "\(time)"
        return String(repeating: " ", count: max(0, 7 - text.count)) + text
    }
}

extension World {
    /// Notes what an effect means to a reader.
    func observe(_ effect: Effect, of host: Host) {
        guard options.isCalm else { return }
        let name = "\(host.id.index)"
        switch effect {
        case .view(_, let view, let isActive):
            milestones.add("\(name) \(isActive ? "enters" : "demands") view \(view.number)", at: now)
        case .certified(let certificate):
            var height = milestones.top
            while height < certificate.height {
                height = height.advanced(by: 1)
                if let block = host.chain.block(at: height) { milestones.addCertified(block.summary, at: now) }
            }
        case .catchUp(let height, let peer):
            let line = "\(name) asks for blocks up to \(height.number)"
            milestones.addCatchUp(line, of: host.id, at: now)
            note("\(name) asks \(peer.index)")
        case .executePrepared(let list, _):
            let height = list.last?.sequence.number ?? 0
            milestones.add("\(name) executes what it prepared up to the certificate of \(height)", at: now)
        case .evidence(let evidence):
            let statement = evidence.first.statement
            let position = "\(statement.kind) in view \(statement.view) at \(statement.position)"
            milestones.add("\(name) holds evidence against \(evidence.first.signer.index): \(position)", at: now)
        case .diverged(let divergence):
            milestones.add("\(name) stops: its block \(divergence.height.number) is not the certified one", at: now)
        case .epochEnded(let epoch):
            let height = host.replica?.certified.number ?? 0
            milestones.add("\(name) ends epoch \(epoch.number) with block \(height)", at: now)
        case .complaint(_, let owner, let isDemanded):
            milestones.add("\(name) complains of \(owner.index)\(isDemanded ? ", as a quorum does" : "")", at: now)
        case .silenced: milestones.add("\(name) votes no more", at: now)
        case .answered(let count): milestones.add("\(name) has \(count) answers and votes", at: now)
        default: break
        }
    }
}
