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
        case inner(InnerNode)
    }

    private let height: UInt64
    private let nodes: TreeReader
    /// Sorted by position. A part of the tree is concerned by a range of them.
    private let changes: [StateTree.Change]
    var list = NodeList()
    /// Bytes by which the inner nodes in memory have become more.
    private(set) var growth = 0

    init(_ changes: [StateTree.Change], at height: UInt64, nodes: TreeReader) {
        self.height = height
        self.nodes = nodes
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

    /// - Parameter root: the inner node at the top, if it is in memory.
    /// - Returns: the new top, with its node if it is an inner one.
    mutating func apply(
        to top: TreeChild,
        version: UInt64,
        _ root: InnerNode?
    ) throws(StorageError) -> (top: TreeChild, root: InnerNode?) {
        // The root of a tree without keys is a node too, once a block has emptied it.
        if top.kind == .none, version > 0 { list.discard(.root, version: version) }
        let outcome = try apply(0..<changes.count, to: top, root, at: .root)
        if case .none = outcome { list.append(at: .root, version: height) { $0.null() } }
        let placed = place(outcome, at: .root)
        if case .inner(let node) = outcome { return (placed, node) }
        return (placed, nil)
    }

    // MARK: Going down

    private mutating func apply(
        _ range: Range<Int>,
        to child: TreeChild,
        _ node: InnerNode?,
        at path: TreePath
    ) throws(StorageError) -> Outcome {
        switch child.kind {
        case .none:
            return build(leaves(of: range)[...], at: path)
        case .leaf:
            list.discard(path, version: child.version)
            return try apply(range, toLeafAt: path, version: child.version)
        case .inner:
            if let node { return try apply(range, to: node, at: path) }
            let node = try nodes.inner(at: path, version: child.version)
            growth += node.byteCount
            return try apply(range, to: node, at: path)
        }
    }

    private mutating func apply(
        _ range: Range<Int>,
        toLeafAt path: TreePath,
        version: UInt64
    ) throws(StorageError) -> Outcome {
        // A key that has a value can only be this leaf, whose node then need not be read.
        let isReplaced = range.contains { changes[$0].isReplacing }
        if isReplaced, range.count == 1 {
            return changes[range.lowerBound].value == nil ? .none : .leaf(.change(range.lowerBound))
        }
        var leaves = leaves(of: range)
        if !isReplaced {
            let leaf = try nodes.leaf(at: path, version: version)
            let index = leaves.firstIndex { leaf.position < position(of: $0) } ?? leaves.endIndex
            leaves.insert(.existing(leaf), at: index)
        }
        return build(leaves[...], at: path)
    }

    private mutating func apply(
        _ range: Range<Int>,
        to node: InnerNode,
        at path: TreePath
    ) throws(StorageError) -> Outcome {
        let byteCount = node.byteCount
        defer { growth += node.byteCount - byteCount }
        var end = range.upperBound
        while end > range.lowerBound {
            let position = changes[end - 1].position
            let nibble = position.nibble(path.depth)
            var start = end - 1
            while start > range.lowerBound, changes[start - 1].position.nibble(path.depth) == nibble { start -= 1 }
            let below = TreePath(position: position, depth: path.depth + 1)
            put(try apply(start..<end, to: node[nibble], node.node(nibble), at: below), into: node, nibble, at: below)
            end = start
        }
        let here = TreePath(position: changes[range.lowerBound].position, depth: path.depth)
        return try finish(node, at: here)
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
            put(build(rest[start...], at: below), into: node, nibble, at: below)
            rest = rest[..<start]
        }
        growth += node.byteCount
        return write(node, at: TreePath(position: position(of: first), depth: path.depth))
    }

    // MARK: Coming up

    private mutating func put(_ outcome: Outcome, into parent: InnerNode, _ nibble: Int, at path: TreePath) {
        let child = place(outcome, at: path)
        if case .inner(let node) = outcome {
            parent.set(nibble, to: child, node: node)
        } else {
            parent.set(nibble, to: child)
        }
    }

    /// Writes a leaf where it has come to stand; an inner node is written already.
    private mutating func place(_ outcome: Outcome, at path: TreePath) -> TreeChild {
        switch outcome {
        case .none:
            return .none
        case .inner(let node):
            return TreeChild(kind: .inner, hash: node.hash, version: height)
        case .leaf(.existing(let leaf)):
            let path = TreePath(position: leaf.position, depth: path.depth)
            list.append(at: path, version: height) { encoder in
                TreeLeaf.encode(age: height &- leaf.version, key: leaf.key, value: leaf.value, into: &encoder)
            }
            return TreeChild(kind: .leaf, hash: leaf.hash, version: height)
        case .leaf(.change(let index)):
            let position = changes[index].position
            let value = changes[index].value ?? []
            list.append(at: TreePath(position: position, depth: path.depth), version: height) { encoder in
                TreeLeaf.encode(age: 0, key: changes[index].key, value: value, into: &encoder)
            }
            let hash = StateHash.leaf(position: position, value: StateHash.value(value))
            return TreeChild(kind: .leaf, hash: hash, version: height)
        }
    }

    private mutating func finish(_ node: InnerNode, at path: TreePath) throws(StorageError) -> Outcome {
        let only = node.onlyLeaf
        guard node.present == 0 || only != nil else { return write(node, at: path) }
        // The node is gone.
        discard(node, at: path)
        growth -= node.byteCount
        guard let nibble = only else { return .none }
        // One leaf is left: it moves up.
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

    private mutating func write(_ node: InnerNode, at path: TreePath) -> Outcome {
        if node.isBestWrittenAsChanges(at: height) {
            // What it is based on stays, and what it was before is said again.
            if node.version > node.base { list.discard(path, version: node.version) }
            node.advance(to: height, isFull: false)
            list.append(at: path, version: height) { node.encodeChanges(into: &$0) }
        } else {
            discard(node, at: path)
            node.advance(to: height, isFull: true)
            list.append(at: path, version: height) { node.encode(into: &$0) }
        }
        return .inner(node)
    }

    /// Lists all that is on disk of a node as it was before the block.
    private mutating func discard(_ node: InnerNode, at path: TreePath) {
        // Made by this block, it is not on disk.
        guard node.version < height else { return }
        list.discard(path, version: node.base)
        if node.version > node.base { list.discard(path, version: node.version) }
    }
}
