/// A key of the world state: contract ‖ table ‖ the table's own key. Keys are ordered as bytes.
package typealias StateKey = [UInt8]

/// One row as the host holds it.
package struct StateEntry: Hashable, Sendable {
    package let key: StateKey
    package let value: [UInt8]

    package init(key: StateKey, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// One change of the state; nil deletes.
package struct StateWrite: Hashable, Sendable {
    package let key: StateKey
    package let value: [UInt8]?

    package init(key: StateKey, value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// What a key says about itself, for those who keep the state without knowing the tables.
package enum StateLayout {
    /// Set in the table byte of indexes that can be rebuilt from primary rows.
    package static let indexBit: UInt8 = 0x80

    /// Whether the row is a leaf of the state tree.
    package static func isLeaf(_ key: StateKey) -> Bool { key.count >= 2 && key[1] & indexBit == 0 }

    /// The least key that is greater than every key with this prefix; nil if there is none.
    package static func end(ofPrefix prefix: StateKey) -> StateKey? {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xFF {
                end.append(last + 1)
                return end
            }
        }
        return nil
    }
}
