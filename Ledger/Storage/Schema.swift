/// The version of everything below. A change of a key layout or a value's form raises it; a database of a newer
/// version is refused, because its meaning is not known here, and an older one, because nothing reads it any more: no
/// release has written one. What reads the version before goes here when there is one to keep.
package let schemaVersion: UInt64 = 2

/// The column families: one table of everything that is on disk.
///
/// Keys are ordered bytes. `height` is a big-endian `UInt64`, so that keys ascend with the chain: RocksDB takes
/// ascending keys at a third of the cost of random ones, and pruning by height is one range. Values are
/// deterministic CBOR unless they are said to be raw.
///
/// | Family | Key | Value | Written by | Pruned by |
/// | --- | --- | --- | --- | --- |
/// | `blocks` | height | [header, proposal digest or null, dropped positions] | executor | never |
/// | `bodies` | height ‖ proposal digest | [transaction bytes, …], raw strings | journal, before PREPARE | with the block; a losing proposal's at its certificate |
/// | `certificates` | height | certificate | runtime | never |
/// | `transactions` | transaction id | raw: height ‖ index (4 bytes) | executor | retention |
/// | `receipts` | height | [receipt, …] | executor | retention |
/// | `events` | height | [event, …] | executor | retention |
/// | `state` | contract ‖ table ‖ row key | raw: the row as its contract wrote it | executor | never: it is the present |
/// | `tree` | height ‖ nibbles of the path | node of the state tree, or what changed in it since an earlier height | executor | by `stale` |
/// | `stale` | height | keys in `tree` that no height from this one on needs | executor | retention |
/// | `undo` | height | what the changed rows of `state` were before the block | executor | retention |
/// | `validators` | epoch (8 bytes) | [last height of the epoch before, validators], from epoch 1 on | executor | never |
/// | `journal` | sequence of the record | record of the runtime | journal, synced | behind the certificate |
/// | `meta` | a name | see `MetaKey` | whoever names it | never |
package enum ColumnFamily: Int, CaseIterable, Sendable {
    case blocks, bodies, certificates, transactions, receipts, events, state, tree, stale, undo, journal, meta,
        validators

    package var name: String {
        switch self {
        case .blocks: "blocks"
        case .bodies: "bodies"
        case .certificates: "certificates"
        case .transactions: "transactions"
        case .receipts: "receipts"
        case .events: "events"
        case .state: "state"
        case .tree: "tree"
        case .stale: "stale"
        case .undo: "undo"
        case .journal: "journal"
        case .meta: "meta"
        case .validators: "validators"
        }
    }

    /// How the family is used, from which its options follow.
    var pattern: Pattern {
        switch self {
        case .state, .transactions: .points
        case .tree: .ascendingPoints
        case .bodies, .blocks, .receipts, .events, .undo: .largeValues
        case .certificates, .stale, .journal, .meta, .validators: .small
        }
    }

    enum Pattern {
        /// Random keys, often asked for keys that are not there: a bloom filter, and merged by size.
        case points
        /// Ascending keys, of which only those are asked for that are there.
        case ascendingPoints
        /// One value per block, of up to some megabytes.
        case largeValues
        /// A trickle.
        case small
    }
}

/// The names in `meta`.
package enum MetaKey: String, CaseIterable, Sendable {
    /// Schema version, written when the database is made.
    case schema
    /// Chain id, written when the database is made.
    case chain
    /// The genesis file's bytes, written with the first state.
    case genesis
    /// Height of the last executed block, written in its batch.
    case executed
    /// Highest height with a certificate, written with it.
    case certified
    /// Everything below this height has been pruned, or is being so.
    case pruned
    /// The journal's random id, which also stands beside the consensus key that votes with it.
    case journal
    /// The height with whose snapshot this database began: no state before it was ever here.
    case joined
    /// Where it began with a snapshot: the lowest height from which on every header is here.
    case headers
    /// While a snapshot is being taken into this database: which one. Behind it, under the same beginning, stands what is
    /// still missing of it.
    case joining

    package var bytes: [UInt8] { Array(rawValue.utf8) }
}

/// Builders of ordered keys.
package enum StorageKey {
    package static func height(_ height: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(8)
        append(height, to: &key)
        return key
    }

    package static func append(_ number: UInt64, to key: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// The number in the first eight bytes, nil where there are fewer.
    package static func height(of key: some Collection<UInt8>) -> UInt64? {
        guard key.count >= 8 else { return nil }
        return key.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The smallest key above all that begin with the prefix; nil where there is none.
    package static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let last = end.last {
            if last < .max {
                end[end.count - 1] = last + 1
                return end
            }
            end.removeLast()
        }
        return nil
    }
}
