import Ledger
import LedgerCrypto
import Primitives
import SeededRandom
import Storage

/// The tree by its definition: the hash of a set of keys, split bit by bit. Slow, and nothing in common with the
/// code that it checks but the hash functions.
struct TreeModel {
    var rows: [[UInt8]: [UInt8]] = [:]

    var root: Digest { hash(of: sorted, bit: 0) }

    /// The proof by the same definition: the hashes of the other halves on the way down, until no key or one is left.
    func proof(of key: [UInt8]) -> StateProof {
        let position = SHA256Function.digest(of: key)
        var rows = rows.map { (position: SHA256Function.digest(of: $0.key), value: $0.value) }
        var siblings: [Digest] = []
        while rows.count > 1 {
            let bit = siblings.count
            let isRight = isSet(bit, in: position)
            let beside = rows.filter { isSet(bit, in: $0.position) != isRight }
            siblings.append(hash(of: beside, bit: bit + 1))
            rows.removeAll { isSet(bit, in: $0.position) != isRight }
        }
        guard let last = rows.first else { return StateProof(key: key, finding: .nothing, siblings: siblings) }
        let other = StateProof.Finding.otherKey(
            position: last.position,
            value: SHA256Function.digest(prefix: 0x12, of: last.value)
        )
        let finding = last.position == position ? .value(last.value) : other
        return StateProof(key: key, finding: finding, siblings: siblings)
    }

    /// Nodes of a tree with sixteen children: leaves, and inner nodes wherever two keys part.
    var nodeCount: Int { rows.isEmpty ? 1 : count(sorted, depth: 0) }

    private var sorted: [(position: Digest, value: [UInt8])] {
        rows.map { (position: SHA256Function.digest(of: $0.key), value: $0.value) }.sorted { $0.position < $1.position }
    }

    private func hash(of rows: [(position: Digest, value: [UInt8])], bit: Int) -> Digest {
        guard let first = rows.first else { return .zero }
        if rows.count == 1 {
            let value = SHA256Function.digest(prefix: 0x12, of: first.value)
            return SHA256Function.digest(prefix: 0x10, of: first.position.bytes + value.bytes)
        }
        let left = rows.filter { !isSet(bit, in: $0.position) }
        let right = rows.filter { isSet(bit, in: $0.position) }
        let halves = hash(of: left, bit: bit + 1).bytes + hash(of: right, bit: bit + 1).bytes
        return SHA256Function.digest(prefix: 0x11, of: halves)
    }

    private func isSet(_ bit: Int, in digest: Digest) -> Bool { digest.bytes[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1 }

    private func count(_ rows: [(position: Digest, value: [UInt8])], depth: Int) -> Int {
        guard rows.count > 1 else { return rows.count }
        return (0..<16).reduce(1) { total, nibble in
            let below = rows.filter { row in
                let byte = row.position.bytes[depth / 2]
                return Int(depth % 2 == 0 ? byte >> 4 : byte & 15) == nibble
            }
            return total + count(below, depth: depth + 1)
        }
    }
}

/// A tree and its model, side by side.
struct TreeWorld {
    let database: Database
    var tree: StateTree
    var model = TreeModel()
    var height: UInt64 = 0

    init(database: Database) {
        self.database = database
        do { tree = try StateTree(database, at: .genesis) } catch { preconditionFailure("\(error)") }
    }

    /// One block.
    mutating func apply(_ changes: [([UInt8], [UInt8]?)]) throws {
        height += 1
        var batch = database.makeBatch()
        let effective = changes.filter { model.rows[$0.0] != $0.1 }
        try tree.apply(
            effective.map { key, value in
                StateTree.Change(key: key, value: value, isReplacing: model.rows[key] != nil)
            },
            at: Height(height),
            into: &batch
        )
        try database.write(batch)
        for (key, value) in changes { model.rows[key] = value }
    }

    /// Deletes what blocks up to a height replaced, as pruning does.
    func deleteStale(through height: UInt64) throws {
        var batch = database.makeBatch()
        for list in try database.scan(.stale, from: [], to: StorageKey.height(height + 1), limit: .max) {
            var decoder = CBORDecoder(list.value)
            for _ in 0..<(try decoder.array(atMost: .max)) { batch.delete(.tree, try decoder.byteString(atMost: 80)) }
        }
        try database.write(batch)
    }

    /// Whether a record of the tree says only what changed in a node since an earlier height: an array of six.
    static func isWrittenAsChanges(_ record: [UInt8]) -> Bool { record.first == 0x86 }

    /// Changes of distinct keys, one in `deletesIn` a deletion.
    func randomChanges(keyCount: Int, deletesIn: Int, _ random: inout SplitMix64) -> [([UInt8], [UInt8]?)] {
        let numbers = (0..<keyCount).shuffled(using: &random).prefix(Int.random(in: 1...keyCount, using: &random))
        return numbers.map { number in
            let isDeletion = Int.random(in: 0..<deletesIn, using: &random) == 0
            let byte = UInt8.random(in: 0...255, using: &random)
            return (row(number), isDeletion ? nil : [UInt8](repeating: byte, count: Int(byte % 5)))
        }
    }
}

func row(_ number: Int) -> [UInt8] { [1, 2] + Array("row-\(number)".utf8) }
