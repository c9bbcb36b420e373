internal import Primitives
internal import Storage

extension ChainAudit {
    /// Every record of the state tree is either needed by the newest state or in the list of exactly the block that was the
    /// first not to need it: otherwise pruning would delete what is read, or leave what never will be.
    func checkStale() throws {
        let database = store.database
        let nodes = TreeReader(database: database, snapshot: nil)
        let floor = store.stateFloor
        var listed: UInt64 = 0
        var cursor = database.cursor(.stale, from: [])
        while cursor.isValid {
            guard let number = StorageKey.height(of: cursor.key) else {
                throw Finding("a list of tree nodes has no height")
            }
            let keys = try StaleNodes.decode(cursor.value)
            if Height(number) > floor {
                try check(keys, replacedAt: Height(number), nodes)
                listed += UInt64(keys.count)
            } else {
                // Pruning has begun with these, or left off there.
                for key in keys where try database.get(.tree, key) != nil { listed += 1 }
            }
            cursor.next()
        }
        try cursor.check()
        let records = try count(.tree)
        guard records == report.records + listed else {
            throw Finding(
                "of \(records) records of the state tree \(report.records) are needed, and \(listed) are listed for pruning"
            )
        }
    }

    private func check(_ keys: [[UInt8]], replacedAt height: Height, _ nodes: TreeReader) throws {
        let before = try nodes.top(at: height.reduced(by: 1))
        let after = try nodes.top(at: height)
        for key in keys {
            guard try nodes.isNeeded(key, by: before), try !nodes.isNeeded(key, by: after) else {
                throw Finding(
                    "the tree node \(Hex.encode(key)) is listed for pruning at block \(height.number), which did not replace it"
                )
            }
        }
    }

    /// Reads every row of every family, so that every checksum of the files that hold them is looked at.
    func readAll() throws {
        for family in ColumnFamily.allCases {
            let rows = try count(family)
            progress("read all \(rows) of \(family.name)")
        }
    }

    private func count(_ family: ColumnFamily) throws -> UInt64 {
        var count: UInt64 = 0
        var cursor = store.database.cursor(family, from: [])
        while cursor.isValid {
            count += 1
            cursor.next()
        }
        try cursor.check()
        return count
    }
}

extension TreeReader {
    /// Whether a state is read from a record of the tree, by the record's key.
    fileprivate func isNeeded(
        _ key: [UInt8],
        by root: (version: UInt64, top: TreeChild)
    ) throws(StorageError) -> Bool {
        guard let version = StorageKey.height(of: key), key.count <= 72 else { return false }
        var (child, path) = (root.top, TreePath.root)
        for nibble in key.dropFirst(8) {
            guard child.kind == .inner, nibble < 16 else { return false }
            child = try inner(at: path, version: child.version)[Int(nibble)]
            path = TreePath(
                position: path.position.replacingNibble(path.depth, by: Int(nibble)),
                depth: path.depth + 1
            )
        }
        switch child.kind {
        case .none: return path.depth == 0 && root.version == version && version > 0
        case .leaf: return child.version == version
        case .inner:
            guard child.version != version else { return true }
            return try inner(at: path, version: child.version).base == version
        }
    }
}
