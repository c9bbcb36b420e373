/// A stream of frames of one kind over a link. Lanes share the connection, not their queues: a flood of gossip or a long
/// catch-up never pushes a vote out.
package enum Lane: UInt8, CaseIterable, Hashable, Sendable {
    /// Messages of the replica: small, prompt, sent again by the replica when lost.
    case consensus = 1
    /// Gossip of admitted transactions.
    case transactions = 2
    /// Requests for bodies that a proposal names, and the answers.
    case fetch = 3
    /// Certified blocks for a validator that is behind.
    case sync = 4

    /// The label of the lane in metrics.
    package var name: String {
        switch self {
        case .consensus: "consensus"
        case .transactions: "transactions"
        case .fetch: "fetch"
        case .sync: "sync"
        }
    }

    /// Where the lane's value stands in an array with one element per lane.
    var position: Int { Int(rawValue) - 1 }
}

/// One value for each lane.
package struct PerLane<Value: Sendable>: Sendable {
    private var values: [Value]

    package init(_ value: (Lane) -> Value) { values = Lane.allCases.map(value) }

    package subscript(lane: Lane) -> Value {
        get { values[lane.position] }
        // In place: a queue would otherwise be copied whole with every frame that it takes.
        _modify { yield &values[lane.position] }
    }
}

extension PerLane: Equatable where Value: Equatable {}
