internal import Primitives
internal import Storage

extension ChainStore {
    /// Copies the chain into a new directory, as it is now: everything but the journal, which no copy may hold, so that a
    /// validator that is put back from one can never vote twice (rule 20 of the protocol).
    ///
    /// - Parameter progress: is told now and then how many bytes are copied.
    /// - Returns: the bytes of all keys and values.
    package func copy(to path: String, progress: (UInt64) -> Void = { _ in }) throws(LedgerFault) -> UInt64 {
        try onStorage { () throws(StorageError) in
            let snapshot = database.snapshot()
            let target = try Database(path: path, chain: chain.id)
            var byteCount: UInt64 = 0
            for family in ColumnFamily.allCases where family != .journal {
                var cursor = database.cursor(family, from: [], in: snapshot)
                while cursor.isValid {
                    var batch = target.makeBatch()
                    var batched: UInt64 = 0
                    while cursor.isValid, batched < ChainStore.copiedBatchByteCount {
                        let (key, value) = (cursor.key, cursor.value)
                        if family != .meta || key != MetaKey.journal.bytes { batch.put(family, key, value) }
                        batched += UInt64(key.count + value.count)
                        cursor.next()
                    }
                    try target.write(batch)
                    byteCount += batched
                    progress(byteCount)
                }
                try cursor.check()
            }
            try target.flush()
            return byteCount
        }
    }

    private static var copiedBatchByteCount: UInt64 { 4 << 20 }
}
