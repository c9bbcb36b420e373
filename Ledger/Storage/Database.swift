internal import CRocksDB
internal import Glibc
package import Primitives

/// One RocksDB database: all column families, one log.
///
/// RocksDB takes calls from any thread. Cursors and snapshots keep their database alive, so it closes after the last
/// of them.
@safe
package final class Database: @unchecked Sendable {
    // Sendable: every stored property is immutable, and RocksDB synchronises what they point at.
    let handle: OpaquePointer
    let families: FamilyHandles
    private let readOptions: OpaquePointer
    private let writeOptions: OpaquePointer
    private let syncedWriteOptions: OpaquePointer
    package let damage = DamageWatch()

    /// Opens the database of a chain, or makes it.
    ///
    /// - Throws: `newerSchema` and `otherChain` before anything on disk is changed.
    package convenience init(
        path: String,
        chain: Digest,
        options: DatabaseOptions = DatabaseOptions()
    ) throws(StorageError) {
        try Database.refuseUnknownFamilies(path: path)
        try self.init(OpenedDatabase(path, options, isReadOnly: false))
        try checkIdentity(of: chain)
    }

    /// Opens a database that is there as it is now, for reading, also while a process writes to it: what that one writes
    /// afterwards is not seen, and nothing on disk is changed. Writes fail.
    ///
    /// - Parameter besideWriter: false where a `DatabaseLock` keeps writers away: files are opened when they are read, so that
    ///   a damaged one hinders nobody from reading the others.
    /// - Throws: `notFound` where there is none; `newerSchema`.
    package convenience init(readingAt path: String, besideWriter: Bool = true) throws(StorageError) {
        try Database.refuseUnknownFamilies(path: path)
        var options = DatabaseOptions()
        // Files that the writer deletes meanwhile stay readable as long as they are open. The other is the least that
        // RocksDB takes.
        options.openFileCount = besideWriter ? -1 : 20
        try self.init(Database.openUnmoved(path, options))
        guard try hasIdentity else { throw .notFound("a database in \(path)") }
    }

    private init(_ opened: OpenedDatabase) {
        unsafe handle = unsafe opened.handle
        families = opened.families
        unsafe readOptions = rocksdb_readoptions_create()
        unsafe writeOptions = rocksdb_writeoptions_create()
        unsafe syncedWriteOptions = rocksdb_writeoptions_create()
        unsafe rocksdb_writeoptions_set_sync(syncedWriteOptions, 1)
    }

    deinit {
        families.destroy()
        unsafe rocksdb_readoptions_destroy(readOptions)
        unsafe rocksdb_writeoptions_destroy(writeOptions)
        unsafe rocksdb_writeoptions_destroy(syncedWriteOptions)
        unsafe rocksdb_close(handle)
    }

    // MARK: Writing

    package func makeBatch() -> WriteBatch { WriteBatch(families) }

    /// Writes a batch atomically. With `synced`, it and everything written before it are on disk on return.
    package func write(_ batch: consuming WriteBatch, synced: Bool = false) throws(StorageError) {
        let options = unsafe synced ? syncedWriteOptions : writeOptions
        do throws(StorageError) {
            try unsafe checked { failure in unsafe rocksdb_write(handle, options, batch.handle, failure) }
        } catch { throw damage.noted(error) }
    }

    /// Writes all memtables to files, so that an open need not replay the log.
    package func flush() throws(StorageError) {
        let options = unsafe rocksdb_flushoptions_create()
        defer { unsafe rocksdb_flushoptions_destroy(options) }
        for family in ColumnFamily.allCases {
            try unsafe checked { failure in unsafe rocksdb_flush_cf(handle, options, families[family], failure) }
        }
    }

    /// Returns once no flush or compaction has run for a while: for measurements, whose costs would otherwise come later.
    /// That something is pending does not count: what is merged by size may say so and leave it at that.
    package func waitForCompaction() {
        var quiet = 0
        while quiet < 20 {
            let isRunning = ColumnFamily.allCases.contains { family in
                ["rocksdb.num-running-compactions", "rocksdb.num-running-flushes"]
                    .contains { property($0, of: family) ?? 0 > 0 }
            }
            quiet = isRunning ? 0 : quiet + 1
            usleep(10_000)
        }
    }

    /// Compacts a range of a family, so that what was deleted gives its space back.
    package func compact(_ family: ColumnFamily) {
        unsafe rocksdb_compact_range_cf(handle, families[family], nil, 0, nil, 0)
    }

    /// Removes the files of a family that hold no key above one, without reading or writing any: for what has been deleted,
    /// and was already synced to be so, because files go at once and for good, whoever has a snapshot.
    package func deleteFiles(_ family: ColumnFamily, through end: [UInt8]) throws(StorageError) {
        try unsafe checked { failure in
            unsafe end.withUnsafeCharacters { end in
                unsafe rocksdb_delete_file_in_range_cf(
                    handle,
                    families[family],
                    nil,
                    0,
                    end.baseAddress,
                    end.count,
                    failure
                )
            }
        }
    }

    /// A consistent copy in a new directory; files are linked, not copied, where the file system can.
    package func checkpoint(at path: String) throws(StorageError) {
        let checkpoint = try unsafe checked { failure in unsafe rocksdb_checkpoint_object_create(handle, failure) }
        defer { unsafe rocksdb_checkpoint_object_destroy(checkpoint) }
        // Zero: memtables are flushed, so the copy needs no log.
        try unsafe checked { failure in unsafe rocksdb_checkpoint_create(checkpoint, path, 0, failure) }
    }

    // MARK: Reading

    /// The value of a key, nil where there is none. A snapshot answers as of when it was taken.
    package func get(
        _ family: ColumnFamily,
        _ key: [UInt8],
        in snapshot: Snapshot? = nil
    ) throws(StorageError) -> [UInt8]? {
        let options = unsafe snapshot?.readOptions ?? readOptions
        let pinned: OpaquePointer?
        do throws(StorageError) {
            unsafe pinned = try unsafe checked { failure in
                unsafe key.withUnsafeCharacters { key in
                    unsafe rocksdb_get_pinned_cf(handle, options, families[family], key.baseAddress, key.count, failure)
                }
            }
        } catch { throw damage.noted(error) }
        guard let pinned = unsafe pinned else { return nil }
        defer { unsafe rocksdb_pinnableslice_destroy(pinned) }
        var byteCount = 0
        let start = unsafe rocksdb_pinnableslice_value(pinned, &byteCount)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: byteCount))
    }

    /// What is to be in the database by its own rules; a lack of it is an error.
    package func require(
        _ family: ColumnFamily,
        _ key: [UInt8],
        in snapshot: Snapshot? = nil
    ) throws(StorageError) -> [UInt8] {
        guard let value = try get(family, key, in: snapshot) else {
            throw .notFound("\(family.name) \(Hex.encode(key))")
        }
        return value
    }

    /// A frozen view of all families as they are now.
    package func snapshot() -> Snapshot { Snapshot(self) }

    /// A number that RocksDB keeps, for instance `rocksdb.estimate-live-data-size`; nil where it does not know it.
    package func property(_ name: String, of family: ColumnFamily) -> UInt64? {
        var number: UInt64 = 0
        return unsafe rocksdb_property_int_cf(handle, families[family], name, &number) == 0 ? number : nil
    }
}

extension Database {
    private static let openingCount = 500

    /// Opens a database for reading although its writer may be at work.
    ///
    /// RocksDB reads first which files there are, and then the log. A writer that turns a part of the log into a file in
    /// between, and drops that part, would leave a hole. It says so in the list of files, so that is looked at before and
    /// after: if it has changed, what was opened is not used.
    private static func openUnmoved(
        _ path: String,
        _ options: DatabaseOptions
    ) throws(StorageError) -> OpenedDatabase {
        for _ in 0..<openingCount {
            let before = fileList(of: path)
            do throws(StorageError) {
                let opened = try OpenedDatabase(path, options, isReadOnly: true)
                if fileList(of: path) == before { return opened }
                opened.close()
            } catch {
                guard fileList(of: path) != before else { throw error }
            }
        }
        throw .refused("\(path) changes faster than it can be opened")
    }

    /// The name and the length of the list of files; nil where there is no database.
    private static func fileList(of path: String) -> String? {
        guard let file = unsafe fopen("\(path)/CURRENT", "r") else { return nil }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard unsafe fgets(&line, 64, file) != nil else { return nil }
        let name = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        var information = stat()
        guard unsafe lstat("\(path)/\(String(decoding: name, as: UTF8.self))", &information) == 0 else { return nil }
        return "\(name) \(information.st_size)"
    }
}

/// Runs a call of the C interface and turns its error text, which it frees, into a thrown error.
func checked<Result>(
    _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) throws(StorageError) -> Result {
    var failure: UnsafeMutablePointer<CChar>?
    let result = unsafe call(&failure)
    guard let failure = unsafe failure else { return result }
    defer { unsafe rocksdb_free(failure) }
    throw unsafe StorageError(status: String(cString: failure))
}

/// A C string of our own, for arrays of strings; the caller deallocates it.
func duplicate(_ text: String) -> UnsafeMutablePointer<CChar> {
    let characters = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: characters.count)
    for (index, character) in characters.enumerated() { unsafe copy[index] = character }
    return unsafe copy
}
