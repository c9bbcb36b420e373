internal import Primitives

extension SnapshotStore {
    /// Takes everything that is missing from a chain on this machine, part by part and as well proven as from a peer.
    ///
    /// - Parameter progress: is told now and then how many rows were taken.
    package mutating func take(from source: ChainStore, progress: (UInt64) -> Void = { _ in }) throws {
        guard let height else { return }
        var rest = tasks
        while let task = rest.popLast() {
            switch task {
            case .state(let path, let from):
                guard let part = try source.statePart(at: height, path, from: from) else {
                    throw LedgerFault.noSuchHeight(height)
                }
                rest += try take(part, for: task) ?? []
            case .blocks(let from, let isWhole):
                let byteCount = StatePart.byteCount
                let blocks = try source.history(from: from, isWhole: isWhole, limit: 64, byteCount: byteCount)
                guard !blocks.isEmpty else { throw LedgerFault.noSuchHeight(from) }
                rest += try take(blocks, for: task) ?? []
            }
            progress(figures.rows)
        }
    }
}
