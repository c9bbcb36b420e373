internal import ContractKit
internal import Contracts
internal import Primitives

/// Whether a call changes the rows of indexes exactly as they follow from the leaves that it changes: whoever takes a
/// state from its leaves alone must come to the same indexes.
struct IndexCheck {
    /// What each row of an index must be afterwards.
    private var expected: [StateKey: [UInt8]?] = [:]

    init(_ writes: [StateWrite], before: (StateKey) -> [UInt8]?) {
        let leaves = writes.filter { StateLayout.isLeaf($0.key) }
        for leaf in leaves { add(leaf.key, before(leaf.key)) { _ in nil } }
        for leaf in leaves { add(leaf.key, leaf.value) { $0.value } }
        for write in writes where isListed(write.key) && expected[write.key] == nil {
            // No leaf says anything of this row, so it must stay as it is.
            expected[write.key] = before(write.key)
        }
    }

    private mutating func add(_ key: StateKey, _ value: [UInt8]?, _ row: (StateEntry) -> [UInt8]?) {
        guard let value else { return }
        do throws(ContractError) {
            for entry in try ContractRegistry.indexRows(of: StateEntry(key: key, value: value)) {
                expected.updateValue(row(entry), forKey: entry.key)
            }
        } catch { preconditionFailure("a leaf that cannot be read: \(error.message)") }
    }

    /// A row of an index of a contract that the registry lists.
    private func isListed(_ key: StateKey) -> Bool {
        !StateLayout.isLeaf(key) && !ContractRegistry.name(of: ContractID(key[0])).matches("unknown")
    }

    func verify(after: (StateKey) -> [UInt8]?) {
        for (key, value) in expected {
            precondition(after(key) == value, "index row \(Hex.encode(key)) does not follow from the leaves")
        }
    }
}
