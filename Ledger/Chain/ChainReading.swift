package import Primitives
package import Storage

// Reading by height and by id. Nil means that there is no such thing; what has been pruned is said to be so. Headers and
// certificates are kept for ever.
extension ChainStore {
    /// Runs a read of what belongs to a height, and looks afterwards whether the height is kept: while it reads, pruning
    /// may come by, which raises the lowest height before it deletes anything.
    func kept<Result>(
        _ height: Height,
        _ body: () throws(LedgerFault) -> Result
    ) throws(LedgerFault) -> Result {
        do throws(LedgerFault) {
            let result = try body()
            try checkKept(height)
            return result
        } catch {
            try checkKept(height)
            throw error
        }
    }

    private func checkKept(_ height: Height) throws(LedgerFault) {
        let lowest = lowest
        guard height >= lowest else { throw .pruned(height, lowest: lowest) }
    }

    package func header(at height: Height) throws(LedgerFault) -> Header? { try record(at: height)?.header }

    func record(at height: Height) throws(LedgerFault) -> BlockRecord? {
        try read(.blocks, StorageKey.height(height.number)) { (bytes) throws(CBORError) in
            try BlockRecord(decoding: bytes)
        }
    }

    package func certificate(at height: Height) throws(LedgerFault) -> Certificate? {
        try read(.certificates, StorageKey.height(height.number)) { (bytes) throws(CBORError) in
            try Certificate(decoding: bytes)
        }
    }

    /// The block with its transactions' bytes, as peers that catch up get it.
    package func block(at height: Height) throws(LedgerFault) -> Block? {
        try kept(height) { () throws(LedgerFault) in
            guard let record = try record(at: height) else { return nil }
            guard let digest = record.bodies else { return Block(header: record.header, transactions: []) }
            guard let bodies = try bodies(height: height, proposal: digest) else { return nil }
            return Block(header: record.header, transactions: record.kept(of: bodies))
        }
    }

    /// The block's transactions as received, in order.
    package func transactions(at height: Height) throws(LedgerFault) -> [[UInt8]]? {
        try block(at: height)?.transactions
    }

    /// A row of the state after the last executed block.
    package func state(_ key: [UInt8]) throws(LedgerFault) -> [UInt8]? {
        try onStorage { () throws(StorageError) in try database.get(.state, key) }
    }

    /// One receipt for each transaction, and one more where the chain itself did something.
    package func receipts(at height: Height) throws(LedgerFault) -> [Receipt] {
        try kept(height) { () throws(LedgerFault) in try storedReceipts(at: height) }
    }

    /// Those that are still there.
    func storedReceipts(at height: Height) throws(LedgerFault) -> [Receipt] {
        try read(.receipts, StorageKey.height(height.number)) { (bytes) throws(CBORError) in
            var decoder = CBORDecoder(bytes)
            var receipts: [Receipt] = []
            for _ in 0..<(try decoder.array(atMost: .max)) { receipts.append(try Receipt(from: &decoder)) }
            try decoder.finish()
            return receipts
        } ?? []
    }

    /// Where an executed transaction stands.
    package func location(of id: Digest) throws(LedgerFault) -> TransactionLocation? {
        let bytes = try onStorage { () throws(StorageError) in try database.get(.transactions, id.bytes) }
        guard let bytes else { return nil }
        guard let location = TransactionLocation(decoding: bytes) else {
            throw .storage(.corruption("the place of transaction \(id.hex)"))
        }
        return location
    }

    package func receipt(of id: Digest) throws(LedgerFault) -> Receipt? {
        guard let location = try location(of: id) else { return nil }
        let receipts = try receipts(at: location.height)
        guard receipts.indices.contains(location.index) else { return nil }
        return receipts[location.index]
    }

    /// All events of a block, in order.
    package func events(at height: Height) throws(LedgerFault) -> [BlockEvent] {
        try kept(height) { () throws(LedgerFault) in
            try read(.events, StorageKey.height(height.number)) { (bytes) throws(CBORError) in
                try EventList.decode(bytes)
            } ?? []
        }
    }

    /// Blocks with events above a height and up to another, oldest first, at most as many as the limit: a page. The
    /// last height of a full page is where the next one begins.
    package func events(
        after height: Height,
        through last: Height,
        blockLimit: Int
    ) throws(LedgerFault) -> [(height: Height, events: [BlockEvent])] {
        guard height < last else { return [] }
        let from = StorageKey.height(height.advanced(by: 1).number)
        let to = last.number == .max ? nil : StorageKey.height(last.number + 1)
        return try kept(height.advanced(by: 1)) { () throws(LedgerFault) in
            try onStorage { () throws(StorageError) in
                var pages: [(height: Height, events: [BlockEvent])] = []
                for row in try database.scan(.events, from: from, to: to, limit: blockLimit) {
                    guard let number = StorageKey.height(of: row.key) else { throw .corruption("events of no height") }
                    let events = try ChainStore.decode(row.value) { (bytes) throws(CBORError) in
                        try EventList.decode(bytes)
                    }
                    pages.append((height: Height(number), events: events))
                }
                return pages
            }
        }
    }

    // MARK: Bodies

    /// The transactions of a batch, kept under its height and the digest of its proposal.
    package func bodies(height: Height, proposal: Digest) throws(LedgerFault) -> [[UInt8]]? {
        try read(.bodies, ChainStore.bodiesKey(height, proposal)) { (bytes) throws(CBORError) in
            try BodyList.decode(bytes)
        }
    }

    /// For the journal, which writes a proposal's bodies, synced, before PREPARE (rule 15). They are kept once: the
    /// block only refers to them. One value for all of them, because a key each would cost more than their bytes.
    package func putBodies(
        _ bodies: [[UInt8]],
        height: Height,
        proposal: Digest,
        into batch: inout WriteBatch
    ) {
        batch.put(.bodies, ChainStore.bodiesKey(height, proposal), BodyList.encode(bodies))
    }

    static func bodiesKey(_ height: Height, _ digest: Digest) -> [UInt8] {
        StorageKey.height(height.number) + digest.bytes
    }

    private func read<Value>(
        _ family: ColumnFamily,
        _ key: [UInt8],
        _ body: ([UInt8]) throws(CBORError) -> Value
    ) throws(LedgerFault) -> Value? {
        do throws(StorageError) {
            guard let bytes = try database.get(family, key) else { return nil }
            return try ChainStore.decode(bytes, body)
        } catch {
            throw .storage(error)
        }
    }
}
