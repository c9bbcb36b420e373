package import Ledger
internal import Primitives

/// Whom to ask for which part of a snapshot, as a value: what happened goes in, what to do next comes out.
///
/// Every part proves itself, so they come from all sources at once and in any order. A source that lies, or has not what
/// it offered, is left for good; one that stalls is left after some attempts, and what it was asked for goes to another. When
/// there is nothing else left to ask for, a second source is asked for what another one still owes, so that the slowest of
/// them holds nothing up.
package struct SnapshotPlan: Sendable {
    package enum Step: Equatable, Sendable {
        case ask(SnapshotTask)
        /// Others are at what is left.
        case wait
        /// The source is of no use any more, or all is there.
        case leave
    }

    /// Why a source did not give what it was asked for.
    package enum Failing: Hashable, Sendable {
        /// What it gave is not what it must be.
        case lie
        /// It does not have what it offered, or no longer.
        case withheld
        /// Nothing came, or the connection was lost.
        case stalled
    }

    /// Stalls after which a source is left.
    package static let patience = 3
    /// How many sources are asked for the same at most.
    private static let askedAtMost = 2

    private var waiting: [SnapshotTask]
    /// By whom each task under way is owed.
    private var underWay: [SnapshotTask: Set<Int>] = [:]
    private var stalls: [Int: Int]
    package private(set) var liars: Set<Int> = []
    package private(set) var abandoned: UInt64 = 0

    /// - Parameter sources: by numbers of the caller's.
    package init(_ tasks: [SnapshotTask], sources: some Sequence<Int>) {
        waiting = tasks
        stalls = Dictionary(sources.map { ($0, 0) }) { first, _ in first }
    }

    /// Nothing is missing.
    package var isDone: Bool { waiting.isEmpty && underWay.isEmpty }

    /// Something is missing, and nobody is left to ask.
    package var isStuck: Bool { !isDone && stalls.isEmpty }

    /// What a source that owes nothing is to be asked for.
    package mutating func next(for source: Int) -> Step {
        guard stalls[source] != nil, !isDone else { return .leave }
        if let task = waiting.popLast() {
            underWay[task] = [source]
            return .ask(task)
        }
        let owed = underWay.filter { !$0.value.contains(source) && $0.value.count < SnapshotPlan.askedAtMost }
        guard let task = owed.keys.min(by: { $0.order.lexicographicallyPrecedes($1.order) }) else { return .wait }
        underWay[task]?.insert(source)
        return .ask(task)
    }

    /// A source gave what it owed.
    ///
    /// - Parameter next: what is missing in its place; nil where another source was faster.
    package mutating func taken(_ task: SnapshotTask, from source: Int, next: [SnapshotTask]?) {
        if stalls[source] != nil { stalls[source] = 0 }
        guard let next else { return release(task, by: source) }
        underWay[task] = nil
        waiting += next
    }

    /// A source did not.
    package mutating func failed(_ task: SnapshotTask, from source: Int, _ failing: Failing) {
        release(task, by: source)
        guard let count = stalls[source] else { return }
        switch failing {
        case .lie:
            liars.insert(source)
            leave(source)
        case .withheld: leave(source)
        case .stalled where count + 1 >= SnapshotPlan.patience: leave(source)
        case .stalled: stalls[source] = count + 1
        }
    }

    private mutating func leave(_ source: Int) {
        stalls[source] = nil
        abandoned += 1
    }

    /// What nobody owes any more is asked for again.
    private mutating func release(_ task: SnapshotTask, by source: Int) {
        guard var owing = underWay[task] else { return }
        owing.remove(source)
        underWay[task] = owing.isEmpty ? nil : owing
        if owing.isEmpty { waiting.append(task) }
    }
}

extension SnapshotTask {
    /// Any order that does not depend on hashing.
    fileprivate var order: [UInt64] {
        switch self {
        case .state(let path, let from): [0, UInt64(from)] + path.nibbles.map { UInt64($0) }
        case .blocks(let from, let isWhole): [isWhole ? 1 : 2, from.number]
        }
    }
}
