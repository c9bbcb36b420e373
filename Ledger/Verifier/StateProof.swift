package import Primitives

/// Shows what the state holds under a key, or that it holds nothing, to somebody who trusts a state root.
package struct StateProof: Hashable, Sendable {
    /// What stands where the way from the root to the key's position ends.
    package enum Finding: Hashable, Sendable {
        /// The key, with this value.
        case value([UInt8])
        /// No key at all.
        case nothing
        /// One key alone, another one: the hashes of that key and of its value.
        case otherKey(position: Digest, value: Digest)
    }

    package let key: [UInt8]
    package let finding: Finding
    /// The hashes beside the way, from the root down.
    package let siblings: [Digest]

    package static let greatestKeyByteCount = 4096
    package static let greatestValueByteCount = 16 << 20

    package init(key: [UInt8], finding: Finding, siblings: [Digest]) {
        self.key = key
        self.finding = finding
        self.siblings = siblings
    }

    /// The value that is proven, nil where absence is.
    package var value: [UInt8]? {
        if case .value(let value) = finding { value } else { nil }
    }

    /// Whether this holds under a state root.
    package func verifies(under root: Digest) -> Bool {
        guard siblings.count <= Digest.byteCount * 8 else { return false }
        let position = StateHash.position(of: key)
        guard var hash = StateProof.hash(of: finding, at: position, depth: siblings.count) else { return false }
        for (depth, sibling) in siblings.enumerated().reversed() {
            hash = position.bit(depth) ? StateHash.inner(sibling, hash) : StateHash.inner(hash, sibling)
        }
        return hash == root
    }

    /// Nil where the finding says nothing about the position.
    private static func hash(of finding: Finding, at position: Digest, depth: Int) -> Digest? {
        switch finding {
        case .value(let value):
            return StateHash.leaf(position: position, value: StateHash.value(value))
        case .nothing:
            return StateHash.empty
        case .otherKey(let other, let value):
            // It shows absence only if it is another key, alone in the part of the tree where ours would be.
            guard other != position, other.sharesPrefix(position, bitCount: depth) else { return nil }
            return StateHash.leaf(position: other, value: value)
        }
    }
}

// MARK: Encoding

/// `[key, finding, [sibling, …]]`. The finding is the value; or `[key's hash]` for nothing; or `[key's hash, the other
/// key's hash, the hash of its value]`. A sibling is a digest, or null for a part without keys.
///
/// There is one encoding of each proof. The key's hash stands in those of absence because what shows that one key is
/// absent shows it of its neighbours too: without it, a proof with a spoilt key could be a true one of another key.
extension StateProof {
    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 256 + siblings.count * 34)
        encode(into: &encoder)
        return encoder.bytes
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(3)
        encoder.byteString(key)
        switch finding {
        case .value(let value): encoder.byteString(value)
        case .nothing:
            encoder.array(1)
            encoder.byteString(StateHash.position(of: key))
        case .otherKey(let position, let value):
            encoder.array(3)
            encoder.byteString(StateHash.position(of: key))
            encoder.byteString(position)
            encoder.byteString(value)
        }
        encoder.array(siblings.count)
        for sibling in siblings {
            if sibling == StateHash.empty { encoder.null() } else { encoder.byteString(sibling) }
        }
    }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try self.init(from: &decoder)
        try decoder.finish()
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 3)
        key = try decoder.byteString(atMost: StateProof.greatestKeyByteCount)
        finding = try Finding(of: key, from: &decoder)
        var siblings: [Digest] = []
        for _ in 0..<(try decoder.array(atMost: Digest.byteCount * 8)) {
            if decoder.peek() == .null {
                try decoder.null()
                siblings.append(StateHash.empty)
            } else {
                let sibling = try decoder.digest()
                guard sibling != StateHash.empty else { throw .unexpectedValue }
                siblings.append(sibling)
            }
        }
        self.siblings = siblings
    }
}

extension StateProof.Finding {
    fileprivate init(of key: [UInt8], from decoder: inout CBORDecoder) throws(CBORError) {
        if decoder.peek() == .byteString {
            self = .value(try decoder.byteString(atMost: StateProof.greatestValueByteCount))
            return
        }
        let count = try decoder.array(atMost: 3)
        guard count == 1 || count == 3, try decoder.digest() == StateHash.position(of: key) else {
            throw .unexpectedValue
        }
        if count == 1 {
            self = .nothing
        } else {
            let position = try decoder.digest()
            self = .otherKey(position: position, value: try decoder.digest())
        }
    }
}
