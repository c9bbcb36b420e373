internal import CRocksDB

/// All families as they were at one moment. Cheap to take; while it lives, RocksDB keeps what it can see.
@safe
package final class Snapshot: @unchecked Sendable {
    // Sendable: immutable, and RocksDB lets any thread read through a snapshot.
    let readOptions: OpaquePointer
    private let handle: OpaquePointer
    /// Keeps the database open.
    private let database: Database

    init(_ database: Database) {
        guard let handle = unsafe rocksdb_create_snapshot(database.handle),
            let readOptions = unsafe rocksdb_readoptions_create()
        else { preconditionFailure("out of memory") }
        unsafe rocksdb_readoptions_set_snapshot(readOptions, handle)
        self.database = database
        unsafe self.handle = unsafe handle
        unsafe self.readOptions = unsafe readOptions
    }

    var pointer: OpaquePointer { unsafe handle }

    deinit {
        unsafe rocksdb_readoptions_destroy(readOptions)
        unsafe rocksdb_release_snapshot(database.handle, handle)
    }
}
