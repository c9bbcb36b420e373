package import Primitives
package import Storage

extension SnapshotStore {
    /// Takes over what only this machine has from the database that the finished one is to replace: the journal, its
    /// identity, and the bodies of proposals above the snapshot that the journal's promises are about (rules 15 and 20).
    ///
    /// Nobody may write to the old one meanwhile. Done again after a crash, it comes to the same.
    ///
    /// - Parameter key: the own consensus key. Where the blocks that were not replayed show that it signed what the old
    ///   database cannot know, that one is an old image: its identity stays behind, so that the key votes no more.
    package func takeJournal(of old: Database, key: PublicKey) throws(LedgerFault) {
        let isOwn = try !hasSigned(key, above: old)
        do throws(StorageError) {
            let executed = try SnapshotStore.height(.executed, in: database)
            var batch = database.makeBatch()
            batch.deleteRange(.journal, from: [], to: [UInt8](repeating: 0xFF, count: 64))
            try SnapshotStore.copy(.journal, from: [], of: old, into: &batch)
            try SnapshotStore.copy(
                .bodies,
                from: StorageKey.height(executed.advanced(by: 1).number),
                of: old,
                into: &batch
            )
            if isOwn, let identity = try old.get(.meta, MetaKey.journal.bytes) {
                batch.put(.meta, MetaKey.journal.bytes, identity)
            } else {
                batch.delete(.meta, MetaKey.journal.bytes)
            }
            try database.write(batch, synced: true)
        } catch { throw .storage(error) }
    }

    /// Whether a block names the key's validator as its proposer, or a certificate holds its attestation, further above
    /// what a database certified and executed than the window lets a replica go.
    private func hasSigned(_ key: PublicKey, above old: Database) throws(LedgerFault) -> Bool {
        let (certified, executed) = try onStorage { () throws(StorageError) in
            (try SnapshotStore.height(.certified, in: old), try SnapshotStore.height(.executed, in: old))
        }
        let store = try ChainStore(database, chain: chain)
        let window = chain.genesis.parameters.window
        let first = max(store.headerFloor, min(certified, executed).advanced(by: window + 1))
        guard first <= store.lastExecuted else { return false }
        for number in first.number...store.lastExecuted.number {
            guard let header = try store.header(at: Height(number)),
                let index = try store.epoch(header.epoch)?.validators.index(of: key)
            else { continue }
            if header.proposer == UInt64(index) { return true }
            let certificate = try store.certificate(at: Height(number))
            if certificate?.entries.contains(where: { $0.index == UInt64(index) }) ?? false { return true }
        }
        return false
    }

    private static func height(_ name: MetaKey, in database: Database) throws(StorageError) -> Height {
        guard let number = StorageKey.height(of: try database.require(.meta, name.bytes)) else {
            throw .corruption("\(name.rawValue) is no height")
        }
        return Height(number)
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
