internal import ContractKit
package import Primitives
internal import Storage

// Serving the state of a past height: the leaves of the tree hold key and value, so the tree itself is the snapshot.
extension ChainStore {
    /// What stands at a place of the tree after a height, with all rows below as many of its places as fit, from the given
    /// one on; nil where that height is not kept, or nothing stands there.
    ///
    /// The walk ends with the limit, so the work is bounded whatever is asked for.
    package func statePart(
        at height: Height,
        _ path: StatePath,
        from firstChild: Int = 0,
        byteCount: Int = StatePart.byteCount
    ) throws(LedgerFault) -> StatePart? {
        guard height <= lastExecuted, height >= stateFloor else { return nil }
        do throws(StorageError) {
            // Pruning may go on meanwhile.
            let nodes = TreeReader(database: database, snapshot: database.snapshot())
            guard let place = try nodes.place(path, at: height) else { return nil }
            let part = try nodes.part(place, path, from: firstChild, byteCount: byteCount)
            // Pruning raises the floor before it deletes anything.
            return height >= stateFloor ? part : nil
        } catch .notFound { return nil } catch { throw .storage(error) }
    }
}

extension TreeReader {
    /// What the nodes above say of a place; nil where nothing stands there, or something higher up.
    fileprivate func place(_ path: StatePath, at height: Height) throws(StorageError) -> TreeChild? {
        var child = try top(at: height).top
        var depth = 0
        for nibble in path.nibbles {
            guard child.kind == .inner else { return nil }
            let above = path.treePath
            let node = try inner(at: TreePath(position: above.position, depth: depth), version: child.version)
            child = node[Int(nibble)]
            depth += 1
        }
        return child.kind == .none ? nil : child
    }

    fileprivate func part(
        _ child: TreeChild,
        _ path: StatePath,
        from firstChild: Int,
        byteCount: Int
    ) throws(StorageError) -> StatePart {
        guard child.kind == .inner else {
            return .leaf(try leaf(at: path.treePath, version: child.version).entry)
        }
        let node = try inner(at: path.treePath, version: child.version)
        var rest = byteCount
        // Once something does not fit, what comes behind it is left for the next question.
        var isFull = false
        var children: [StatePart.Child] = []
        for nibble in 0..<StatePart.childCount {
            let below = path.child(nibble)
            switch node[nibble].kind {
            case .none: children.append(.none)
            case .leaf:
                children.append(.leaf(try leaf(at: below.treePath, version: node[nibble].version).entry))
            case .inner:
                var rows: [StateEntry] = []
                if !isFull, nibble >= firstChild {
                    isFull = try !collect(node[nibble], below.treePath, into: &rows, &rest)
                }
                let isWhole = !isFull && nibble >= firstChild
                children.append(isWhole ? .rows(rows) : .hash(node[nibble].hash))
            }
        }
        return .inner(children)
    }

    /// Appends all rows below a node in the order of their positions; false where they do not fit.
    private func collect(
        _ child: TreeChild,
        _ path: TreePath,
        into rows: inout [StateEntry],
        _ rest: inout Int
    ) throws(StorageError) -> Bool {
        switch child.kind {
        case .none: return true
        case .leaf:
            let entry = try leaf(at: path, version: child.version).entry
            rest -= entry.key.count + entry.value.count + StatePart.rowByteCount
            rows.append(entry)
            return rest >= 0
        case .inner:
            let node = try inner(at: path, version: child.version)
            for nibble in 0..<StatePart.childCount where node[nibble].kind != .none {
                let below = TreePath(
                    position: path.position.replacingNibble(path.depth, by: nibble),
                    depth: path.depth + 1
                )
                guard try collect(node[nibble], below, into: &rows, &rest) else { return false }
            }
            return true
        }
    }
}

extension TreeLeaf {
    var entry: StateEntry { StateEntry(key: key, value: value) }
}
