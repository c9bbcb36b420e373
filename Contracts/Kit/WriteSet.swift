/// A transaction's changes, sorted by key. Not a dictionary: scans and the executor need the order, and it is the same
/// on every machine.
///
/// Kept as short sorted runs, so that one more change moves few others however many there are: a genesis or a block's
/// deadlines bring many thousands.
package struct WriteSet: Sendable {
    /// None is empty; each run's keys are less than those of the next.
    private var runs: [[StateWrite]] = []
    package private(set) var count = 0

    private static let greatestRun = 128

    /// The place of a change, for walking in order.
    package struct Position {
        fileprivate var run: Int
        fileprivate var offset: Int
    }

    package init() {}

    package var isEmpty: Bool { runs.isEmpty }

    /// All changes in order.
    package var writes: [StateWrite] {
        if runs.count == 1 { return runs[0] }
        var writes: [StateWrite] = []
        writes.reserveCapacity(count)
        for run in runs { writes.append(contentsOf: run) }
        return writes
    }

    /// The row as changed here: nil if it is not, `.some(nil)` if it is deleted.
    package func change(of key: StateKey) -> [UInt8]?? {
        guard let write = write(at: position(from: key)), write.key == key else { return nil }
        return .some(write.value)
    }

    package func write(at position: Position) -> StateWrite? {
        position.run < runs.count ? runs[position.run][position.offset] : nil
    }

    package func position(after position: Position) -> Position {
        let next = Position(run: position.run, offset: position.offset + 1)
        guard next.run < runs.count, next.offset == runs[next.run].count else { return next }
        return Position(run: next.run + 1, offset: 0)
    }

    /// The position of the first change whose key is not less.
    package func position(from key: StateKey) -> Position {
        let run = self.run(for: key)
        guard run < runs.count else { return Position(run: 0, offset: 0) }
        let offset = WriteSet.offset(from: key, in: runs[run])
        return offset < runs[run].count ? Position(run: run, offset: offset) : Position(run: run + 1, offset: 0)
    }

    package mutating func set(_ key: StateKey, to value: [UInt8]?) {
        let write = StateWrite(key: key, value: value)
        let run = self.run(for: key)
        guard run < runs.count else {
            runs.append([write])
            count += 1
            return
        }
        let offset = WriteSet.offset(from: key, in: runs[run])
        if offset < runs[run].count, runs[run][offset].key == key {
            runs[run][offset] = write
            return
        }
        runs[run].insert(write, at: offset)
        count += 1
        if runs[run].count > WriteSet.greatestRun { split(run) }
    }

    private mutating func split(_ run: Int) {
        let half = runs[run].count / 2
        let upper = Array(runs[run][half...])
        runs[run].removeLast(runs[run].count - half)
        runs.insert(upper, at: run + 1)
    }

    /// The run in which the key is or belongs: the last whose first key is not greater, or the first of all.
    private func run(for key: StateKey) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if key.lexicographicallyPrecedes(runs[middle][0].key) { high = middle } else { low = middle + 1 }
        }
        return low == 0 ? 0 : low - 1
    }

    private static func offset(from key: StateKey, in run: [StateWrite]) -> Int {
        var low = 0
        var high = run.count
        while low < high {
            let middle = (low + high) / 2
            if run[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
