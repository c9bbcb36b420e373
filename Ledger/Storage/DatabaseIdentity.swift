internal import CRocksDB
internal import Primitives

extension Database {
    /// A family that this schema does not name was made by a newer one. RocksDB could not even open it.
    static func refuseUnknownFamilies(path: String) throws(StorageError) {
        let options = unsafe rocksdb_options_create()
        defer { unsafe rocksdb_options_destroy(options) }
        var count = 0
        var failure: UnsafeMutablePointer<CChar>?
        let list = unsafe rocksdb_list_column_families(options, path, &count, &failure)
        if let failure = unsafe failure {
            // There is no database yet. Any other trouble shows when it is opened.
            unsafe rocksdb_free(failure)
            return
        }
        defer { unsafe rocksdb_list_column_families_destroy(list, count) }
        let known = Set(ColumnFamily.allCases.map(\.name) + ["default"])
        for index in 0..<count {
            guard let name = unsafe list?[index] else { continue }
            let text = unsafe String(cString: name)
            if !known.contains(text) {
                throw .newerSchema(found: "with a family named \(text)", supported: schemaVersion)
            }
        }
    }

    /// Checks the schema version and the chain, or writes them where the database is new.
    func checkIdentity(of chain: Digest) throws(StorageError) {
        guard try hasIdentity else { return try writeIdentity(of: chain) }
        guard let found = Digest(try require(.meta, MetaKey.chain.bytes)) else {
            throw .corruption("the chain id is not a digest")
        }
        guard found == chain else { throw .otherChain(found: found, expected: chain) }
    }

    /// Whether a schema version is there; one that is known.
    var hasIdentity: Bool {
        get throws(StorageError) {
            guard let stored = try get(.meta, MetaKey.schema.bytes) else { return false }
            var decoder = CBORDecoder(stored)
            guard let version = try? decoder.unsigned(), decoder.isAtEnd else {
                throw .corruption("the schema version is not a number")
            }
            guard version <= schemaVersion else { throw .newerSchema(found: "\(version)", supported: schemaVersion) }
            guard version == schemaVersion else { throw .olderSchema(found: version, supported: schemaVersion) }
            return true
        }
    }

    private func writeIdentity(of chain: Digest) throws(StorageError) {
        // The version is the first thing ever written: without it, whatever else is here is not ours.
        for family in ColumnFamily.allCases where !(try isEmpty(family)) {
            throw .corruption("there is data and no schema version")
        }
        var version = CBOREncoder()
        version.unsigned(schemaVersion)
        var batch = makeBatch()
        batch.put(.meta, MetaKey.schema.bytes, version.bytes)
        batch.put(.meta, MetaKey.chain.bytes, chain.bytes)
        try write(batch, synced: true)
    }

    private func isEmpty(_ family: ColumnFamily) throws(StorageError) -> Bool {
        try scan(family, from: [], limit: 1).isEmpty
    }
}
