import Benchmark

/// What becomes of a transaction, stage by stage.
let benchmarks: @Sendable () -> Void = {
    do {
        try transactionStages()
        consensusStages()
        try contractStages()
        try ledgerStages()
        try frameStages()
    } catch {
        fatalError("the benchmarks cannot be prepared: \(error)")
    }
}
