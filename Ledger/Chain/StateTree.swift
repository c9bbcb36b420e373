package import Primitives
package import Storage

/// The compressed sparse Merkle tree over the state: 16-ary on disk as in the Jellyfish Merkle Tree (Gao, Hu, Wu,
/// 2021), binary in its hashes, versioned by height, updated once per block.
///
/// Its root depends on the keys and values alone, not on the order in which they came. Nodes are never changed on
/// disk: each block writes new ones, and lists those that it replaced, which pruning removes once no height that is
/// kept needs them. A leaf holds its key and value, so the tree answers for every height within the retention.
package struct StateTree {
    /// One change of a block.
    package struct Change {
        package let position: Digest
        package let key: [UInt8]
        /// Nil deletes.
        package let value: [UInt8]?
        /// Whether the key has a value in the tree before the change. A deletion replaces always.
        package let isReplacing: Bool

        package init(key: [UInt8], value: [UInt8]?, isReplacing: Bool) {
            self.position = StateHash.position(of: key)
            self.key = key
            self.value = value
            self.isReplacing = isReplacing
        }
    }

    /// The newest height that wrote nodes.
    private(set) var version: UInt64
    private(set) var top: TreeChild
    private let nodes: TreeReader
    private var memory: NodeMemory
    /// Empty between blocks: a block's buffers serve the next.
    private var list = NodeList()

    /// The tree as it is after a height, without what came later.
    package init(
        _ database: Database,
        at height: Height,
        cachedByteCount: Int = 160 << 20
    ) throws(StorageError) {
        nodes = TreeReader(database: database, snapshot: nil)
        memory = NodeMemory(byteCount: cachedByteCount)
        (version, top) = try nodes.top(at: height)
    }

    /// The root as it is in headers.
    package var root: Digest { top.hash }

    /// Applies a block's changes, each key at most once, in any order, and adds the new nodes and the list of the
    /// replaced ones to the batch. After a failure, also one to write the batch, the value must not be used again.
    package mutating func apply(
        _ changes: [Change],
        at height: Height,
        into batch: inout WriteBatch
    ) throws(StorageError) {
        guard !changes.isEmpty else { return }
        precondition(height.number > version || top == .none, "a block changes the tree once")
        var update = TreeUpdate(changes, at: height.number, nodes: nodes)
        swap(&list, &update.list)
        let root: InnerNode?
        (top, root) = try update.apply(to: top, version: version, memory.root)
        version = height.number
        memory.take(root, growth: update.growth)
        update.list.write(at: height.number, into: &batch)
        swap(&list, &update.list)
    }
}
