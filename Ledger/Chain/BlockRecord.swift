internal import Primitives

/// A block as peers hand it on: the header and its transactions as received. The certificate comes beside it.
package struct Block: Sendable {
    package let header: Header
    package let transactions: [[UInt8]]

    package init(header: Header, transactions: [[UInt8]]) {
        self.header = header
        self.transactions = transactions
    }

    /// Whether these are the transactions that the header commits to.
    package var isConsistent: Bool {
        BlockTree.root(leaves: transactions.map { BlockTree.leaf($0) }) == header.transactionsRoot
    }
}

/// What `blocks` holds: the header, and where its transactions are.
struct BlockRecord {
    let header: Header
    /// The second half of the key in `bodies`; nil for a block without a batch.
    let bodies: Digest?
    /// Positions in the stored batch that execution dropped without trace, ascending.
    let dropped: [Int]

    /// `[header, bodies or null, [dropped position, …]]`.
    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 400)
        encoder.array(3)
        header.encode(into: &encoder)
        if let bodies { encoder.byteString(bodies) } else { encoder.null() }
        encoder.array(dropped.count)
        for position in dropped { encoder.unsigned(UInt64(position)) }
        return encoder.bytes
    }

    init(header: Header, bodies: Digest?, dropped: [Int]) {
        self.header = header
        self.bodies = bodies
        self.dropped = dropped
    }

    /// Of a block that came from a peer: its transactions, where they are kept, stand under their root.
    init(_ header: Header) {
        let isEmpty = header.transactionsRoot == BlockTree.root(leaves: [])
        self.init(header: header, bodies: isEmpty ? nil : header.transactionsRoot, dropped: [])
    }

    init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 3)
        header = try Header(from: &decoder)
        if decoder.peek() == .null {
            try decoder.null()
            bodies = nil
        } else {
            bodies = try decoder.digest()
        }
        var dropped: [Int] = []
        for _ in 0..<(try decoder.array(atMost: .max)) {
            guard let position = Int(exactly: try decoder.unsigned()) else { throw .unexpectedValue }
            dropped.append(position)
        }
        self.dropped = dropped
        try decoder.finish()
    }

    /// The executed ones of a stored batch.
    func kept(of bodies: [[UInt8]]) -> [[UInt8]] {
        guard !dropped.isEmpty else { return bodies }
        var rest = dropped[...]
        return bodies.enumerated().compactMap { position, body in
            guard rest.first == position else { return body }
            rest.removeFirst()
            return nil
        }
    }
}

/// A batch of transactions as one value: `bodies`.
enum BodyList {
    static func encode(_ bodies: [[UInt8]]) -> [UInt8] {
        var encoder = CBOREncoder(capacity: bodies.reduce(16) { $0 + $1.count + 4 })
        encoder.array(bodies.count)
        for body in bodies { encoder.byteString(body) }
        return encoder.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(CBORError) -> [[UInt8]] {
        var decoder = CBORDecoder(bytes)
        var bodies: [[UInt8]] = []
        for _ in 0..<(try decoder.array(atMost: .max)) { bodies.append(try decoder.byteString(atMost: .max)) }
        try decoder.finish()
        return bodies
    }
}
