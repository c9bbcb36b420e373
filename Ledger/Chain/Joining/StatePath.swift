internal import Primitives

/// Where a part of the state tree stands: the first nibbles of the positions of all keys below it.
package struct StatePath: Hashable, Sendable {
    package static let root = StatePath(nibbles: [])
    /// A position has so many nibbles; no inner node stands as deep.
    package static let greatestDepth = 64

    package let nibbles: [UInt8]

    private init(nibbles: [UInt8]) { self.nibbles = nibbles }

    /// One nibble in each byte; nil for what is no way through the tree.
    package init?(_ nibbles: [UInt8]) {
        guard nibbles.count <= StatePath.greatestDepth, nibbles.allSatisfy({ $0 < 16 }) else { return nil }
        self.nibbles = nibbles
    }

    package var depth: Int { nibbles.count }

    package func child(_ nibble: Int) -> StatePath {
        StatePath(nibbles: nibbles + [UInt8(truncatingIfNeeded: nibble & 15)])
    }

    var parent: StatePath? { nibbles.isEmpty ? nil : StatePath(nibbles: Array(nibbles.dropLast())) }

    func contains(_ position: Digest) -> Bool {
        nibbles.indices.allSatisfy { position.nibble($0) == Int(nibbles[$0]) }
    }

    var treePath: TreePath {
        var position = Digest.zero
        for (index, nibble) in nibbles.enumerated() {
            position = position.replacingNibble(index, by: Int(nibble))
        }
        return TreePath(position: position, depth: depth)
    }
}
