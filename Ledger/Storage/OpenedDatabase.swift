internal import CRocksDB

/// What RocksDB gives for an opening. Whoever holds it closes it.
@safe
struct OpenedDatabase {
    let handle: OpaquePointer
    let families: FamilyHandles

    init(_ path: String, _ options: DatabaseOptions, isReadOnly: Bool) throws(StorageError) {
        let optionSet = OptionSet(options, isReadOnly: isReadOnly)
        // RocksDB insists on a family "default", which stays empty.
        let names = unsafe (ColumnFamily.allCases.map(\.name) + ["default"]).map { unsafe duplicate($0) }
        defer { unsafe names.forEach { unsafe $0.deallocate() } }
        var handles = unsafe [OpaquePointer?](repeating: nil, count: names.count)
        let constantNames: [UnsafePointer<CChar>?] = unsafe names.map { unsafe UnsafePointer($0) }
        let opened = try unsafe checked { failure in
            unsafe isReadOnly
                ? rocksdb_open_for_read_only_column_families(
                    optionSet.database,
                    path,
                    Int32(names.count),
                    constantNames,
                    optionSet.families,
                    &handles,
                    0,
                    failure
                )
                : rocksdb_open_column_families(
                    optionSet.database,
                    path,
                    Int32(names.count),
                    constantNames,
                    optionSet.families,
                    &handles,
                    failure
                )
        }
        guard let opened = unsafe opened else { throw .refused("RocksDB gave no handle") }
        unsafe handle = unsafe opened
        families = unsafe FamilyHandles(handles)
    }

    func close() {
        families.destroy()
        unsafe rocksdb_close(handle)
    }
}
