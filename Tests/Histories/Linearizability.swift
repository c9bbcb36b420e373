/// Whether an order of the calls exists that explains all answers and in which no call comes before one that had ended
/// when it began (Herlihy & Wing 1990).
package enum Verdict: Equatable, Sendable {
    /// Such an order, by places in the history; calls without an answer that need not have happened are left out.
    case linearizable([Int])
    /// There is none. The longest explanation, and the answered calls of which none can come next in it.
    case violated(explained: [Int], stuck: [Int])
    /// The search was given up.
    case undecided
}

/// The search of Wing & Gong (1993) with the memory of Lowe (2017): depth first, and never twice from the same set of
/// calls with the same state behind them.
package struct LinearizabilitySearch<Object: SequentialObject> {
    private let operations: [Operation<Object>]
    /// Answered calls by when they began, and the others.
    private let answered: [Int]
    private let unanswered: [Int]
    private let limit: Int

    private struct Configuration: Hashable {
        var done: [UInt64]
        var state: Object.State
    }

    /// A configuration, the calls that can come next in it and are untried, and the call that led to it.
    private struct Step {
        var configuration: Configuration
        /// Where the first answered call that is not done stands.
        var first: Int
        var untried: [Int]
        var last: Int?
    }

    /// - Parameter limit: how many configurations are looked at before the search is given up.
    package init(_ operations: [Operation<Object>], limit: Int = 1_000_000) {
        self.operations = operations
        self.limit = limit
        let byBeginning = operations.indices.sorted { operations[$0].invoked < operations[$1].invoked }
        answered = byBeginning.filter { operations[$0].answer != nil }
        unanswered = byBeginning.filter { operations[$0].answer == nil }
    }

    package func verdict() -> Verdict {
        let words = (operations.count + 63) / 64
        let start = Configuration(done: [UInt64](repeating: 0, count: words), state: Object.initial)
        var seen: Set<Configuration> = [start]
        var path = [step(to: start, first: 0, by: nil)]
        var longest: [Int] = []
        var stuck = path[0].untried
        while var top = path.popLast() {
            if top.first == answered.count { return .linearizable(order(path) + [top.last].compactMap { $0 }) }
            guard let next = top.untried.popLast() else { continue }
            var configuration = top.configuration
            let first = top.first
            path.append(top)
            let answer = Object.apply(operations[next].action, to: &configuration.state)
            guard operations[next].answer.map({ $0 == answer }) ?? true else { continue }
            configuration.done[next / 64] |= 1 << UInt64(next % 64)
            guard seen.insert(configuration).inserted else { continue }
            if seen.count > limit { return .undecided }
            let step = step(to: configuration, first: first, by: next)
            path.append(step)
            if path.count > longest.count + 1 {
                longest = order(path)
                stuck = step.untried.filter { operations[$0].answer != nil }
            }
        }
        return .violated(explained: longest, stuck: stuck)
    }

    private func order(_ path: [Step]) -> [Int] { path.compactMap(\.last) }

    private func isDone(_ place: Int, in configuration: Configuration) -> Bool {
        configuration.done[place / 64] & (1 << UInt64(place % 64)) != 0
    }

    /// What can come next: every call that began before all calls that are not done had ended.
    private func step(to configuration: Configuration, first: Int, by last: Int?) -> Step {
        var first = first
        while first < answered.count, isDone(answered[first], in: configuration) { first += 1 }
        var horizon = UInt64.max
        var candidates: [Int] = []
        for place in answered[first...] {
            guard operations[place].invoked <= horizon else { break }
            guard !isDone(place, in: configuration) else { continue }
            candidates.append(place)
            horizon = min(horizon, operations[place].returned)
        }
        candidates.removeAll { operations[$0].invoked > horizon }
        // Taken from the end: what ended first is tried first, and what has no answer last.
        candidates.sort { operations[$0].returned > operations[$1].returned }
        let open = unanswered.filter { operations[$0].invoked <= horizon && !isDone($0, in: configuration) }
        return Step(configuration: configuration, first: first, untried: open.reversed() + candidates, last: last)
    }
}
