internal import ContractKit
internal import Primitives
internal import Storage

/// One row that a block changed, with what it was.
struct StateChange {
    let key: StateKey
    let before: [UInt8]?
    let after: [UInt8]?
}

/// What the rows that a block changed were before it, sorted by key: enough to see the state as it was, rows that are
/// no leaves of the tree included.
///
/// Kept as one value per block, because a value costs little per byte and much per key. To look back over n blocks
/// costs n searches; further back the tree answers for single keys.
final class UndoRecord: Sendable {
    let height: Height
    let keys: [StateKey]
    private let values: [[UInt8]?]

    init(height: Height, changes: [StateChange]) {
        self.height = height
        keys = changes.map(\.key)
        values = changes.map(\.before)
    }

    /// The row before the block: nil if the block did not change it, `.some(nil)` if it was not there.
    func before(_ key: StateKey) -> [UInt8]?? {
        let position = firstPosition(from: key)
        guard position < keys.count, keys[position] == key else { return nil }
        return .some(values[position])
    }

    func firstPosition(from key: StateKey) -> Int {
        SortedKeys.firstPosition(from: key, in: keys)
    }

    /// `[[key, value or null], …]`.
    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: keys.count * 64 + 16)
        encoder.array(keys.count)
        for (key, value) in zip(keys, values) {
            encoder.array(2)
            encoder.byteString(key)
            if let value { encoder.byteString(value) } else { encoder.null() }
        }
        return encoder.bytes
    }

    init(decoding bytes: [UInt8], height: Height) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        var keys: [StateKey] = []
        var values: [[UInt8]?] = []
        for _ in 0..<(try decoder.array(atMost: .max)) {
            try decoder.array(exactly: 2)
            keys.append(try decoder.byteString(atMost: .max))
            if decoder.peek() == .null {
                try decoder.null()
                values.append(nil)
            } else {
                values.append(try decoder.byteString(atMost: .max))
            }
        }
        try decoder.finish()
        self.height = height
        self.keys = keys
        self.values = values
    }
}

/// Binary search in sorted keys.
enum SortedKeys {
    /// The position of the first key that is not less.
    static func firstPosition(from key: StateKey, in keys: [StateKey]) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
