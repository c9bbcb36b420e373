internal import ContractKit
internal import Contracts
internal import Governance
internal import Primitives
internal import Storage

/// Blocks that are certified and hold what their headers say, ready to be written.
struct CheckedHistory {
    struct Item {
        let header: Header
        let certificate: Certificate?
        /// Nil for a header alone.
        let content: Content?
    }

    struct Content {
        let transactions: [SignedTransaction]
        let receipts: [Receipt]
        let encodedReceipts: [[UInt8]]
    }

    let items: [Item]

    /// - Throws: `UnprovenError` where they are not consecutive from this height on, not certified, or not what was asked
    ///   for.
    init(
        _ blocks: [HistoricBlock],
        from first: Height,
        isWhole: Bool,
        _ trail: EpochTrail,
        _ limits: TransactionLimits
    ) throws(UnprovenError) {
        guard blocks.first?.header.height == first, let last = blocks.last, let certificate = last.certificate else {
            throw UnprovenError("the blocks are not those that were asked for")
        }
        for (block, next) in zip(blocks, blocks.dropFirst()) {
            guard next.header.height == block.header.height.advanced(by: 1), !block.header.endsEpoch,
                next.header.parent == block.header.digest, next.header.epoch == block.header.epoch
            else { throw UnprovenError("the blocks do not follow on one another") }
        }
        try trail.check(last.header, certificate)
        var items: [Item] = []
        for block in blocks {
            // What is kept is handed on, so it is verified too.
            if block.header.height != last.header.height, let certificate = block.certificate {
                try trail.check(block.header, certificate)
            }
            guard (block.content != nil) == isWhole else { throw UnprovenError("the blocks are not whole") }
            let content = try block.content.map { content throws(UnprovenError) in
                try Self.check(content, under: block.header, limits)
            }
            items.append(Item(header: block.header, certificate: block.certificate, content: content))
        }
        self.items = items
    }

    private static func check(
        _ content: HistoricBlock.Content,
        under header: Header,
        _ limits: TransactionLimits
    ) throws(UnprovenError) -> Content {
        guard BlockTree.root(leaves: content.transactions.map { BlockTree.leaf($0) }) == header.transactionsRoot,
            BlockTree.root(leaves: content.receipts.map { BlockTree.leaf($0) }) == header.receiptsRoot
        else { throw UnprovenError("block \(header.height.number) does not hold what its header says") }
        do {
            return Content(
                transactions: try content.transactions.map { try SignedTransaction(decoding: $0, limits: limits) },
                receipts: try content.receipts.map { try Receipt(decoding: $0) },
                encodedReceipts: content.receipts
            )
        } catch {
            throw UnprovenError("block \(header.height.number) holds what cannot be read")
        }
    }

    var last: Height { items.last?.header.height ?? .genesis }

    /// As the executor leaves them.
    func stage(upTo last: Height, into batch: inout WriteBatch) {
        for item in items where item.header.height <= last {
            let key = StorageKey.height(item.header.height.number)
            let record = BlockRecord(item.header)
            batch.put(.blocks, key, record.encoded)
            if let certificate = item.certificate { batch.put(.certificates, key, certificate.encoded) }
            guard let content = item.content else { continue }
            if let bodies = record.bodies {
                batch.put(.bodies, key + bodies.bytes, BodyList.encode(content.transactions.map(\.bytes)))
            }
            for (index, transaction) in content.transactions.enumerated() {
                batch.put(
                    .transactions,
                    transaction.id.bytes,
                    TransactionLocation.encode(item.header.height, index)
                )
            }
            if !content.receipts.isEmpty { batch.put(.receipts, key, ReceiptList.encode(content.encodedReceipts)) }
            let events = content.events
            if !events.isEmpty { batch.put(.events, key, EventList.encode(events)) }
        }
    }
}

extension CheckedHistory.Content {
    /// In the order of execution: deadlines, transactions, the end of the epoch. What the chain itself did stands in one
    /// receipt, behind all others; governance has no deadlines, so its events are those of the epoch's end.
    var events: [BlockEvent] {
        var events: [BlockEvent] = []
        for (transaction, receipt) in zip(transactions, receipts) {
            events += receipt.events.map {
                BlockEvent(event: $0, account: transaction.account, transaction: transaction.id)
            }
        }
        guard receipts.count > transactions.count, let own = receipts.last else { return events }
        let all = own.events.map { BlockEvent(event: $0, account: AccountID(.zero), transaction: .zero) }
        let end = all.firstIndex { $0.event.contract.matches(Governance.name) } ?? all.endIndex
        return all[..<end] + events + all[end...]
    }
}
