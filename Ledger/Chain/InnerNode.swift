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
/// `StateHash.inner` of its halves. Nodes with many children remember the hashes in between, so that a change of one
/// child costs four hashes instead of up to fifteen.
final class InnerNode {
    /// A set of children, one bit each.
    typealias Mask = UInt16

    /// A child that is there, or a hash between the node and its children. Absent children take no memory: most nodes
    /// far from the root have few.
    private struct Cell {
        var hash: Digest
        var version: UInt64 = 0
        /// The child's own node while it is in memory: of an inner child of the newest tree.
        var node: InnerNode?
    }

    /// The height of the block that wrote the node as it is.
    private(set) var version: UInt64
    /// The height of the block that wrote the node in full, and the children that changed since.
    private(set) var base: UInt64
    private(set) var changed: Mask = 0
    private(set) var present: Mask = 0
    private(set) var leaves: Mask = 0
    /// In nodes with many children first the hashes in between, which hang together as a heap: the node itself is 1,
    /// the halves of i are 2i and 2i + 1, and the children would be 16 to 31. Then the children in order. All in one
    /// array, because each piece of memory that is far away costs as much as a hash.
    private var cells: [Cell] = []
    /// Which of the hashes in between are known, one bit each.
    private var known: Mask = 0
    /// How many cells are for hashes in between: 16 or none.
    private var joinCount = 0

    /// From how many children on the hashes in between are worth their memory.
    private static let denseCount = 6

    init(version: UInt64) {
        self.version = version
        base = version
    }

    private static func bit(_ child: Int) -> Mask { 1 << Mask(truncatingIfNeeded: child) }

    /// The cell of a child that is there.
    private func cell(_ child: Int) -> Int { joinCount + (present & (InnerNode.bit(child) - 1)).nonzeroBitCount }

    private var children: ArraySlice<Cell> { cells[joinCount...] }

    subscript(child: Int) -> TreeChild {
        guard present & InnerNode.bit(child) != 0 else { return .none }
        let kind: TreeChild.Kind = leaves & InnerNode.bit(child) != 0 ? .leaf : .inner
        let cell = cell(child)
        return TreeChild(kind: kind, hash: cells[cell].hash, version: cells[cell].version)
    }

    /// The child's own node, if it is in memory.
    func node(_ child: Int) -> InnerNode? {
        present & InnerNode.bit(child) == 0 ? nil : cells[cell(child)].node
    }

    func set(_ child: Int, to new: TreeChild, node: InnerNode? = nil) {
        let bit = InnerNode.bit(child)
        let cell = cell(child)
        switch (present & bit != 0, new.kind != .none) {
        case (true, true):
            cells[cell].hash = new.hash
            cells[cell].version = new.version
            if cells[cell].node !== node { cells[cell].node = node }
        case (false, true):
            // Not to twice as many, as arrays grow by themselves: there are very many nodes.
            if cells.count == cells.capacity { cells.reserveCapacity(cells.count + 2) }
            cells.insert(Cell(hash: new.hash, version: new.version, node: node), at: cell)
        case (true, false):
            cells.remove(at: cell)
        case (false, false):
            break
        }
        present = new.kind == .none ? present & ~bit : present | bit
        leaves = new.kind == .leaf ? leaves | bit : leaves & ~bit
        changed |= bit
        // The hashes above the child, the node's own being bit 1.
        let place = 16 + child
        known &= ~(1 << Mask(place >> 1) | 1 << Mask(place >> 2) | 1 << Mask(place >> 3) | 1 << Mask(place >> 4))
    }

    /// About how much memory the node takes, without those below it.
    var byteCount: Int { 128 + cells.capacity * MemoryLayout<Cell>.stride }

    private var isDense: Bool { present.nonzeroBitCount >= InnerNode.denseCount }

    /// The child that is alone in the node, if it is a leaf: such a node does not exist, its leaf stands higher up.
    var onlyLeaf: Int? {
        present.nonzeroBitCount == 1 && present == leaves ? present.trailingZeroBitCount : nil
    }

    /// Visits the node and those below it that are in memory.
    func forEachInMemory(_ body: (InnerNode) -> Void) {
        body(self)
        for cell in children { cell.node?.forEachInMemory(body) }
    }

    /// Forgets the nodes below this one that were last written below a height.
    func forget(below height: UInt64) {
        for index in cells.indices where cells[index].node != nil {
            if cells[index].version < height {
                cells[index].node = nil
            } else {
                cells[index].node?.forget(below: height)
            }
        }
    }

    /// Takes the node over into a block.
    ///
    /// - Parameter isFull: whether the block writes all of it, not only what changed since it was last written in full.
    func advance(to version: UInt64, isFull: Bool) {
        self.version = version
        if isFull {
            base = version
            changed = 0
        }
    }

    // MARK: Hashes

    /// The node's own hash.
    var hash: Digest {
        if isDense, joinCount == 0 { makeRoomForJoins() }
        return hash(at: 1, .max)
    }

    /// The same, without any of the hashes that came from disk beside those of the children.
    func hashAnew() -> Digest {
        known = 0
        return hash
    }

    private func makeRoomForJoins() {
        cells.reserveCapacity(16 + cells.count)
        cells.insert(contentsOf: repeatElement(Cell(hash: .zero), count: 16), at: 0)
        joinCount = 16
        known = 0
    }

    /// The hash at a place of the heap, below which are the children of the mask.
    private func hash(at place: Int, _ mask: Mask) -> Digest {
        var known = known
        defer { self.known = known }
        return unsafe cells.withUnsafeMutableBufferPointer { cells in
            unsafe hash(at: place, mask, in: cells, &known)
        }
    }

    private func hash(
        at place: Int,
        _ mask: Mask,
        in cells: UnsafeMutableBufferPointer<Cell>,
        _ known: inout Mask
    ) -> Digest {
        let inside = present & mask
        if inside == 0 { return StateHash.empty }
        // Empty, or one leaf, whose hash comes up as it is.
        if inside & (inside - 1) == 0, inside & ~leaves == 0 || place >= 16 {
            return unsafe cells[cell(inside.trailingZeroBitCount)].hash
        }
        if joinCount > 0, known & 1 << Mask(place) != 0 { return unsafe cells[place].hash }
        let half = InnerNode.lowerHalf(of: mask)
        let digest = unsafe StateHash.inner(
            hash(at: place * 2, half, in: cells, &known),
            hash(at: place * 2 + 1, mask & ~half, in: cells, &known)
        )
        if joinCount > 0 {
            unsafe cells[place].hash = digest
            known |= 1 << Mask(place)
        }
        return digest
    }

    /// The lower half of a range of two, four, eight or sixteen children.
    private static func lowerHalf(of mask: Mask) -> Mask {
        let count = mask.nonzeroBitCount / 2
        return mask & (((1 << Mask(count)) - 1) << Mask(mask.trailingZeroBitCount))
    }

    /// Whether a range of children is neither empty nor a single leaf.
    private func needsHash(_ mask: Mask) -> Bool {
        let inside = present & mask
        return inside.nonzeroBitCount > 1 || inside & ~leaves != 0
    }

    /// Goes from the root of this node towards a child, and notes the hash beside the way at each level. Ends at the
    /// child, or earlier, where the way comes to a part with no key or a single one.
    ///
    /// - Returns: The position of what was reached, nil where there is nothing.
    func descend(to nibble: Int, siblings: inout [Digest]) -> Int? {
        var mask = Mask.max
        var place = 1
        while true {
            let inside = present & mask
            if inside == 0 { return nil }
            if place >= 16 || !needsHash(inside) { return inside.trailingZeroBitCount }
            let half = InnerNode.lowerHalf(of: mask)
            let isRight = half & InnerNode.bit(nibble) == 0
            siblings.append(hash(at: isRight ? place * 2 : place * 2 + 1, isRight ? half : mask & ~half))
            place = isRight ? place * 2 + 1 : place * 2
            mask = isRight ? mask & ~half : half
        }
    }
}

// MARK: On disk

extension InnerNode {
    /// The quarters, which are written along with many children.
    private static let quarters: [(place: Int, mask: Mask)] = [(4, 0xF), (5, 0xF0), (6, 0xF00), (7, 0xF000)]

    /// `[children's bits, leaves' bits, ages, digests]`: ages are the own version minus each child's; digests are
    /// those of the children, then, from six children on, those of the quarters that are neither empty nor a single
    /// leaf.
    func encode(into encoder: inout CBOREncoder) {
        encoder.array(4)
        encoder.unsigned(UInt64(present))
        encoder.unsigned(UInt64(leaves))
        encoder.array(children.count)
        for child in children { encoder.unsigned(version &- child.version) }
        let kept = isDense ? InnerNode.quarters.count { needsHash($0.mask) } : 0
        encoder.byteStringHead((children.count + kept) * Digest.byteCount)
        for child in children { encoder.raw(child.hash) }
        guard kept > 0 else { return }
        for quarter in InnerNode.quarters where needsHash(quarter.mask) {
            encoder.raw(hash(at: quarter.place, quarter.mask))
        }
    }

    /// `[base, changed children's bits, children's bits, leaves' bits, ages, digests]`: what changed since the node
    /// was written in full, `base` blocks before; ages and digests are those of the changed children that are there.
    func encodeChanges(into encoder: inout CBOREncoder) {
        encoder.array(6)
        encoder.unsigned(version &- base)
        encoder.unsigned(UInt64(changed))
        encoder.unsigned(UInt64(present))
        encoder.unsigned(UInt64(leaves))
        let count = (changed & present).nonzeroBitCount
        encoder.array(count)
        forEachChanged { encoder.unsigned(version &- cells[$0].version) }
        encoder.byteStringHead(count * Digest.byteCount)
        forEachChanged { encoder.raw(cells[$0].hash) }
    }

    private func forEachChanged(_ body: (Int) -> Void) {
        var rest = changed & present
        while rest != 0 {
            body(cell(rest.trailingZeroBitCount))
            rest &= rest - 1
        }
    }

    /// Whether the node may be written as what changed since it was last written in full. It takes two reads to get
    /// it back, so it pays for nodes that change often, which are those that memory holds; and it must follow from
    /// the chain alone, because validators' databases are the same byte for byte.
    func isBestWrittenAsChanges(at height: UInt64) -> Bool {
        isDense && changed.nonzeroBitCount <= InnerNode.greatestChangedCount
            && version < height && height - version <= InnerNode.greatestPause
    }

    /// More changed children than these are not worth a second read.
    private static let greatestChangedCount = 4
    /// Of blocks between two changes of a node that is taken for one in memory.
    private static let greatestPause: UInt64 = 256

    /// Reads an inner node, the head of its array being read already.
    convenience init(from decoder: inout CBORDecoder, version: UInt64) throws(CBORError) {
        self.init(version: version)
        guard let present = Mask(exactly: try decoder.unsigned()), let leaves = Mask(exactly: try decoder.unsigned()),
            present != 0, leaves & ~present == 0
        else { throw .unexpectedValue }
        self.present = present
        self.leaves = leaves
        if isDense { makeRoomForJoins() }
        let count = present.nonzeroBitCount
        let ages = try InnerNode.ages(count, from: &decoder, atMost: version)
        let range = try decoder.byteStringRange(atMost: 20 * Digest.byteCount)
        guard let digests = DigestBytes.digests(in: decoder.bytes, range), digests.count >= count else {
            throw .truncated
        }
        cells.reserveCapacity(joinCount + count)
        for (age, digest) in zip(ages, digests) { cells.append(Cell(hash: digest, version: version - age)) }
        var rest = digests[count...]
        for quarter in InnerNode.quarters where isDense && needsHash(quarter.mask) {
            guard let digest = rest.popFirst() else { throw .truncated }
            cells[quarter.place].hash = digest
            known |= 1 << Mask(quarter.place)
        }
        guard rest.isEmpty else { throw .unexpectedValue }
    }

    /// How many blocks before the node's own its children were written.
    static func ages(
        _ count: Int,
        from decoder: inout CBORDecoder,
        atMost version: UInt64
    ) throws(CBORError) -> [UInt64] {
        try decoder.array(exactly: count)
        var ages: [UInt64] = []
        ages.reserveCapacity(count)
        for _ in 0..<count {
            ages.append(try decoder.unsigned())
            guard ages[ages.count - 1] <= version else { throw .unexpectedValue }
        }
        return ages
    }
}

/// What a node that is written as changes says, before the node that it is based on is read.
struct InnerNodeChanges {
    let base: UInt64
    private let changed: InnerNode.Mask
    private let present: InnerNode.Mask
    private let children: [TreeChild]

    /// Reads the changes, the head of their array being read already.
    init(from decoder: inout CBORDecoder, version: UInt64) throws(CBORError) {
        let age = try decoder.unsigned()
        guard age > 0, age <= version, let changed = InnerNode.Mask(exactly: try decoder.unsigned()),
            let present = InnerNode.Mask(exactly: try decoder.unsigned()),
            let leaves = InnerNode.Mask(exactly: try decoder.unsigned()), leaves & ~present == 0
        else { throw .unexpectedValue }
        base = version - age
        self.changed = changed
        self.present = present
        let count = (changed & present).nonzeroBitCount
        let ages = try InnerNode.ages(count, from: &decoder, atMost: version)
        let range = try decoder.byteStringRange(atMost: 16 * Digest.byteCount)
        guard let digests = DigestBytes.digests(in: decoder.bytes, range), digests.count == count else {
            throw .truncated
        }
        var next = 0
        children = (0..<16).map { child in
            guard changed & present & 1 << child != 0 else { return .none }
            defer { next += 1 }
            let kind: TreeChild.Kind = leaves & 1 << child != 0 ? .leaf : .inner
            return TreeChild(kind: kind, hash: digests[next], version: version - ages[next])
        }
    }

    /// Makes the node out of the one that it is based on.
    func apply(to node: InnerNode, version: UInt64) throws(CBORError) {
        for child in 0..<16 where changed & 1 << child != 0 { node.set(child, to: children[child]) }
        guard node.present == present else { throw .unexpectedValue }
        node.advance(to: version, isFull: false)
    }
}
