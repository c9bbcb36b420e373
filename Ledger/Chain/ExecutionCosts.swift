/// Where the time of execution goes, for who brings a clock: this module has none, and nothing that it computes depends
/// on one.
package struct ExecutionCosts: Sendable {
    package enum Stage: Int, CaseIterable, Sendable {
        /// Contracts, with the rows that they read.
        case contracts
        /// The flat rows and the nodes of the state tree, up to the batch.
        case state
        /// Receipts, header, undo record and the rest of the block, up to the batch.
        case block
        /// The batch itself.
        case writing
    }

    private let clock: @Sendable () -> UInt64
    private var last: UInt64 = 0
    private var sums = [UInt64](repeating: 0, count: Stage.allCases.count)

    init(clock: @escaping @Sendable () -> UInt64) { self.clock = clock }

    /// The sum over all blocks so far, in the clock's unit.
    package subscript(stage: Stage) -> UInt64 { sums[stage.rawValue] }

    mutating func begin() { last = clock() }

    /// A stage ends, and the next one begins.
    mutating func end(_ stage: Stage) {
        let now = clock()
        sums[stage.rawValue] += now - last
        last = now
    }
}
