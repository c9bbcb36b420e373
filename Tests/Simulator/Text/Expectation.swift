import Consensus
import Primitives

/// Something that can be asked of a world at any moment. Without `of`, it is asked of every correct replica that runs.
package struct Expectation: Sendable {
    enum Comparison: String, CaseIterable, Sendable {
        case atLeast = ">="
        case atMost = "<="
        case equal = "="
        case more = ">"
        case less = "<"

        func holds(_ left: UInt64, _ right: UInt64) -> Bool {
            switch self {
            case .atLeast: left >= right
            case .atMost: left <= right
            case .equal: left == right
            case .more: left > right
            case .less: left < right
            }
        }
    }

    enum Measure: String, CaseIterable, Sendable {
        /// Of an active replica; a waiting one has none.
        case view
        case height
        case epoch
        /// How many there are in the replica's epoch.
        case validators
        case executed
        case rejections
        case footprint
        case catchups = "blocks-fetched"
        case evidence
    }

    enum Kind: Sendable {
        case measure(Measure, Comparison, UInt64)
        case agreement
        case final(String, height: UInt64?)
        case notFinal(String)
        case proposer(height: UInt64, Int?)
        case primary(sequence: UInt64, Int)
        case evidence(against: Int)
        case silenced
        case votes
        case asking
        case diverged
        case waiting(UInt64)
    }

    let kind: Kind
    let members: [Int]?

    init(_ words: inout Words) throws(ScenarioError) {
        kind = try Expectation.kind(&words)
        members = words.take("of") ? try words.members() : nil
    }

    private static func kind(_ words: inout Words) throws(ScenarioError) -> Kind {
        let word = try words.word("an expectation")
        switch word {
        case "agreement": return .agreement
        case "final":
            let name = try words.word("a transaction")
            return .final(name, height: words.take("at") ? try words.number("a height") : nil)
        case "not":
            try words.require("final")
            return .notFinal(try words.word("a transaction"))
        case "proposer":
            try words.require("at")
            let height = try words.number("a height")
            return .proposer(height: height, words.take("none") ? nil : try words.replica())
        case "primary":
            try words.require("at")
            let sequence = try words.number("a sequence")
            return .primary(sequence: sequence, try words.replica())
        case "silenced": return .silenced
        case "votes": return .votes
        case "asking": return .asking
        case "diverged": return .diverged
        case "waiting":
            try words.require("for")
            try words.require("view")
            return .waiting(try words.number("a view"))
        case "evidence" where words.take("against"): return .evidence(against: try words.replica())
        default: break
        }
        guard let measure = Measure(rawValue: word) else { throw words.error("'\(word)' is nothing to expect") }
        let comparison = Comparison.allCases.first { words.take($0.rawValue) } ?? .equal
        return .measure(measure, comparison, try words.number("the \(word)"))
    }
}

extension Expectation {
    /// Nil if it holds, else what there is instead.
    func failure(in run: ScenarioRun) -> String? {
        if case .agreement = kind { return run.disagreement }
        let asked = members ?? run.world.correct.filter(\.isUp).map(\.id.index)
        for index in asked {
            if let failure = failure(of: run.world.hosts[index], in: run) { return "\(index) \(failure)" }
        }
        return asked.isEmpty ? "nobody runs" : nil
    }

    private func failure(of host: Host, in run: ScenarioRun) -> String? {
        guard let replica = host.replica else { return "is down" }
        switch kind {
        case .agreement: return nil
        case .measure(let measure, let comparison, let number):
            guard let value = value(measure, host, replica, run) else { return "waits for view \(replica.view.number)" }
            return comparison.holds(value, number) ? nil : "has \(measure.rawValue) \(value)"
        case .final(let name, let height):
            guard let found = run.finalHeight(of: name, at: host) else { return "does not have \(name)" }
            return height.map { $0 == found } ?? true ? nil : "has \(name) at \(found)"
        case .notFinal(let name): return run.finalHeight(of: name, at: host).map { "has \(name) at \($0)" }
        case .proposer(let height, let proposer):
            guard let block = host.chain.block(at: Height(height)) else { return "has no block \(height)" }
            let found = block.summary.proposer?.index
            return found == proposer ? nil : "has a block of \(found.map(String.init) ?? "none")"
        case .primary(let sequence, let expected):
            let found = replica.primary(in: replica.view, at: Sequence(sequence)).index
            return found == expected ? nil : "takes \(found) for the primary"
        case .evidence(let offender):
            let isThere = host.evidence.contains { $0.first.signer.index == offender }
            return isThere ? nil : "has no evidence against \(offender)"
        case .silenced: return replica.voice == .silent ? nil : "\(replica.voice)"
        case .votes: return replica.voice == .votes ? nil : "\(replica.voice)"
        case .asking: return replica.voice == .asks ? nil : replica.voice == .votes ? "votes" : "is silent"
        case .diverged: return host.hasDiverged ? nil : "goes on"
        case .waiting(let view):
            let isWaiting = !replica.isActive && replica.view.number == view
            return isWaiting ? nil : "is \(replica.isActive ? "in" : "waiting for") view \(replica.view.number)"
        }
    }

    private func value(_ measure: Measure, _ host: Host, _ replica: Replica, _ run: ScenarioRun) -> UInt64? {
        switch measure {
        case .view: replica.isActive ? replica.view.number : nil
        case .height: replica.certified.number
        case .epoch: replica.epoch.number
        case .validators: UInt64(replica.configuration.replicas)
        case .executed: replica.executed.number
        case .rejections: UInt64(host.rejections)
        case .footprint: UInt64(run.world.checker.footprint)
        case .catchups: UInt64(run.world.installs)
        case .evidence: UInt64(host.evidence.count)
        }
    }
}
