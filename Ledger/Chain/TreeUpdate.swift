internal import Primitives
internal import Storage

/// One pass over a block's sorted changes: every changed node is read once, hashed once and written once.
///
/// It goes through the children from the last to the first, and writes a node after those below it. Reversed, that is
/// the ascending order of the keys on disk, which RocksDB takes at a third of the cost.
struct TreeUpdate {
    typealias Changes = ArraySlice<StateTree.Change>

    /// What is in a part of the tree after the changes. A leaf has no node yet: where it ends up is for whoever
    /// stands above to say.
    enum Outcome {
        case none
        case leaf(TreeLeaf)
        case inner(Digest)
    }

    private let height: UInt64
    private let nodes: TreeReader
    private(set) var cache: NodeCache
    private var written: [(key: [UInt8], value: [UInt8])] = []
    private var stale: [[UInt8]] = []

    init(height: UInt64, nodes: TreeReader, cache: NodeCache) {
        self.height = height
        self.nodes = nodes
        self.cache = cache
    }

    mutating func apply(_ changes: Changes, to top: TreeChild, version: UInt64) throws(StorageError) -> Outcome {
        // The root of a tree without keys is a node too, once a block has emptied it.
        if top.kind == .none, version > 0 { discard(.root, version: version) }
        return try apply(changes, to: top, at: .root)
    }

    /// Writes the root node.
    mutating func finish(_ outcome: Outcome) -> TreeChild {
        if case .none = outcome {
            written.append((key: TreePath.root.key(version: height), value: TreeNode.encodedEmpty))
        }
        return place(outcome, at: .root)
    }

    func write(into batch: inout WriteBatch) {
        for node in written.reversed() { batch.put(.tree, node.key, node.value) }
        var encoder = CBOREncoder(capacity: stale.count * 16 + 16)
        encoder.array(stale.count)
        for key in stale { encoder.byteString(key) }
        batch.put(.stale, StorageKey.height(height), encoder.bytes)
    }

    // MARK: Going down

    private mutating func apply(
        _ changes: Changes,
        to child: TreeChild,
        at path: TreePath
    ) throws(StorageError) -> Outcome {
        switch child.kind {
        case .none:
            return build(leaves(of: changes)[...], at: path)
        case .leaf:
            return try apply(changes, toLeafAt: path, version: child.version)
        case .inner:
            return try apply(changes, toInnerAt: path, version: child.version)
        }
    }

    private mutating func apply(
        _ changes: Changes,
        toLeafAt path: TreePath,
        version: UInt64
    ) throws(StorageError) -> Outcome {
        var leaves = leaves(of: changes)
        // A key that has a value can only be this leaf, whose node then need not be read.
        if !changes.contains(where: \.isReplacing) {
            let leaf = try nodes.leaf(at: path, version: version)
            let index = leaves.firstIndex { leaf.position < $0.position } ?? leaves.endIndex
            leaves.insert(leaf, at: index)
        }
        discard(path, version: version)
        return build(leaves[...], at: path)
    }

    private mutating func apply(
        _ changes: Changes,
        toInnerAt path: TreePath,
        version: UInt64
    ) throws(StorageError) -> Outcome {
        let node: InnerNode
        if let cached = cache.node(at: path, version: version) {
            node = cached
        } else {
            node = try nodes.inner(at: path, version: version)
        }
        discard(path, version: version)
        var changed: InnerNode.Mask = 0
        var rest = changes
        while let last = rest.last {
            let nibble = last.position.nibble(path.depth)
            let start = TreeUpdate.start(of: nibble, in: rest, depth: path.depth)
            let below = TreePath(position: last.position, depth: path.depth + 1)
            node[nibble] = place(try apply(rest[start...], to: node[nibble], at: below), at: below)
            changed |= 1 << InnerNode.Mask(nibble)
            rest = rest[..<start]
        }
        return try finish(node, at: path, position: changes[changes.startIndex].position, changed: changed)
    }

    /// Where the changes with this nibble, which are the last ones, begin.
    private static func start(of nibble: Int, in changes: Changes, depth: Int) -> Int {
        var start = changes.endIndex - 1
        while start > changes.startIndex, changes[start - 1].position.nibble(depth) == nibble { start -= 1 }
        return start
    }

    private func leaves(of changes: Changes) -> [TreeLeaf] {
        changes.compactMap { change in
            guard let value = change.value else { return nil }
            return TreeLeaf(position: change.position, key: change.key, value: value, version: height)
        }
    }

    /// A part of the tree that has only these leaves, sorted.
    private mutating func build(_ leaves: ArraySlice<TreeLeaf>, at path: TreePath) -> Outcome {
        guard let first = leaves.first else { return .none }
        if leaves.count == 1 { return .leaf(first) }
        let node = InnerNode(version: height)
        var rest = leaves
        while let last = rest.last {
            let nibble = last.position.nibble(path.depth)
            var start = rest.endIndex - 1
            while start > rest.startIndex, rest[start - 1].position.nibble(path.depth) == nibble { start -= 1 }
            let below = TreePath(position: last.position, depth: path.depth + 1)
            node[nibble] = place(build(rest[start...], at: below), at: below)
            rest = rest[..<start]
        }
        return write(node, at: TreePath(position: first.position, depth: path.depth), changed: .max)
    }

    // MARK: Coming up

    /// Writes a leaf where it has come to stand; an inner node is written already.
    private mutating func place(_ outcome: Outcome, at path: TreePath) -> TreeChild {
        switch outcome {
        case .none:
            return .none
        case .inner(let hash):
            return TreeChild(kind: .inner, hash: hash, version: height)
        case .leaf(let leaf):
            let path = TreePath(position: leaf.position, depth: path.depth)
            written.append((key: path.key(version: height), value: leaf.encoded(version: height)))
            return TreeChild(kind: .leaf, hash: leaf.hash, version: height)
        }
    }

    private mutating func finish(
        _ node: InnerNode,
        at path: TreePath,
        position: Digest,
        changed: InnerNode.Mask
    ) throws(StorageError) -> Outcome {
        let path = TreePath(position: position, depth: path.depth)
        if node.present == 0 {
            cache.remove(at: path)
            return .none
        }
        guard let nibble = node.onlyLeaf else { return write(node, at: path, changed: changed) }
        // One leaf is left: it moves up, and this node is gone.
        cache.remove(at: path)
        let below = TreePath(position: path.position.replacingNibble(path.depth, by: nibble), depth: path.depth + 1)
        let version = node[nibble].version
        if version == height { return .leaf(takeBack(at: below)) }
        discard(below, version: version)
        return .leaf(try nodes.leaf(at: below, version: version))
    }

    /// A leaf that was placed just now, and after which nothing was written.
    private mutating func takeBack(at path: TreePath) -> TreeLeaf {
        let key = path.key(version: height)
        guard let last = written.popLast(), last.key == key,
            let node = try? TreeNode(decoding: last.value, version: height), case .leaf(let leaf) = node
        else { preconditionFailure("the only leaf that is left was written last") }
        return leaf
    }

    private mutating func write(_ node: InnerNode, at path: TreePath, changed: InnerNode.Mask) -> Outcome {
        let hash = node.rehash(changed: changed, version: height)
        cache.insert(node, at: path)
        written.append((key: path.key(version: height), value: node.encoded))
        return .inner(hash)
    }

    private mutating func discard(_ path: TreePath, version: UInt64) { stale.append(path.key(version: version)) }
}
