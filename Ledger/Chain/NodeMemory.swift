internal import Primitives

/// The inner nodes of the newest tree that are in memory, hanging together from the root, within a bound on bytes.
///
/// A node is on the way to every change below it and written along with each, so its version says when it was last of
/// use, and no node is newer than the one above it: forgetting all below a version forgets whole subtrees.
struct NodeMemory {
    private(set) var root: InnerNode?
    private var byteCount = 0
    private let greatestByteCount: Int

    init(byteCount: Int) { greatestByteCount = byteCount }

    /// Takes over what a block left, and forgets what was not used for longest where it has become too much.
    ///
    /// - Parameter growth: bytes by which the nodes in memory have become more.
    mutating func take(_ root: InnerNode?, growth: Int) {
        self.root = root
        byteCount += growth
        guard byteCount > greatestByteCount, let root else { return }
        var sizes: [(version: UInt64, byteCount: Int)] = []
        root.forEachInMemory { sizes.append((version: $0.version, byteCount: $0.byteCount)) }
        sizes.sort { $0.version > $1.version }
        // Down to half, so that it is rare.
        var kept = 0
        var oldest = UInt64.max
        for size in sizes {
            kept += size.byteCount
            guard kept <= greatestByteCount / 2 else { break }
            oldest = size.version
        }
        root.forget(below: oldest)
        byteCount = 0
        root.forEachInMemory { byteCount += $0.byteCount }
    }
}
