internal import ContractKit

/// Rows of the newest state by key, the knowledge that a row is not there included, within a bound on bytes.
///
/// Two generations: what is asked for while the young one fills up survives it, the rest goes. That is nearly as good
/// as an exact order of use, and costs one dictionary look-up.
struct RowCache {
    private var young: [RowKey: [UInt8]?] = [:]
    private var old: [RowKey: [UInt8]?] = [:]
    private var youngByteCount = 0
    private let generationByteCount: Int

    /// What an entry costs beside the bytes of key and value.
    private static let overhead = 112

    init(byteCount: Int) { generationByteCount = byteCount / 2 }

    /// Nil if it is not known, `.some(nil)` if there is no such row.
    mutating func row(_ key: StateKey) -> [UInt8]?? {
        let key = RowKey(key)
        if let row = young[key] { return .some(row) }
        guard let row = old[key] else { return nil }
        set(key.bytes, to: row)
        return .some(row)
    }

    mutating func set(_ key: StateKey, to row: [UInt8]?) {
        if youngByteCount > generationByteCount {
            old = young
            young = [:]
            youngByteCount = 0
        }
        youngByteCount += key.count + (row?.count ?? 0) + RowCache.overhead
        young[RowKey(key)] = .some(row)
    }
}

/// A state key that is hashed as one piece: the array's own way goes byte by byte.
struct RowKey: Hashable {
    let bytes: StateKey

    init(_ bytes: StateKey) { self.bytes = bytes }

    func hash(into hasher: inout Hasher) { unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) } }
}
