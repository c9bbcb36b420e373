internal import ContractKit
internal import Primitives

/// A part that has the hash that was expected, ready to be written: its rows and the nodes of the tree over them.
struct CheckedPart {
    /// What stands at the place.
    private(set) var top = TreeChild.none
    /// Deeper parts that are still to come, with their hashes.
    private(set) var missing: [(nibble: Int, hash: Digest)] = []
    /// Of which places all rows are there.
    private var whole: [Int] = []
    private(set) var rows: [StateEntry] = []
    var nodes = NodeList()
    private let version: UInt64

    /// - Throws: `UnprovenError` where the part is not what has this hash at this place.
    init(_ part: StatePart, at path: StatePath, hash: Digest, version: UInt64) throws(UnprovenError) {
        self.version = version
        switch part {
        case .leaf(let entry): top = try add(entry, at: path)
        case .inner(let children): top = try add(children, at: path)
        }
        guard top.hash == hash else { throw UnprovenError("a part of the state does not have the hash it must have") }
    }

    private mutating func add(_ entry: StateEntry, at path: StatePath) throws(UnprovenError) -> TreeChild {
        let leaf = TreeLeaf(
            position: StateHash.position(of: entry.key),
            key: entry.key,
            value: entry.value,
            version: version
        )
        guard path.contains(leaf.position) else { throw UnprovenError("a row stands at another place of the tree") }
        rows.append(entry)
        return place(leaf, depth: path.depth)
    }

    /// From the last to the first, as a block's nodes are made: reversed, their keys ascend.
    private mutating func add(_ children: [StatePart.Child], at path: StatePath) throws(UnprovenError) -> TreeChild {
        guard path.depth < StatePath.greatestDepth, children.count == StatePart.childCount else {
            throw UnprovenError("no node of the tree is like that")
        }
        let node = InnerNode(version: version)
        for nibble in children.indices.reversed() {
            switch children[nibble] {
            case .none: break
            case .leaf(let entry): node.set(nibble, to: try add(entry, at: path.child(nibble)))
            case .rows(let entries):
                whole.append(nibble)
                node.set(nibble, to: try add(rows: entries, at: path.child(nibble)))
            case .hash(let hash):
                missing.append((nibble, hash))
                node.set(nibble, to: TreeChild(kind: .inner, hash: hash, version: version))
            }
        }
        missing.reverse()
        guard node.present != 0, node.onlyLeaf == nil else { throw UnprovenError("no node of the tree is like that") }
        return write(node, at: path.treePath)
    }

    /// What is to be asked for after this part, with the hashes: the rest of the same place where it is of use to ask for it
    /// as a whole, otherwise what stands below it, one by one.
    ///
    /// - Parameter first: what stands before it was not asked for.
    func following(_ path: StatePath, from first: Int, hash: Digest) -> [(task: SnapshotTask, hash: Digest)] {
        let rest = missing.filter { $0.nibble >= first }
        guard let next = rest.first?.nibble else { return [] }
        if whole.contains(where: { (first..<max(first, next)).contains($0) }) {
            return [(.state(path, from: next), hash)]
        }
        return rest.map { (.state(path.child($0.nibble), from: 0), $0.hash) }
    }

    /// The part of the tree that has exactly these rows, of which there are at least two.
    private mutating func add(rows entries: [StateEntry], at path: StatePath) throws(UnprovenError) -> TreeChild {
        let leaves = entries.map { entry in
            TreeLeaf(
                position: StateHash.position(of: entry.key),
                key: entry.key,
                value: entry.value,
                version: version
            )
        }
        guard leaves.count > 1, zip(leaves, leaves.dropFirst()).allSatisfy({ $0.position < $1.position }),
            leaves.allSatisfy({ path.contains($0.position) })
        else { throw UnprovenError("rows stand at another place of the tree") }
        rows += entries
        return build(leaves[...], depth: path.depth)
    }

    private mutating func build(_ leaves: ArraySlice<TreeLeaf>, depth: Int) -> TreeChild {
        guard leaves.count > 1, let first = leaves.first else {
            return leaves.first.map { place($0, depth: depth) } ?? .none
        }
        let node = InnerNode(version: version)
        var rest = leaves
        while let last = rest.last {
            let nibble = last.position.nibble(depth)
            var start = rest.endIndex - 1
            while start > rest.startIndex, rest[start - 1].position.nibble(depth) == nibble { start -= 1 }
            node.set(nibble, to: build(rest[start...], depth: depth + 1))
            rest = rest[..<start]
        }
        return write(node, at: TreePath(position: first.position, depth: depth))
    }

    private mutating func place(_ leaf: TreeLeaf, depth: Int) -> TreeChild {
        nodes.append(at: TreePath(position: leaf.position, depth: depth), version: version) { encoder in
            TreeLeaf.encode(age: 0, key: leaf.key, value: leaf.value, into: &encoder)
        }
        return TreeChild(kind: .leaf, hash: leaf.hash, version: version)
    }

    private mutating func write(_ node: InnerNode, at path: TreePath) -> TreeChild {
        let hash = node.hash
        nodes.append(at: path, version: version) { node.encode(into: &$0) }
        return TreeChild(kind: .inner, hash: hash, version: version)
    }
}
