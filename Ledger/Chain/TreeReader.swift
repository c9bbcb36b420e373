package import Primitives
package import Storage

/// Reads nodes, also those of earlier heights.
struct TreeReader {
    let database: Database
    let snapshot: Snapshot?

    /// A node as its block left it.
    func node(at path: TreePath, version: UInt64) throws(StorageError) -> TreeNode {
        switch try record(at: path, version: version) {
        case .node(let node):
            return node
        case .changes(let changes):
            guard case .node(.inner(let node)) = try record(at: path, version: changes.base) else {
                throw .corruption("a tree node is based on one that is not written in full")
            }
            try decode(path, version) { () throws(CBORError) in try changes.apply(to: node, version: version) }
            return .inner(node)
        }
    }

    /// What is under a node's key.
    private func record(at path: TreePath, version: UInt64) throws(StorageError) -> TreeRecord {
        let bytes = try database.require(.tree, path.key(version: version), in: snapshot)
        return try decode(path, version) { () throws(CBORError) in
            try TreeRecord(decoding: bytes, version: version)
        }
    }

    private func decode<Value>(
        _ path: TreePath,
        _ version: UInt64,
        _ body: () throws(CBORError) -> Value
    ) throws(StorageError) -> Value {
        do throws(CBORError) {
            return try body()
        } catch {
            throw .corruption("tree node \(Hex.encode(path.key(version: version))): \(error.explanation)")
        }
    }

    func inner(at path: TreePath, version: UInt64) throws(StorageError) -> InnerNode {
        guard case .inner(let node) = try node(at: path, version: version) else {
            throw .corruption("a tree node is not the inner node that its parent says")
        }
        return node
    }

    func leaf(at path: TreePath, version: UInt64) throws(StorageError) -> TreeLeaf {
        guard case .leaf(let leaf) = try node(at: path, version: version) else {
            throw .corruption("a tree node is not the leaf that its parent says")
        }
        return leaf
    }

    /// The root after a height. Whichever block was the last to change the tree wrote a root, and wrote the last of
    /// all nodes up to that height.
    func top(at height: Height) throws(StorageError) -> (version: UInt64, top: TreeChild) {
        var cursor = database.cursor(.tree, from: [], in: snapshot)
        var last: [UInt8] = []
        height.number.appendBigEndian(to: &last)
        cursor.seekBackward(last + [UInt8](repeating: 0xFF, count: 65))
        guard cursor.isValid else {
            try cursor.check()
            return (0, .none)
        }
        guard let version = StorageKey.height(of: cursor.key) else { throw .corruption("a tree node has no height") }
        switch try node(at: .root, version: version) {
        case .empty:
            return (version, .none)
        case .leaf(let leaf):
            return (version, TreeChild(kind: .leaf, hash: leaf.hash, version: version))
        case .inner(let node):
            return (version, TreeChild(kind: .inner, hash: node.hash, version: version))
        }
    }

    /// What is found under a key, and the hashes beside the way to it.
    func prove(_ key: [UInt8], from top: TreeChild) throws(StorageError) -> StateProof {
        let position = StateHash.position(of: key)
        var siblings: [Digest] = []
        let finding: StateProof.Finding
        switch try find(position, from: top, siblings: &siblings) {
        case .none: finding = .nothing
        case .some(let leaf) where leaf.position == position: finding = .value(leaf.value)
        case .some(let leaf): finding = .otherKey(position: leaf.position, value: StateHash.value(leaf.value))
        }
        return StateProof(key: key, finding: finding, siblings: siblings)
    }

    /// The leaf at which the way to a position ends, which may be another key's.
    func find(
        _ position: Digest,
        from top: TreeChild,
        siblings: inout [Digest]
    ) throws(StorageError) -> TreeLeaf? {
        var child = top
        var path = TreePath.root
        while true {
            switch child.kind {
            case .none:
                return nil
            case .leaf:
                return try leaf(at: path, version: child.version)
            case .inner:
                let node = try inner(at: path, version: child.version)
                guard let nibble = node.descend(to: position.nibble(path.depth), siblings: &siblings) else {
                    return nil
                }
                child = node[nibble]
                path = TreePath(position: position.replacingNibble(path.depth, by: nibble), depth: path.depth + 1)
            }
        }
    }
}

extension StateTree {
    /// A proof under the root as it was after a height that is still kept.
    package static func prove(
        _ key: [UInt8],
        in database: Database,
        at height: Height
    ) throws(StorageError) -> StateProof {
        let nodes = TreeReader(database: database, snapshot: nil)
        return try nodes.prove(key, from: try nodes.top(at: height).top)
    }

    /// The value of a key as of a height that is still kept, and the height of the block that set it.
    package static func value(
        of key: [UInt8],
        in database: Database,
        at height: Height
    ) throws(StorageError) -> (value: [UInt8], since: Height)? {
        let nodes = TreeReader(database: database, snapshot: nil)
        var siblings: [Digest] = []
        let position = StateHash.position(of: key)
        let leaf = try nodes.find(position, from: try nodes.top(at: height).top, siblings: &siblings)
        guard let leaf, leaf.position == position else { return nil }
        return (leaf.value, Height(leaf.version))
    }
}
