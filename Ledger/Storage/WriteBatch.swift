internal import CRocksDB

/// Changes to any families that happen together or not at all.
@safe
package struct WriteBatch: ~Copyable, @unchecked Sendable {
    // Sendable: the batch owns its memory alone and is not copyable, so it is on one thread at a time.
    let handle: OpaquePointer
    private let families: FamilyHandles

    init(_ families: FamilyHandles) {
        guard let handle = unsafe rocksdb_writebatch_create() else { preconditionFailure("out of memory") }
        unsafe self.handle = unsafe handle
        self.families = families
    }

    package var count: Int { unsafe Int(rocksdb_writebatch_count(handle)) }

    package mutating func put(_ family: ColumnFamily, _ key: [UInt8], _ value: [UInt8]) {
        unsafe key.withUnsafeCharacters { key in
            unsafe value.withUnsafeCharacters { value in
                unsafe rocksdb_writebatch_put_cf(
                    handle,
                    families[family],
                    key.baseAddress,
                    key.count,
                    value.baseAddress,
                    value.count
                )
            }
        }
    }

    /// Puts a value under a key that both are parts of the same bytes: for many at once, without an array for each.
    package mutating func put(_ family: ColumnFamily, in bytes: [UInt8], key: Range<Int>, value: Range<Int>) {
        precondition(key.lowerBound >= 0 && key.upperBound <= bytes.count, "the key is part of the bytes")
        precondition(value.lowerBound >= 0 && value.upperBound <= bytes.count, "the value is part of the bytes")
        unsafe bytes.withUnsafeCharacters { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe rocksdb_writebatch_put_cf(
                handle,
                families[family],
                start + key.lowerBound,
                key.count,
                start + value.lowerBound,
                value.count
            )
        }
    }

    package mutating func delete(_ family: ColumnFamily, _ key: [UInt8]) {
        unsafe key.withUnsafeCharacters { key in
            unsafe rocksdb_writebatch_delete_cf(handle, families[family], key.baseAddress, key.count)
        }
    }

    /// Deletes every key from `start` up to, and not including, `end`.
    package mutating func deleteRange(_ family: ColumnFamily, from start: [UInt8], to end: [UInt8]) {
        unsafe start.withUnsafeCharacters { start in
            unsafe end.withUnsafeCharacters { end in
                unsafe rocksdb_writebatch_delete_range_cf(
                    handle,
                    families[family],
                    start.baseAddress,
                    start.count,
                    end.baseAddress,
                    end.count
                )
            }
        }
    }

    deinit { unsafe rocksdb_writebatch_destroy(handle) }
}

extension [UInt8] {
    /// The bytes as C's `char`, which the interface of RocksDB takes; valid inside the closure only.
    func withUnsafeCharacters<Result>(_ body: (UnsafeBufferPointer<CChar>) -> Result) -> Result {
        unsafe withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe body($0) }
        }
    }
}
