internal import CRocksDB

/// Walks the keys of a family in order, from a start up to an end that is not included.
///
/// It sees the family as it was when the cursor was made, or as of its snapshot.
@safe
package struct Cursor: ~Copyable {
    private let iterator: OpaquePointer
    private let readOptions: OpaquePointer
    /// RocksDB reads the bound through this pointer as long as the iterator lives.
    private let bound: UnsafeMutableBufferPointer<CChar>
    /// Both keep what the iterator reads from alive.
    private let database: Database
    private let snapshot: Snapshot?

    fileprivate init(_ database: Database, _ family: ColumnFamily, to end: [UInt8]?, in snapshot: Snapshot?) {
        guard let readOptions = unsafe rocksdb_readoptions_create() else { preconditionFailure("out of memory") }
        unsafe bound = .allocate(capacity: end?.count ?? 0)
        if let end {
            _ = unsafe bound.initialize(from: end.lazy.map { CChar(bitPattern: $0) })
            unsafe rocksdb_readoptions_set_iterate_upper_bound(readOptions, bound.baseAddress, end.count)
        }
        if let snapshot { unsafe rocksdb_readoptions_set_snapshot(readOptions, snapshot.pointer) }
        let iterator = unsafe rocksdb_create_iterator_cf(database.handle, readOptions, database.families[family])
        guard let iterator = unsafe iterator else { preconditionFailure("out of memory") }
        unsafe self.iterator = unsafe iterator
        unsafe self.readOptions = unsafe readOptions
        self.database = database
        self.snapshot = snapshot
    }

    deinit {
        unsafe rocksdb_iter_destroy(iterator)
        unsafe rocksdb_readoptions_destroy(readOptions)
        unsafe bound.deallocate()
    }

    /// Whether the cursor stands on a key. Past the end it does not; nor after a failure, which `check` tells.
    package var isValid: Bool { unsafe rocksdb_iter_valid(iterator) != 0 }

    /// The key under the cursor; empty where it is not valid.
    package var key: [UInt8] {
        guard isValid else { return [] }
        var count = 0
        let start = unsafe rocksdb_iter_key(iterator, &count)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The value under the cursor; empty where it is not valid.
    package var value: [UInt8] {
        guard isValid else { return [] }
        var count = 0
        let start = unsafe rocksdb_iter_value(iterator, &count)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The length of the value under the cursor, without a copy of it.
    package var valueByteCount: Int {
        guard isValid else { return 0 }
        var count = 0
        _ = unsafe rocksdb_iter_value(iterator, &count)
        return count
    }

    /// To the first key at or above.
    package mutating func seek(_ key: [UInt8]) {
        unsafe key.withUnsafeCharacters { unsafe rocksdb_iter_seek(iterator, $0.baseAddress, $0.count) }
    }

    /// To the last key at or below.
    package mutating func seekBackward(_ key: [UInt8]) {
        unsafe key.withUnsafeCharacters { unsafe rocksdb_iter_seek_for_prev(iterator, $0.baseAddress, $0.count) }
    }

    package mutating func next() {
        if isValid { unsafe rocksdb_iter_next(iterator) }
    }

    package mutating func previous() {
        if isValid { unsafe rocksdb_iter_prev(iterator) }
    }

    /// Throws if the walk ended early because reading failed. Call it when `isValid` has become false.
    package func check() throws(StorageError) {
        do throws(StorageError) {
            try unsafe checked { failure in unsafe rocksdb_iter_get_error(iterator, failure) }
        } catch { throw database.damage.noted(error) }
    }
}

extension Database {
    /// A cursor on the first key at or above `start`.
    package func cursor(
        _ family: ColumnFamily,
        from start: [UInt8],
        to end: [UInt8]? = nil,
        in snapshot: Snapshot? = nil
    ) -> Cursor {
        var cursor = Cursor(self, family, to: end, in: snapshot)
        cursor.seek(start)
        return cursor
    }

    /// The first keys and values from `start` up to, and not including, `end`, in order.
    package func scan(
        _ family: ColumnFamily,
        from start: [UInt8],
        to end: [UInt8]? = nil,
        limit: Int,
        in snapshot: Snapshot? = nil
    ) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        var rows: [(key: [UInt8], value: [UInt8])] = []
        guard limit > 0 else { return rows }
        var cursor = cursor(family, from: start, to: end, in: snapshot)
        while cursor.isValid, rows.count < limit {
            rows.append((key: cursor.key, value: cursor.value))
            if rows.count < limit { cursor.next() }
        }
        try cursor.check()
        return rows
    }
}
