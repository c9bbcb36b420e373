internal import Primitives
internal import Storage

/// One pass over a block's sorted changes: every changed node is read once, hashed once and written once.
///
/// It goes through the children from the last to the first, and writes a node after those below it. Reversed, that is
/// the ascending order of the keys on disk, which RocksDB takes at a third of the cost.
struct TreeUpdate {
    /// A key and its value on their way to where they will stand.
    enum Leaf {
        /// One of the changes, by index.
        case change(Int)
        /// One that was there.
        case existing(TreeLeaf)
    }

    /// What is in a part of the tree after the changes. A leaf has no node yet: where it ends up is for whoever
    /// stands above to say.
    enum Outcome {
        case none
        case leaf(Leaf)
        case inner(Digest)
    }

    private let height: UInt64
    private let nodes: TreeReader
    private(set) var cache: NodeCache
    /// Sorted by position. A part of the tree is concerned by a range of them.
    private let changes: [StateTree.Change]
    private(set) var list = NodeList()

    init(_ changes: [StateTree.Change], at height: UInt64, nodes: TreeReader, cache: NodeCache) {
        self.height = height
        self.nodes = nodes
        self.cache = cache
        self.changes = TreeUpdate.sorted(changes)
    }

    /// Sorts by the first eight bytes of the positions, and looks at the rest only where those are the same: moving
    /// pairs of numbers is cheaper than moving changes.
    private static func sorted(_ changes: [StateTree.Change]) -> [StateTree.Change] {
        var order = changes.indices.map { (prefix: changes[$0].position.words.0, index: $0) }
        order.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return changes[left.index].position < changes[right.index].position
        }
        return order.map { changes[$0.index] }
    }

    mutating func apply(to top: TreeChild, version: UInt64) throws(StorageError) -> TreeChild {
        // The root of a tree without keys is a node too, once a block has emptied it.
        if top.kind == .none, version > 0 { list.discard(.root, version: version) }
        let outcome = try apply(0..<changes.count, to: top, at: .root)
        if case .none = outcome { list.append(at: .root, version: height) { $0.null() } }
        return place(outcome, at: .root)
    }

    // MARK: Going down

    private mutating func apply(
        _ range: Range<Int>,
        to child: TreeChild,
        at path: TreePath
    ) throws(StorageError) -> Outcome {
        switch child.kind {
        case .none:
            return build(leaves(of: range)[...], at: path)
        case .leaf:
            list.discard(path, version: child.version)
            return try apply(range, toLeafAt: path, version: child.version)
        case .inner:
            list.discard(path, version: child.version)
            return try apply(range, toInnerAt: path, version: child.version)
        }
    }

    private mutating func apply(
        _ range: Range<Int>,
        toLeafAt path: TreePath,
        version: UInt64
    ) throws(StorageError) -> Outcome {
        var leaves = leaves(of: range)
        // A key that has a value can only be this leaf, whose node then need not be read.
        if !range.contains(where: { changes[$0].isReplacing }) {
            let leaf = try nodes.leaf(at: path, version: version)
            let index = leaves.firstIndex { leaf.position < position(of: $0) } ?? leaves.endIndex
            leaves.insert(.existing(leaf), at: index)
        }
        return build(leaves[...], at: path)
    }

    private mutating func apply(
        _ range: Range<Int>,
        toInnerAt path: TreePath,
        version: UInt64
    ) throws(StorageError) -> Outcome {
        let node: InnerNode
        if let cached = cache.node(at: path, version: version) {
            node = cached
        } else {
            node = try nodes.inner(at: path, version: version)
        }
        var changed: InnerNode.Mask = 0
        var end = range.upperBound
        while end > range.lowerBound {
            let position = changes[end - 1].position
            let nibble = position.nibble(path.depth)
            var start = end - 1
            while start > range.lowerBound, changes[start - 1].position.nibble(path.depth) == nibble { start -= 1 }
            let below = TreePath(position: position, depth: path.depth + 1)
            node.set(nibble, to: place(try apply(start..<end, to: node[nibble], at: below), at: below))
            changed |= 1 << InnerNode.Mask(nibble)
            end = start
        }
        let here = TreePath(position: changes[range.lowerBound].position, depth: path.depth)
        return try finish(node, at: here, changed: changed)
    }

    private func leaves(of range: Range<Int>) -> [Leaf] {
        range.compactMap { changes[$0].value == nil ? nil : .change($0) }
    }

    private func position(of leaf: Leaf) -> Digest {
        switch leaf {
        case .change(let index): changes[index].position
        case .existing(let leaf): leaf.position
        }
    }

    /// A part of the tree that has only these leaves, sorted.
    private mutating func build(_ leaves: ArraySlice<Leaf>, at path: TreePath) -> Outcome {
        guard let first = leaves.first else { return .none }
        if leaves.count == 1 { return .leaf(first) }
        let node = InnerNode(version: height)
        var rest = leaves
        while let last = rest.last {
            let position = position(of: last)
            let nibble = position.nibble(path.depth)
            var start = rest.endIndex - 1
            while start > rest.startIndex, self.position(of: rest[start - 1]).nibble(path.depth) == nibble {
                start -= 1
            }
            let below = TreePath(position: position, depth: path.depth + 1)
            node.set(nibble, to: place(build(rest[start...], at: below), at: below))
            rest = rest[..<start]
        }
        return write(node, at: TreePath(position: position(of: first), depth: path.depth), changed: .max)
    }

    // MARK: Coming up

    /// Writes a leaf where it has come to stand; an inner node is written already.
    private mutating func place(_ outcome: Outcome, at path: TreePath) -> TreeChild {
        switch outcome {
        case .none:
            return .none
        case .inner(let hash):
            return TreeChild(kind: .inner, hash: hash, version: height)
        case .leaf(.existing(let leaf)):
            let path = TreePath(position: leaf.position, depth: path.depth)
            list.append(at: path, version: height) { encoder in
                TreeNode.encodeLeaf(age: height &- leaf.version, key: leaf.key, value: leaf.value, into: &encoder)
            }
            return TreeChild(kind: .leaf, hash: leaf.hash, version: height)
        case .leaf(.change(let index)):
            let position = changes[index].position
            let value = changes[index].value ?? []
            list.append(at: TreePath(position: position, depth: path.depth), version: height) { encoder in
                TreeNode.encodeLeaf(age: 0, key: changes[index].key, value: value, into: &encoder)
            }
            let hash = StateHash.leaf(position: position, value: StateHash.value(value))
            return TreeChild(kind: .leaf, hash: hash, version: height)
        }
    }

    private mutating func finish(
        _ node: InnerNode,
        at path: TreePath,
        changed: InnerNode.Mask
    ) throws(StorageError) -> Outcome {
        if node.present == 0 {
            cache.remove(at: path)
            return .none
        }
        guard let nibble = node.onlyLeaf else { return write(node, at: path, changed: changed) }
        // One leaf is left: it moves up, and this node is gone.
        cache.remove(at: path)
        let below = TreePath(position: path.position.replacingNibble(path.depth, by: nibble), depth: path.depth + 1)
        let version = node[nibble].version
        guard version == height else {
            list.discard(below, version: version)
            return .leaf(.existing(try nodes.leaf(at: below, version: version)))
        }
        // It was placed just now, and nothing was written after it: its siblings are gone.
        guard case .leaf(let leaf) = list.takeBack(at: below, version: height) else {
            preconditionFailure("the only leaf that is left was written last")
        }
        return .leaf(.existing(leaf))
    }

    private mutating func write(_ node: InnerNode, at path: TreePath, changed: InnerNode.Mask) -> Outcome {
        let hash = node.rehash(changed: changed, version: height)
        cache.insert(node, at: path)
        list.append(at: path, version: height) { node.encode(into: &$0) }
        return .inner(hash)
    }
}
