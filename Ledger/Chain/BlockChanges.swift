package import ContractKit
package import Primitives
internal import Storage

/// What a block did to the state: its header, and the leaves of the state tree that it set or deleted, by ascending key.
///
/// They prove themselves to whoever holds the state before: applied to its tree they give the header's state root.
package struct BlockChanges: Hashable, Sendable {
    package let header: Header
    package let rows: [StateWrite]

    package init(header: Header, rows: [StateWrite]) {
        self.header = header
        self.rows = rows
    }

    /// `[header, [[key, value or null], …]]`
    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        header.encode(into: &encoder)
        encoder.array(rows.count)
        for row in rows {
            encoder.array(2)
            encoder.byteString(row.key)
            if let value = row.value { encoder.byteString(value) } else { encoder.null() }
        }
    }

    /// - Throws: also where the keys do not ascend. What is allocated is bounded by the bytes that are there.
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 2)
        header = try Header(from: &decoder)
        var rows: [StateWrite] = []
        for _ in 0..<(try decoder.array(atMost: decoder.bytes.count)) {
            try decoder.array(exactly: 2)
            let key = try decoder.byteString(atMost: .max)
            if let last = rows.last, !last.key.lexicographicallyPrecedes(key) { throw .unexpectedValue }
            if decoder.peek() == .null {
                try decoder.null()
                rows.append(StateWrite(key: key, value: nil))
            } else {
                rows.append(StateWrite(key: key, value: try decoder.byteString(atMost: .max)))
            }
        }
        self.rows = rows
    }
}

extension BlockChanges {
    /// One key that two nodes left otherwise; nil: the block did not touch it there.
    package struct Difference: Hashable, Sendable {
        package let key: StateKey
        package let own: StateWrite?
        package let other: StateWrite?
    }

    /// The first key, in their order, that differs.
    package func firstDifference(from other: BlockChanges) -> Difference? {
        var (left, right) = (rows[...], other.rows[...])
        while left.first != nil || right.first != nil {
            let (own, certified) = (left.first, right.first)
            if let own, own == certified {
                left = left.dropFirst()
                right = right.dropFirst()
            } else if let own, certified.map({ own.key.lexicographicallyPrecedes($0.key) }) ?? true {
                return Difference(key: own.key, own: own, other: nil)
            } else if let certified, own.map({ certified.key.lexicographicallyPrecedes($0.key) }) ?? true {
                return Difference(key: certified.key, own: nil, other: certified)
            } else if let own {
                return Difference(key: own.key, own: own, other: certified)
            }
        }
        return nil
    }
}

extension ChainStore {
    /// What an executed block did; nil where that is not kept: it takes the state before the block, too.
    package func changes(at height: Height) throws(LedgerFault) -> BlockChanges? {
        guard height > lowest, height <= lastExecuted, let header = try header(at: height) else { return nil }
        do throws(LedgerFault) {
            return try kept(height.reduced(by: 1)) { () throws(LedgerFault) in try changes(under: header) }
        } catch .pruned { return nil }
    }

    private func changes(under header: Header) throws(LedgerFault) -> BlockChanges {
        let height = header.height
        return try onStorage { () throws(StorageError) in
            guard let bytes = try database.get(.undo, StorageKey.height(height.number)) else {
                return BlockChanges(header: header, rows: [])
            }
            let undo = try ChainStore.decode(bytes) { (bytes) throws(CBORError) in
                try UndoRecord(decoding: bytes, height: height)
            }
            var rows: [StateWrite] = []
            for key in undo.keys where StateLayout.isLeaf(key) {
                rows.append(
                    StateWrite(key: key, value: try StateTree.value(of: key, in: database, at: height)?.value)
                )
            }
            return BlockChanges(header: header, rows: rows)
        }
    }

    /// Whether these rows, on the own state before the block, give the header's state root. Nothing is written.
    package func bears(out changes: BlockChanges) throws(LedgerFault) -> Bool {
        let parent = changes.header.height.reduced(by: 1)
        guard parent < changes.header.height, parent <= lastExecuted else { return false }
        return try onStorage { () throws(StorageError) in
            var tree = try StateTree(database, at: parent)
            var leaves: [StateTree.Change] = []
            for row in changes.rows {
                let isThere = try StateTree.value(of: row.key, in: database, at: parent) != nil
                guard row.value != nil || isThere else { return false }
                leaves.append(StateTree.Change(key: row.key, value: row.value, isReplacing: isThere))
            }
            var unwritten = database.makeBatch()
            try tree.apply(leaves, at: changes.header.height, into: &unwritten)
            return tree.root == changes.header.stateRoot
        }
    }
}
