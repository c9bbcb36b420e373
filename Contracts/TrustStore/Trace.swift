package import ContractKit
package import Primitives

/// An evidence that a trace came to.
package struct TraceNode: Record, Hashable {
    package var evidence: Digest = .zero
    /// How many edges from the start, by the shortest way.
    package var depth: UInt64 = 0
    /// The evidence that it was reached from.
    package var from: Digest = .zero
    package var subject: Digest = .zero
    package var step: Identifier = .unset
    package var correctedBy: Digest?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "evidence", &evidence)
        try visitor.unsigned(2, "depth", &depth, in: 0...Trace.greatestDepth)
        try visitor.digest(3, "from", &from)
        try visitor.digest(4, "subject", &subject)
        try visitor.identifier(5, "step", &step)
        try visitor.optional(6, "corrected_by", &correctedBy, .digest)
    }
}

/// A walk through the graph, breadth first: up to what evidence rests on, or down to what rests on it.
///
/// The order is the same on every node and at every height that holds the same rows: by depth, then by the place of
/// the edge. Each evidence is visited once, however many ways lead to it.
package struct Trace {
    package enum Direction: Sendable {
        case up
        case down
    }

    package static let greatestDepth: UInt64 = 32
    /// How many evidences one trace may come to; beyond it the question has to be asked in smaller steps.
    package static let visitLimit = 4_096

    let direction: Direction
    let depth: UInt64
    /// The walk ends when it has come to so many.
    let limit: Int
    private(set) var nodes: [TraceNode] = []
    /// Whether edges lead on from the greatest depth.
    private(set) var isCut = false
    /// Membership only; never iterated.
    private var visited: Set<Digest> = []

    init(_ direction: Direction, depth: UInt64, limit: Int) {
        self.direction = direction
        self.depth = depth
        self.limit = limit
    }

    /// Walks from the starts, which are not among the nodes.
    mutating func run(from starts: [Digest], _ context: inout ContractContext) throws(ContractError) {
        visited.formUnion(starts)
        for start in starts {
            try expand(start, at: 0, &context)
            if nodes.count >= limit { return }
        }
        var next = 0
        while next < nodes.count, nodes.count < limit {
            try expand(nodes[next].evidence, at: nodes[next].depth, &context)
            next += 1
        }
    }

    private mutating func expand(
        _ id: Digest,
        at depth: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard depth < self.depth else {
            if try hasNeighbours(id, &context) { isCut = true }
            return
        }
        if direction == .up {
            for parent in try TrustStore.evidence.existing(id, "evidence", &context).body.parents {
                try visit(parent, from: id, at: depth + 1, &context)
            }
            return
        }
        var cursor: [UInt8]?
        repeat {
            let page = try TrustStore.children.scan(
                prefix: id,
                after: cursor,
                limit: PageCursor.greatestPage,
                &context
            )
            for entry in page.entries {
                try visit(entry.key.second, from: id, at: depth + 1, &context)
                if nodes.count >= limit { return }
            }
            cursor = page.next
        } while cursor != nil
    }

    private func hasNeighbours(_ id: Digest, _ context: inout ContractContext) throws(ContractError) -> Bool {
        switch direction {
        case .up: try !TrustStore.evidence.existing(id, "evidence", &context).body.parents.isEmpty
        case .down: try TrustStore.children.first(prefix: id, &context) != nil
        }
    }

    private mutating func visit(
        _ id: Digest,
        from origin: Digest,
        at depth: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard nodes.count < limit, visited.insert(id).inserted else { return }
        guard visited.count <= Trace.visitLimit else {
            throw ContractError(.limit, "the trace comes to too much; ask with less depth")
        }
        let row = try TrustStore.evidence.existing(id, "evidence", &context)
        var node = TraceNode()
        node.evidence = id
        node.depth = depth
        node.from = origin
        node.subject = row.body.subject
        node.step = row.body.step
        node.correctedBy = row.correctedBy
        nodes.append(node)
    }
}
