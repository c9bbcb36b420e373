internal import Primitives

/// A deadline whose transition was refused: taken off the queue, so that it cannot hold up the others. The case's own
/// methods still apply the transition first and meet the same refusal, so nothing is lost silently.
package struct DeadlineFailed: ContractEvent, Hashable {
    package static let name = "deadline-failed"

    package var contract: UInt64 = 0
    package var kind: UInt64 = 0
    package var key: [UInt8] = []
    package var code: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "contract", &contract, in: 0...255)
        try visitor.unsigned(2, "kind", &kind, in: 0...255)
        try visitor.bytes(3, "key", &key, count: 0...PageCursor.greatestByteCount)
        try visitor.unsigned(4, "code", &code, in: 1...63)
    }
}

extension Deadlines {
    /// How many cases one block applies from the queue.
    package static let standardLimit = 1000
    /// The work after which a block applies no further case, so that costly cases cannot hold it up either.
    package static let greatestWork: UInt64 = 5_000_000

    /// Applies what is due, earliest first, each case through the body, until the limit or the greatest work is
    /// reached.
    ///
    /// What is left waits for the next block. A case whose transition is refused changes nothing and leaves an event; the others go on. The queue's own work
    /// is bounded by the limit and must not stop half way, so it runs into no limit of the context, and each case has
    /// a meter of its own.
    ///
    /// - Returns: how many cases were taken off the queue.
    package static func apply(
        limit: Int,
        _ context: inout ContractContext,
        _ body: (DueCase, inout ContractContext) throws(ContractError) -> Void
    ) throws(ContractError) -> Int {
        try context.limited(to: .max) { context throws(ContractError) in
            var count = 0
            var state = QueueState()
            state.through = context.time
            while let dueCase = try context.nextDue() {
                guard count < limit, context.used < greatestWork else {
                    state.isBehind = true
                    // What is due earlier than this case has been applied.
                    state.through = dueCase.at
                    break
                }
                try context.remove(dueCase)
                try apply(dueCase, &context, body)
                count += 1
            }
            try context.setQueueState(state)
            return count
        }
    }

    private static func apply(
        _ dueCase: DueCase,
        _ context: inout ContractContext,
        _ body: (DueCase, inout ContractContext) throws(ContractError) -> Void
    ) throws(ContractError) {
        do {
            try context.limited(to: Meter.standardLimit) { context throws(ContractError) in
                try context.call(into: dueCase.contract) { context throws(ContractError) in
                    try body(dueCase, &context)
                }
            }
        } catch {
            var event = DeadlineFailed()
            event.contract = UInt64(dueCase.contract.number)
            event.kind = UInt64(dueCase.kind)
            event.key = dueCase.key
            event.code = error.code.rawValue
            try context.emit(event)
        }
    }
}
