package import Primitives

/// The way from a leaf of a block's tree to its root: the siblings, and on which side of us each one stands.
///
/// RFC 9162 derives the sides from index and size, but then some other sizes prove the same leaf, and a proof file
/// could be altered and still verify. Here every bit is bound by the root.
package struct InclusionPath: Hashable, Sendable {
    /// Nearest to the leaf first.
    package let siblings: [Digest]
    /// Bit i is set where sibling i is on the left.
    package let leftSides: UInt64

    package static let greatestCount = 63

    /// The path to a leaf; nil for an index outside the tree.
    package init?(to index: Int, in leaves: [Digest]) {
        guard let siblings = BlockTree.path(to: index, in: leaves), siblings.count <= InclusionPath.greatestCount else {
            return nil
        }
        var leftSides: UInt64 = 0
        var level = 0
        var position = index
        var count = leaves.count
        // A level where the node is last and alone has no sibling; it moves up as it is.
        while count > 1 {
            if position & 1 == 1 {
                leftSides |= 1 << UInt64(level)
                level += 1
            } else if position + 1 < count {
                level += 1
            }
            position >>= 1
            count = (count + 1) / 2
        }
        self.siblings = siblings
        self.leftSides = leftSides
    }

    /// The root that follows from a leaf hash.
    package func root(of leaf: Digest) -> Digest {
        var root = leaf
        for (level, sibling) in siblings.enumerated() {
            let isLeft = leftSides >> UInt64(level) & 1 == 1
            root = isLeft ? BlockTree.node(sibling, root) : BlockTree.node(root, sibling)
        }
        return root
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        encoder.unsigned(leftSides)
        encoder.array(siblings.count)
        for sibling in siblings { encoder.byteString(sibling) }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 2)
        leftSides = try decoder.unsigned()
        var siblings: [Digest] = []
        for _ in 0..<(try decoder.array(atMost: InclusionPath.greatestCount)) { siblings.append(try decoder.digest()) }
        self.siblings = siblings
        guard leftSides >> UInt64(siblings.count) == 0 else { throw .unexpectedValue }
    }
}
