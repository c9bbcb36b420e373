package import ContractKit
package import Primitives

/// A part of the state as it travels: what stands at one place of the tree, so that its hash can be computed from it.
///
/// Below an inner node there are sixteen places. Leaves are there in full; of deeper parts, some with all of their rows
/// and the others by their hash, to be asked for by themselves. Whoever knows the hash of the place believes nothing
/// else: a part proves itself, whoever sent it, and in whatever order parts come.
package enum StatePart: Hashable, Sendable {
    case leaf(StateEntry)
    case inner([Child])

    package enum Child: Hashable, Sendable {
        case none
        case leaf(StateEntry)
        /// All rows below, in the order of their positions.
        case rows([StateEntry])
        /// Not in this part.
        case hash(Digest)
    }

    /// Sixteen for every inner node.
    package static let childCount = 16
    /// Bytes of rows in one part, but for the leaves of the node itself.
    package static let byteCount = 1 << 20
    /// Rows of one part: each counts for some bytes more than it has, so that many small ones do not take memory without end.
    package static let rowCount = byteCount / rowByteCount
    static let rowByteCount = 8

    // MARK: Encoding

    /// A row, `[key, value]`; or the sixteen places: null, a digest, a row, or a list of rows.
    package func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .leaf(let entry): entry.encode(into: &encoder)
        case .inner(let children):
            encoder.array(children.count)
            for child in children {
                switch child {
                case .none: encoder.null()
                case .hash(let digest): encoder.byteString(digest)
                case .leaf(let entry): entry.encode(into: &encoder)
                case .rows(let rows):
                    encoder.array(rows.count)
                    for row in rows { row.encode(into: &encoder) }
                }
            }
        }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let count = try decoder.array(atMost: StatePart.childCount)
        if count == 2 {
            self = .leaf(try StateEntry(restFrom: &decoder))
            return
        }
        guard count == StatePart.childCount else { throw .unexpectedValue }
        var children: [Child] = []
        var rest = StatePart.rowCount
        for _ in 0..<count {
            let child = try Child(from: &decoder, atMost: rest)
            if case .rows(let rows) = child { rest -= rows.count }
            children.append(child)
        }
        self = .inner(children)
    }
}

extension StatePart.Child {
    fileprivate init(from decoder: inout CBORDecoder, atMost limit: Int) throws(CBORError) {
        switch decoder.peek() {
        case .null:
            try decoder.null()
            self = .none
        case .byteString:
            self = .hash(try decoder.digest())
        default:
            let count = try decoder.array(atMost: max(2, limit))
            if decoder.peek() == .byteString {
                guard count == 2 else { throw .unexpectedValue }
                self = .leaf(try StateEntry(restFrom: &decoder))
                return
            }
            var rows: [StateEntry] = []
            for _ in 0..<count {
                try decoder.array(exactly: 2)
                rows.append(try StateEntry(restFrom: &decoder))
            }
            self = .rows(rows)
        }
    }
}

extension StateEntry {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.array(2)
        encoder.byteString(key)
        encoder.byteString(value)
    }

    /// Key and value, the head of their array being read already.
    fileprivate init(restFrom decoder: inout CBORDecoder) throws(CBORError) {
        let key = try decoder.byteString(atMost: StateProof.greatestKeyByteCount)
        self.init(key: key, value: try decoder.byteString(atMost: StateProof.greatestValueByteCount))
    }
}
