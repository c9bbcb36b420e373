internal import ContractKit
package import Primitives
internal import Storage

/// Puts what a block changed into its one batch.
enum BlockWriter {
    /// Flat rows in the order of their keys, the tree's new nodes, and what the rows were.
    static func stage(
        _ changes: [StateChange],
        in tree: inout StateTree,
        at height: Height,
        into batch: inout WriteBatch
    ) throws(LedgerFault) {
        var leaves: [StateTree.Change] = []
        leaves.reserveCapacity(changes.count)
        for change in changes {
            if let after = change.after {
                batch.put(.state, change.key, after)
            } else {
                batch.delete(.state, change.key)
            }
            if StateLayout.isLeaf(change.key) {
                leaves.append(
                    StateTree.Change(key: change.key, value: change.after, isReplacing: change.before != nil)
                )
            }
        }
        do throws(StorageError) {
            try tree.apply(leaves, at: height, into: &batch)
        } catch {
            throw .storage(error)
        }
    }

    /// Everything else of a block. Bodies, receipts and events go in as one value each: a value costs 4 ns per byte,
    /// a key more than a microsecond.
    static func stage(
        _ block: ExecutedBlock,
        record: BlockRecord,
        newBodies: [[UInt8]]?,
        receipts: [[UInt8]],
        undo: UndoRecord,
        into batch: inout WriteBatch
    ) {
        let height = StorageKey.height(block.header.height.number)
        batch.put(.blocks, height, record.encoded)
        if let newBodies, let digest = record.bodies {
            batch.put(.bodies, height + digest.bytes, BodyList.encode(newBodies))
        }
        for (index, transaction) in block.transactions.enumerated() {
            batch.put(.transactions, transaction.id.bytes, TransactionLocation.encode(block.header.height, index))
        }
        if !receipts.isEmpty {
            batch.put(.receipts, height, ReceiptList.encode(receipts))
        }
        if !block.events.isEmpty { batch.put(.events, height, EventList.encode(block.events)) }
        if !undo.keys.isEmpty { batch.put(.undo, height, undo.encoded) }
        batch.put(.meta, MetaKey.executed.bytes, height)
    }
}

/// All encoded receipts of a block as one value: `receipts`.
enum ReceiptList {
    static func encode(_ receipts: [[UInt8]]) -> [UInt8] {
        var encoder = CBOREncoder(capacity: receipts.reduce(16) { $0 + $1.count })
        encoder.array(receipts.count)
        for receipt in receipts { encoder.raw(receipt) }
        return encoder.bytes
    }
}

/// Where a transaction stands: height ‖ index, in twelve bytes.
package struct TransactionLocation: Hashable, Sendable {
    package let height: Height
    package let index: Int

    static let byteCount = 12

    static func encode(_ height: Height, _ index: Int) -> [UInt8] {
        var bytes = StorageKey.height(height.number)
        bytes.reserveCapacity(byteCount)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: index >> shift)) }
        return bytes
    }

    init?(decoding bytes: [UInt8]) {
        guard bytes.count == TransactionLocation.byteCount, let height = StorageKey.height(of: bytes) else {
            return nil
        }
        self.height = Height(height)
        index = bytes[8...].reduce(0) { $0 << 8 | Int($1) }
    }
}
