/// The Merkle tree of RFC 9162 §2.1: leaves and inner nodes are hashed under different prefixes, so that no leaf
/// can pass for a node, and a tree of n leaves has one shape.
package enum MerkleTree<Hash: DigestFunction> {
    @inlinable package static func leaf(_ bytes: [UInt8]) -> Digest { Hash.digest(prefix: 0, of: bytes) }

    @inlinable package static func node(_ left: Digest, _ right: Digest) -> Digest {
        Hash.digest(prefix: 1, left, right)
    }

    /// The root over leaf hashes. The root of no leaves is the hash of nothing.
    @inlinable package static func root(leaves: [Digest]) -> Digest {
        guard !leaves.isEmpty else { return Hash.digest(of: []) }
        var level = leaves
        while level.count > 1 { raise(&level) }
        return level[0]
    }

    /// Replaces a level by the one above it: pairs are hashed, an odd last node moves up unchanged. That is the
    /// same tree as RFC 9162's split at the largest power of two.
    @inlinable static func raise(_ level: inout [Digest]) {
        let pairs = level.count / 2
        for pair in 0..<pairs { level[pair] = node(level[2 * pair], level[2 * pair + 1]) }
        if !level.count.isMultiple(of: 2) { level[pairs] = level[level.count - 1] }
        level.removeLast(level.count / 2)
    }

    /// The inclusion path of a leaf, nearest sibling first; nil for an index outside the tree.
    @inlinable package static func path(to index: Int, in leaves: [Digest]) -> [Digest]? {
        guard index >= 0, index < leaves.count else { return nil }
        var path: [Digest] = []
        var level = leaves
        var position = index
        while level.count > 1 {
            let sibling = position ^ 1
            if sibling < level.count { path.append(level[sibling]) }
            position >>= 1
            raise(&level)
        }
        return path
    }

    /// The root that follows from a leaf hash and its path (RFC 9162 §2.1.3.2); nil where path, index and size
    /// do not fit together.
    @inlinable package static func root(leaf: Digest, index: UInt64, size: UInt64, path: [Digest]) -> Digest? {
        guard index < size else { return nil }
        var position = index
        var last = size - 1
        var root = leaf
        for sibling in path {
            guard last > 0 else { return nil }
            if position & 1 == 1 || position == last {
                root = node(sibling, root)
                while position & 1 == 0 && position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                root = node(root, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? root : nil
    }
}
