/// A transaction's changes, sorted by key. An array and not a dictionary: its order is needed for scans and for the
/// executor, it is the same on every machine, and a transaction changes few rows.
package struct WriteSet: Sendable {
    package private(set) var writes: [StateWrite] = []

    package init() {}

    /// The row as changed here: nil if it is not, `.some(nil)` if it is deleted.
    package func change(of key: StateKey) -> [UInt8]?? {
        let position = firstPosition(from: key)
        guard position < writes.count, writes[position].key == key else { return nil }
        return .some(writes[position].value)
    }

    package mutating func set(_ key: StateKey, to value: [UInt8]?) {
        let position = firstPosition(from: key)
        let write = StateWrite(key: key, value: value)
        if position < writes.count, writes[position].key == key {
            writes[position] = write
        } else {
            writes.insert(write, at: position)
        }
    }

    /// The position of the first change whose key is not less.
    package func firstPosition(from key: StateKey) -> Int {
        var low = 0
        var high = writes.count
        while low < high {
            let middle = (low + high) / 2
            if writes[middle].key.lexicographicallyPrecedes(key) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
