internal import Primitives
package import Storage

extension SnapshotStore {
    /// Takes over what only this machine has from the database that the finished one is to replace: the journal, its
    /// identity, and the bodies of proposals above the snapshot that the journal's promises are about (rules 15 and 20).
    ///
    /// Nobody may write to the old one meanwhile. Done again after a crash, it comes to the same.
    package func takeJournal(of old: Database) throws(LedgerFault) {
        do throws(StorageError) {
            guard let executed = StorageKey.height(of: try database.require(.meta, MetaKey.executed.bytes)) else {
                throw .corruption("executed is no height")
            }
            var batch = database.makeBatch()
            batch.deleteRange(.journal, from: [], to: [UInt8](repeating: 0xFF, count: 64))
            try SnapshotStore.copy(.journal, from: [], of: old, into: &batch)
            try SnapshotStore.copy(.bodies, from: StorageKey.height(executed + 1), of: old, into: &batch)
            if let identity = try old.get(.meta, MetaKey.journal.bytes) {
                batch.put(.meta, MetaKey.journal.bytes, identity)
            } else {
                batch.delete(.meta, MetaKey.journal.bytes)
            }
            try database.write(batch, synced: true)
        } catch { throw .storage(error) }
    }

    private static func copy(
        _ family: ColumnFamily,
        from start: [UInt8],
        of old: Database,
        into batch: inout WriteBatch
    ) throws(StorageError) {
        var cursor = old.cursor(family, from: start)
        while cursor.isValid {
            batch.put(family, cursor.key, cursor.value)
            cursor.next()
        }
        try cursor.check()
    }
}
