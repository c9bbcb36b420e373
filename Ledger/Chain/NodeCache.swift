internal import Primitives

/// Inner nodes of the newest tree, within a bound on bytes. Nodes near the root are in the way of every key, so they never
/// leave it.
///
/// Two generations: what is asked for while the young one fills up survives it, the rest goes. That is nearly as good
/// as an exact order of use, and costs one dictionary look-up.
struct NodeCache {
    private var young: [UInt64: InnerNode] = [:]
    private var old: [UInt64: InnerNode] = [:]
    private var youngByteCount = 0
    private let generationByteCount: Int

    init(byteCount: Int) { generationByteCount = byteCount / 2 }

    /// The node at the path if it is there in this version.
    mutating func node(at path: TreePath, version: UInt64) -> InnerNode? {
        guard let number = path.number else { return nil }
        if let node = young[number] { return node.version == version ? node : nil }
        guard let node = old[number], node.version == version else { return nil }
        insert(node, number)
        return node
    }

    mutating func insert(_ node: InnerNode, at path: TreePath) {
        if let number = path.number { insert(node, number) }
    }

    mutating func remove(at path: TreePath) {
        guard let number = path.number else { return }
        young[number] = nil
        old[number] = nil
    }

    private mutating func insert(_ node: InnerNode, _ number: UInt64) {
        if youngByteCount > generationByteCount {
            old = young
            young = [:]
            youngByteCount = 0
        }
        if young.updateValue(node, forKey: number) == nil { youngByteCount += node.byteCount }
    }
}
