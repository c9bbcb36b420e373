package import ContractKit

extension ContractRegistry {
    /// Applies deadlines that have passed. The executor calls it at the start of each block, with a context of the
    /// chain itself, and takes its writes and events.
    ///
    /// - Returns: how many cases were taken off the queue.
    @discardableResult
    package static func due(
        limit: Int = Deadlines.standardLimit,
        _ context: inout ContractContext
    ) throws(ContractError) -> Int {
        try Deadlines.apply(limit: limit, &context) { dueCase, context throws(ContractError) in
            var visitor = DueRunner(dueCase: dueCase, context: context)
            defer { context = visitor.context }
            try visit(&visitor)
        }
    }
}

private struct DueRunner: ContractVisitor {
    let dueCase: DueCase
    var context: ContractContext

    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError) {
        if Domain.id == dueCase.contract { try Domain.due(dueCase, &context) }
    }
}
