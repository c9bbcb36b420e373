internal import Primitives

/// What an inner node knows of one of its sixteen children.
struct TreeChild: Equatable {
    enum Kind { case none, leaf, inner }

    var kind: Kind
    var hash: Digest
    /// The height of the block that wrote the child's node.
    var version: UInt64

    static let none = TreeChild(kind: .none, hash: StateHash.empty, version: 0)
}

/// Four levels of the binary tree in one node.
///
/// The hash of a subtree without keys is `StateHash.empty`; of one with a single key, that key's leaf; of any other,
/// `StateHash.inner` of its halves. In between, at the quarters, hashes are kept, so that a change of one child costs
/// six hashes instead of up to fifteen.
final class InnerNode {
    /// A set of children, one bit each.
    typealias Mask = UInt16

    private(set) var version: UInt64
    private(set) var present: Mask = 0
    private(set) var leaves: Mask = 0
    /// Of the children that are there, in order. Most nodes far from the root have few, and many nodes are kept in
    /// memory.
    private var hashes: [Digest] = []
    private var versions: [UInt64] = []
    /// The hashes of children 0–3, 4–7, 8–11 and 12–15, as of the last `rehash`.
    private var quarters = InlineArray<4, Digest>(repeating: StateHash.empty)

    init(version: UInt64) { self.version = version }

    private static func bit(_ child: Int) -> Mask { 1 << Mask(truncatingIfNeeded: child) }

    /// Where a child is among those that are there.
    private func slot(_ child: Int) -> Int { (present & (InnerNode.bit(child) - 1)).nonzeroBitCount }

    private func hash(_ child: Int) -> Digest {
        present & InnerNode.bit(child) == 0 ? StateHash.empty : hashes[slot(child)]
    }

    subscript(child: Int) -> TreeChild {
        guard present & InnerNode.bit(child) != 0 else { return .none }
        let kind: TreeChild.Kind = leaves & InnerNode.bit(child) != 0 ? .leaf : .inner
        let slot = slot(child)
        return TreeChild(kind: kind, hash: hashes[slot], version: versions[slot])
    }

    func set(_ child: Int, to new: TreeChild) {
        let bit = InnerNode.bit(child)
        let slot = slot(child)
        switch (present & bit != 0, new.kind != .none) {
        case (true, true):
            hashes[slot] = new.hash
            versions[slot] = new.version
        case (false, true):
            hashes.insert(new.hash, at: slot)
            versions.insert(new.version, at: slot)
        case (true, false):
            hashes.remove(at: slot)
            versions.remove(at: slot)
        case (false, false):
            break
        }
        present = new.kind == .none ? present & ~bit : present | bit
        leaves = new.kind == .leaf ? leaves | bit : leaves & ~bit
    }

    /// About how much memory the node takes.
    var byteCount: Int { 320 + hashes.count * 40 }

    /// The child that is alone in the node, if it is a leaf: such a node does not exist, its leaf stands higher up.
    var onlyLeaf: Int? {
        present.nonzeroBitCount == 1 && present == leaves ? present.trailingZeroBitCount : nil
    }

    /// Takes the node over into a block, and computes the quarters in which children changed and what is above them.
    func rehash(changed: Mask, version: UInt64) -> Digest {
        self.version = version
        for quarter in 0..<4 where changed & InnerNode.mask(quarter * 4, 4) != 0 {
            quarters[quarter] = quarterHash(quarter)
        }
        return join(half(0), half(1), 0, 16)
    }

    private static func mask(_ first: Int, _ count: Int) -> Mask {
        count == 16 ? .max : ((1 << Mask(count)) - 1) << Mask(first)
    }

    private func half(_ half: Int) -> Digest { join(quarters[half * 2], quarters[half * 2 + 1], half * 8, 8) }

    private func quarterHash(_ quarter: Int) -> Digest {
        let first = quarter * 4
        return join(
            join(hash(first), hash(first + 1), first, 2),
            join(hash(first + 2), hash(first + 3), first + 2, 2),
            first,
            4
        )
    }

    /// The hash of a range of children, given those of its halves.
    private func join(_ left: Digest, _ right: Digest, _ first: Int, _ count: Int) -> Digest {
        guard needsHash(InnerNode.mask(first, count)) else {
            // Empty, or one leaf, whose hash came up from its side.
            return left == StateHash.empty ? right : left
        }
        return StateHash.inner(left, right)
    }

    /// Whether a range of children is neither empty nor a single leaf.
    private func needsHash(_ mask: Mask) -> Bool {
        let inside = present & mask
        return inside.nonzeroBitCount > 1 || inside & ~leaves != 0
    }
}

// MARK: The way to a key

extension InnerNode {
    /// Goes from the root of this node towards a child, and notes the hash beside the way at each level. Ends at the
    /// child, or earlier, where the way comes to a part with no key or a single one.
    ///
    /// - Returns: The position of what was reached, nil where there is nothing.
    func descend(to nibble: Int, siblings: inout [Digest]) -> Int? {
        var first = 0
        var count = 16
        while true {
            let inside = present & InnerNode.mask(first, count)
            if inside == 0 { return nil }
            if !needsHash(inside) { return inside.trailingZeroBitCount }
            if count == 1 { return first }
            count /= 2
            let isRight = nibble >= first + count
            siblings.append(hash(of: isRight ? first : first + count, count))
            if isRight { first += count }
        }
    }

    private func hash(of first: Int, _ count: Int) -> Digest {
        if count == 1 { return hash(first) }
        if count == 4 { return quarters[first / 4] }
        return join(hash(of: first, count / 2), hash(of: first + count / 2, count / 2), first, count)
    }
}

// MARK: On disk

extension InnerNode {
    /// `[children's bits, leaves' bits, ages, digests]`: ages are the own version minus each child's; digests are
    /// those of the children, then those of the quarters that are neither empty nor a single leaf.
    func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        encoder.unsigned(UInt64(present))
        encoder.unsigned(UInt64(leaves))
        encoder.array(versions.count)
        for childVersion in versions { encoder.unsigned(version &- childVersion) }
        var digests = hashes
        for quarter in 0..<4 where needsHash(InnerNode.mask(quarter * 4, 4)) { digests.append(quarters[quarter]) }
        encoder.byteString(DigestBytes.bytes(of: digests))
    }

    /// Reads an inner node, the head of its array being read already.
    convenience init(from decoder: inout CBORDecoder, version: UInt64) throws(CBORError) {
        self.init(version: version)
        guard let present = Mask(exactly: try decoder.unsigned()), let leaves = Mask(exactly: try decoder.unsigned()),
            present != 0, leaves & ~present == 0
        else { throw .unexpectedValue }
        self.present = present
        self.leaves = leaves
        let count = present.nonzeroBitCount
        try decoder.array(exactly: count)
        versions.reserveCapacity(count)
        for _ in 0..<count {
            let age = try decoder.unsigned()
            guard age <= version else { throw .unexpectedValue }
            versions.append(version - age)
        }
        let range = try decoder.byteStringRange(atMost: 20 * Digest.byteCount)
        guard var digests = DigestBytes.digests(in: decoder.bytes, range), digests.count >= count else {
            throw .truncated
        }
        let kept = Array(digests[count...])
        digests.removeLast(kept.count)
        hashes = digests
        var next = 0
        for quarter in 0..<4 {
            let isKept = needsHash(InnerNode.mask(quarter * 4, 4))
            if isKept, next == kept.count { throw .truncated }
            quarters[quarter] = isKept ? kept[next] : quarterHash(quarter)
            next += isKept ? 1 : 0
        }
        guard next == kept.count else { throw .unexpectedValue }
    }
}
