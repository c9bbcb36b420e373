internal import CRocksDB

/// RocksDB's handles of the column families, by the schema's order.
@safe
final class FamilyHandles: @unchecked Sendable {
    // Sendable: immutable, and the handles may be used from any thread until the database closes.
    private let handles: [OpaquePointer?]

    init(_ handles: [OpaquePointer?]) { unsafe self.handles = unsafe handles }

    subscript(family: ColumnFamily) -> OpaquePointer? { unsafe handles[family.rawValue] }

    /// Called once, by the database, just before it closes.
    func destroy() {
        unsafe handles.forEach { unsafe rocksdb_column_family_handle_destroy($0) }
    }
}
