internal import Primitives

/// A leaf: the only key in its part of the tree, as high up as it stands alone.
struct TreeLeaf {
    /// The hash of the key.
    let position: Digest
    let key: [UInt8]
    let value: [UInt8]
    let hash: Digest
    /// The height of the block that set the value, which stays when the leaf moves.
    let version: UInt64

    init(position: Digest, key: [UInt8], value: [UInt8], version: UInt64) {
        self.position = position
        self.key = key
        self.value = value
        self.hash = StateHash.leaf(position: position, value: StateHash.value(value))
        self.version = version
    }
}

/// A node as it is on disk. Its key says its version and where it stands.
enum TreeNode {
    /// The root of a tree without keys.
    case empty
    case leaf(TreeLeaf)
    case inner(InnerNode)

    /// A leaf is `[age, key, value]`, the age being the node's version minus that of the value.
    static func encodeLeaf(age: UInt64, key: [UInt8], value: [UInt8], into encoder: inout CBOREncoder) {
        encoder.array(3)
        encoder.unsigned(age)
        encoder.byteString(key)
        encoder.byteString(value)
    }

    init(decoding bytes: [UInt8], version: UInt64) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        if decoder.peek() == .null {
            try decoder.null()
            self = .empty
        } else if try decoder.array(atMost: 4) == 4 {
            self = .inner(try InnerNode(from: &decoder, version: version))
        } else {
            let age = try decoder.unsigned()
            let key = try decoder.byteString(atMost: .max)
            let value = try decoder.byteString(atMost: .max)
            guard age <= version else { throw .unexpectedValue }
            let position = StateHash.position(of: key)
            self = .leaf(TreeLeaf(position: position, key: key, value: value, version: version - age))
        }
        try decoder.finish()
    }
}

/// Where a node stands: the first nibbles of the positions of all keys below it.
struct TreePath {
    /// A position of a key below; only the first nibbles count.
    let position: Digest
    let depth: Int

    static let root = TreePath(position: .zero, depth: 0)

    /// The key on disk: height ‖ nibbles, one per byte. A node comes before those below it, and all nodes of a block
    /// come after those of the blocks before.
    func key(version: UInt64) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 8 + depth) { buffer, initialized in
            for index in 0..<8 { unsafe buffer[index] = UInt8(truncatingIfNeeded: version >> UInt64(56 - index * 8)) }
            for index in 0..<depth { unsafe buffer[8 + index] = UInt8(truncatingIfNeeded: position.nibble(index)) }
            initialized = 8 + depth
        }
    }

    /// A number for paths of at most fifteen nibbles, different for each of them.
    var number: UInt64? {
        guard depth < 16 else { return nil }
        let mask: UInt64 = depth == 0 ? 0 : ~0 << UInt64(64 - depth * 4)
        return position.words.0 & mask | UInt64(depth)
    }
}

extension UInt64 {
    func appendBigEndian(to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: self >> shift))
        }
    }
}
