internal import DequeModule
internal import Primitives

/// The ids that wait in the pool and those that were finished last, oldest forgotten first.
struct MempoolIDs: Sendable {
    enum State: Sendable {
        case waiting(place: Int)
        case finished
    }

    private let recentCount: Int
    private var states: [Digest: State] = [:]
    private var finished: Deque<Digest> = []

    init(recentCount: Int) {
        self.recentCount = recentCount
    }

    subscript(id: Digest) -> State? { states[id] }

    mutating func wait(_ id: Digest, at place: Int) { states[id] = .waiting(place: place) }

    /// Remembers an id as finished and tells what it was before.
    mutating func finish(_ id: Digest) -> State? {
        let before = states.updateValue(.finished, forKey: id)
        if case .finished = before { return before }
        finished.append(id)
        if finished.count > recentCount, let oldest = finished.popFirst() { states[oldest] = nil }
        return before
    }

    mutating func forget(_ id: Digest) { states[id] = nil }
}
