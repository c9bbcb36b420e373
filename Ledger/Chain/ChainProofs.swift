package import Primitives
internal import Storage

// Proofs and states of the past.
extension ChainStore {
    /// The proof file of a transaction, or of its receipt alone; nil where it is unknown or its block is not final here
    /// yet.
    package func proof(of id: Digest, isReceiptOnly: Bool = false) throws(LedgerFault) -> ProofFile? {
        guard let location = try location(of: id), let block = try block(at: location.height),
            block.transactions.indices.contains(location.index),
            let receipt = try receiptInclusion(location.index, of: receipts(at: location.height))
        else { return nil }
        if isReceiptOnly { return try proof(under: block.header, .receipt(receipt)) }
        let leaves = block.transactions.map { BlockTree.leaf($0) }
        guard let path = InclusionPath(to: location.index, in: leaves) else { return nil }
        let inclusion = ProofFile.Inclusion(
            transaction: block.transactions[location.index],
            receipt: receipt.receipt,
            transactionPath: path,
            receiptPath: receipt.path
        )
        return try proof(under: block.header, .inclusion(inclusion))
    }

    /// The proof file of an event, by its position among those of the block, as feeds count them; nil where there is no
    /// such event, or the block is not final here yet.
    package func proof(ofEvent index: Int, at height: Height) throws(LedgerFault) -> ProofFile? {
        guard let header = try header(at: height) else { return nil }
        let receipts = try receipts(at: height)
        let events = try events(at: height)
        guard events.indices.contains(index),
            // What the chain did before the first transaction stands first in feeds, and last among the receipts.
            let position = receipts.firstIndex(where: { $0.transaction == events[index].transaction }),
            let inclusion = receiptInclusion(position, of: receipts)
        else { return nil }
        return try proof(under: header, .event(digest: events[index].event.digest, inclusion))
    }

    private func receiptInclusion(
        _ index: Int,
        of receipts: [Receipt]
    ) -> ProofFile.ReceiptInclusion? {
        guard let path = InclusionPath(to: index, in: receipts.map(\.leaf)) else { return nil }
        return ProofFile.ReceiptInclusion(receipt: receipts[index].encoded, path: path)
    }

    /// Where a transaction stands in the tree of its block, as RFC 9162 tells it; nil where it is unknown.
    package func treeEntry(of id: Digest) throws(LedgerFault) -> TreeEntry? {
        guard let location = try location(of: id), let block = try block(at: location.height) else { return nil }
        let leaves = block.transactions.map { BlockTree.leaf($0) }
        guard let path = BlockTree.path(to: location.index, in: leaves) else { return nil }
        return TreeEntry(
            header: block.header,
            transaction: block.transactions[location.index],
            index: UInt64(location.index),
            size: UInt64(leaves.count),
            path: path
        )
    }

    /// The proof file of leaves of the state after a height; nil where that height is not final here yet.
    package func proof(ofStates keys: [[UInt8]], at height: Height) throws(LedgerFault) -> ProofFile? {
        guard let header = try header(at: height) else { return nil }
        var proofs: [StateProof] = []
        for key in keys { proofs.append(try stateProof(of: key, at: height)) }
        return try proof(under: header, .states(proofs))
    }

    /// Certificates may skip heights (`putCertificates`): then the headers up to the next certified one lead to it.
    private func proof(under header: Header, _ subject: ProofFile.Subject) throws(LedgerFault) -> ProofFile? {
        guard let handovers = try handovers(to: header.epoch) else { return nil }
        var descendants: [Header] = []
        var height = header.height
        while height <= lastCertified {
            if let certificate = try certificate(at: height) {
                return ProofFile(
                    handovers: handovers,
                    header: header,
                    descendants: descendants,
                    certificate: certificate,
                    subject: subject
                )
            }
            height = height.advanced(by: 1)
            guard let next = try self.header(at: height) else { return nil }
            descendants.append(next)
        }
        return nil
    }

    /// What the state held under a key after a height, provable under that block's state root.
    package func stateProof(of key: [UInt8], at height: Height) throws(LedgerFault) -> StateProof {
        try onTree(at: height) { () throws(StorageError) in try StateTree.prove(key, in: database, at: height) }
    }

    /// The value of a leaf after a height, and the height of the block that set it.
    package func value(
        of key: [UInt8],
        at height: Height
    ) throws(LedgerFault) -> (value: [UInt8], since: Height)? {
        try onTree(at: height) { () throws(StorageError) in try StateTree.value(of: key, in: database, at: height) }
    }

    func onTree<Result>(
        at height: Height,
        _ body: () throws(StorageError) -> Result
    ) throws(LedgerFault) -> Result {
        guard height <= lastExecuted else { throw .noSuchHeight(height) }
        try checkStateKept(height)
        return try kept(height) { () throws(LedgerFault) in try onStorage(body) }
    }

    /// The whole state after a height: by default after the last certified one. It stays as it is while blocks go on.
    package func view(at height: Height? = nil) throws(LedgerFault) -> StateView {
        // The snapshot comes first, and says itself how far it goes: blocks may be written meanwhile.
        let recent = recentUndo
        let snapshot = database.snapshot()
        let newest = try onStorage { () throws(StorageError) in
            Height(StorageKey.height(of: try database.require(.meta, MetaKey.executed.bytes, in: snapshot)) ?? 0)
        }
        let height = height ?? min(lastCertified, newest)
        guard height <= newest else { throw .noSuchHeight(height) }
        try checkStateKept(height)
        return try kept(height) { () throws(LedgerFault) in
            guard newest.number - height.number <= ChainStore.greatestLookBack else { throw .tooFarBack(height) }
            guard let header = try header(at: height) else { throw .noSuchHeight(height) }
            return try onStorage { () throws(StorageError) in
                StateView(
                    height: height,
                    time: header.time,
                    chain: chain.id,
                    database: database,
                    snapshot: snapshot,
                    undone: try undone(from: height, to: newest, recent: recent, snapshot)
                )
            }
        }
    }

    private func undone(
        from height: Height,
        to newest: Height,
        recent: [UndoRecord],
        _ snapshot: Snapshot
    ) throws(StorageError) -> [UndoRecord] {
        guard height < newest else { return [] }
        var records: [UndoRecord] = []
        for number in (height.number + 1)...newest.number {
            if let first = recent.first?.height.number, number >= first, number - first < UInt64(recent.count) {
                records.append(recent[Int(number - first)])
            } else if let bytes = try database.get(.undo, StorageKey.height(number), in: snapshot) {
                records.append(
                    try ChainStore.decode(bytes) { (bytes) throws(CBORError) in
                        try UndoRecord(decoding: bytes, height: Height(number))
                    }
                )
            }
        }
        return records
    }
}
