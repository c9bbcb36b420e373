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

    /// A leaf is `[age, key, value]`, the age being the node's version minus that of the value. Reads it, the head of
    /// its array being read already.
    init(from decoder: inout CBORDecoder, version: UInt64) throws(CBORError) {
        let age = try decoder.unsigned()
        let key = try decoder.byteString(atMost: .max)
        let value = try decoder.byteString(atMost: .max)
        guard age <= version else { throw .unexpectedValue }
        self.init(position: StateHash.position(of: key), key: key, value: value, version: version - age)
    }

    static func encode(age: UInt64, key: [UInt8], value: [UInt8], into encoder: inout CBOREncoder) {
        encoder.array(3)
        encoder.unsigned(age)
        encoder.byteString(key)
        encoder.byteString(value)
    }
}

/// A node as a block left it.
enum TreeNode {
    /// The root of a tree without keys.
    case empty
    case leaf(TreeLeaf)
    case inner(InnerNode)
}

/// What is on disk under a node's key, which says its version and where it stands.
enum TreeRecord {
    case node(TreeNode)
    /// What changed in an inner node since an earlier height.
    case changes(InnerNodeChanges)

    init(decoding bytes: [UInt8], version: UInt64) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        if decoder.peek() == .null {
            try decoder.null()
            self = .node(.empty)
        } else {
            switch try decoder.array(atMost: 6) {
            case 3: self = .node(.leaf(try TreeLeaf(from: &decoder, version: version)))
            case 4: self = .node(.inner(try InnerNode(from: &decoder, version: version)))
            case 6: self = .changes(try InnerNodeChanges(from: &decoder, version: version))
            default: throw .unexpectedValue
            }
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

    var keyByteCount: Int { 8 + depth }

    /// Appends the key on disk: `key(version:)` without an array of its own.
    func appendKey(version: UInt64, to encoder: inout CBOREncoder) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: keyByteCount) { buffer in
            let count = unsafe fillKey(version: version, buffer)
            unsafe encoder.raw(UnsafeBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// The key on disk: height ‖ nibbles, one per byte. A node comes before those below it, and all nodes of a block
    /// come after those of the blocks before.
    func key(version: UInt64) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: keyByteCount) { buffer, initialized in
            initialized = unsafe fillKey(version: version, buffer)
        }
    }

    private func fillKey(version: UInt64, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        for index in 0..<8 { unsafe buffer[index] = UInt8(truncatingIfNeeded: version >> UInt64(56 - index * 8)) }
        for index in 0..<depth { unsafe buffer[8 + index] = UInt8(truncatingIfNeeded: position.nibble(index)) }
        return keyByteCount
    }
}

extension UInt64 {
    func appendBigEndian(to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: self >> shift))
        }
    }
}
