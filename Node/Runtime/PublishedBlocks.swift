internal import Ledger
internal import Primitives

extension PublishedBlock {
    init(_ block: ExecutedBlock) {
        self.init(
            height: block.header.height,
            time: block.header.time,
            transactions: zip(block.transactions, block.receipts).map { transaction, receipt in
                BlockView.Item(id: transaction.id, reference: transaction.reference, code: receipt.status.text)
            },
            events: block.events.enumerated().map { EventView(index: $0, $1) }
        )
    }
}

extension EventView {
    init(index: Int, _ event: BlockEvent) {
        self.init(
            index: UInt32(clamping: index),
            contract: event.event.contract.text,
            name: event.event.name.text,
            account: event.account,
            transaction: event.transaction,
            fields: event.event.fields
        )
    }
}

extension ChainStore {
    /// A block of the past in the form in which readers get it.
    func published(at height: Height) throws(LedgerFault) -> PublishedBlock? {
        guard let block = try block(at: height) else { return nil }
        let receipts = try receipts(at: height)
        let events = try events(at: height)
        return PublishedBlock(
            height: height,
            time: block.header.time,
            transactions: zip(block.transactions, receipts).map { bytes, receipt in
                BlockView.Item(id: receipt.transaction, reference: BlockTree.leaf(bytes), code: receipt.status.text)
            },
            events: events.enumerated().map { EventView(index: $0, $1) }
        )
    }
}
