internal import ContractKit
internal import Primitives
internal import Storage

/// The state as the block that is being executed sees it: the flat rows on disk, with the changes of the block's
/// earlier transactions over them.
///
/// One thread at a time uses it, the one that holds the executor's lock. A failure of the disk cannot be told to a
/// contract, which must see the same everywhere: it is kept here, and the executor gives up the block.
final class WorldState {
    private let database: Database
    private var cache: RowCache
    /// The block's changes, and their keys in order.
    private var overlay: [RowKey: [UInt8]?] = [:]
    private var overlayKeys: [StateKey] = []
    private(set) var failure: StorageError?

    init(_ database: Database, cachedByteCount: Int) {
        self.database = database
        cache = RowCache(byteCount: cachedByteCount)
    }

    func read(_ key: StateKey) -> [UInt8]? {
        if let change = overlay[RowKey(key)] { return change }
        return base(key)
    }

    /// The row as it was before the block.
    private func base(_ key: StateKey) -> [UInt8]? {
        if let row = cache.row(key) { return row }
        do throws(StorageError) {
            let row = try database.get(.state, key)
            cache.set(key, to: row)
            return row
        } catch {
            failure = error
            return nil
        }
    }

    /// Rows with from ≤ key < to in order, at most as many as the limit: those on disk merged with the changes.
    func scan(from: StateKey, to: StateKey, limit: Int) -> [StateEntry] {
        var rows: [StateEntry] = []
        var position = SortedKeys.firstPosition(from: from, in: overlayKeys)
        let last = SortedKeys.firstPosition(from: to, in: overlayKeys)
        var cursor = database.cursor(.state, from: from, to: to)
        var key = cursor.isValid ? cursor.key : nil
        while rows.count < limit {
            let changed = position < last ? overlayKeys[position] : nil
            if let key, changed.map({ key.lexicographicallyPrecedes($0) }) ?? true {
                rows.append(StateEntry(key: key, value: cursor.value))
            } else if let changed {
                // The change hides the row of the same key.
                if let value = overlay[RowKey(changed)] ?? nil { rows.append(StateEntry(key: changed, value: value)) }
                position += 1
                guard key == changed else { continue }
            } else {
                break
            }
            cursor.next()
            key = cursor.isValid ? cursor.key : nil
        }
        do throws(StorageError) { try cursor.check() } catch { failure = error }
        return rows
    }

    /// Takes over the changes of a transaction that succeeded, sorted by key.
    func apply(_ writes: [StateWrite]) {
        for write in writes {
            if overlay.updateValue(write.value, forKey: RowKey(write.key)) == nil {
                overlayKeys.insert(write.key, at: SortedKeys.firstPosition(from: write.key, in: overlayKeys))
            }
        }
    }

    /// The block's changes, sorted by key, without those that change nothing.
    func changes() -> [StateChange] {
        overlayKeys.compactMap { key in
            let before = base(key)
            let after = overlay[RowKey(key)] ?? nil
            return before == after ? nil : StateChange(key: key, before: before, after: after)
        }
    }

    /// The block is written: its changes are the state now.
    func commit(_ changes: [StateChange]) {
        for change in changes { cache.set(change.key, to: change.after) }
        discard()
    }

    /// Forgets the block's changes.
    func discard() {
        overlay.removeAll(keepingCapacity: true)
        overlayKeys.removeAll(keepingCapacity: true)
        failure = nil
    }
}
