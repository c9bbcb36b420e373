internal import Primitives
internal import Storage

/// The nodes that a block writes, and the keys of those that it replaces, one behind the other in two buffers: a
/// block has thousands of them.
struct NodeList {
    private struct Entry {
        let key: Range<Int>
        let value: Range<Int>
    }

    private var nodes = CBOREncoder(capacity: 0)
    private var entries: [Entry] = []
    private var stale = CBOREncoder(capacity: 0)
    private var staleCount = 0

    mutating func append(at path: TreePath, version: UInt64, _ encode: (inout CBOREncoder) -> Void) {
        let start = nodes.bytes.count
        path.appendKey(version: version, to: &nodes)
        let middle = nodes.bytes.count
        encode(&nodes)
        entries.append(Entry(key: start..<middle, value: middle..<nodes.bytes.count))
    }

    mutating func discard(_ path: TreePath, version: UInt64) {
        stale.byteStringHead(path.keyByteCount)
        path.appendKey(version: version, to: &stale)
        staleCount += 1
    }

    /// Takes the last node back; nil if it is another one. Its bytes stay behind, unused.
    mutating func takeBack(at path: TreePath, version: UInt64) -> TreeNode? {
        guard let last = entries.last, nodes.bytes[last.key].elementsEqual(path.key(version: version)),
            case .node(let node) = try? TreeRecord(decoding: Array(nodes.bytes[last.value]), version: version)
        else { return nil }
        entries.removeLast()
        return node
    }

    /// Puts the nodes in reverse, which is the ascending order of their keys, and begins anew.
    mutating func write(at height: UInt64, into batch: inout WriteBatch) {
        for entry in entries.reversed() { batch.put(.tree, in: nodes.bytes, key: entry.key, value: entry.value) }
        var list = CBOREncoder(capacity: stale.bytes.count + 16)
        list.array(staleCount)
        list.raw(stale.bytes)
        batch.put(.stale, StorageKey.height(height), list.bytes)
        nodes.removeAll()
        entries.removeAll(keepingCapacity: true)
        stale.removeAll()
        staleCount = 0
    }
}
