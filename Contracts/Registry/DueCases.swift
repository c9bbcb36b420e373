package import ContractKit

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

extension ContractRegistry {
    /// How many cases one block applies from the queue.
    package static let standardDueLimit = 1000

    /// Applies deadlines that have passed, earliest first, at most as many as the limit. The executor calls it at the
    /// start of each block with a context of the chain itself and takes its writes and events.
    ///
    /// - Returns: how many cases were taken off the queue.
    @discardableResult
    package static func due(
        limit: Int = standardDueLimit,
        _ context: inout ContractContext
    ) throws(ContractError) -> Int {
        // The queue's own work is bounded by the limit and must not stop half way; each case has a meter of its own.
        try context.limited(to: .max) { context throws(ContractError) in try applyDue(limit: limit, &context) }
    }

    private static func applyDue(
        limit: Int,
        _ context: inout ContractContext
    ) throws(ContractError) -> Int {
        var count = 0
        var through: UInt64 = 0
        var isBehind = false
        while let dueCase = try context.nextDue() {
            guard count < limit else {
                isBehind = true
                break
            }
            try apply(dueCase, &context)
            count += 1
            through = dueCase.at
        }
        let state = QueueState.reached(isBehind ? through : context.time, isBehind: isBehind)
        try context.setQueueState(state)
        return count
    }

    private static func apply(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {
        try context.remove(dueCase)
        var visitor = DueRunner(dueCase: dueCase, context: context)
        var failure: ContractError?
        do { try visit(&visitor) } catch { failure = error }
        context = visitor.context
        guard let failure else { return }
        var event = DeadlineFailed()
        event.contract = UInt64(dueCase.contract.number)
        event.kind = UInt64(dueCase.kind)
        event.key = dueCase.key
        event.code = failure.code.rawValue
        try context.emit(event)
    }
}

extension QueueState {
    static func reached(_ time: UInt64, isBehind: Bool) -> QueueState {
        var state = QueueState()
        state.isBehind = isBehind
        state.through = time
        return state
    }
}

private struct DueRunner: ContractVisitor {
    let dueCase: DueCase
    var context: ContractContext

    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError) {
        guard Domain.id == dueCase.contract else { return }
        let dueCase = dueCase
        try context.limited(to: Meter.standardLimit) { context throws(ContractError) in
            try context.call(into: Domain.id) { context throws(ContractError) in try Domain.due(dueCase, &context) }
        }
    }
}
