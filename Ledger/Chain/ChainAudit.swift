internal import ContractKit
internal import Primitives
internal import Storage

/// Whether everything that a database holds fits together: blocks, certificates, receipts, events, the state, and its tree
/// after every height that is kept.
///
/// It trusts the genesis and what a quorum signed, nothing else that stands there.
package struct ChainAudit {
    /// What is wrong, the first of it.
    package struct Finding: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// What was looked at.
    package struct Report: Sendable {
        package fileprivate(set) var blocks: UInt64 = 0
        package fileprivate(set) var certificates: UInt64 = 0
        package fileprivate(set) var transactions: UInt64 = 0
        package fileprivate(set) var events: UInt64 = 0
        package fileprivate(set) var rows: UInt64 = 0
        /// Heights whose state is kept and was looked at.
        package fileprivate(set) var states: UInt64 = 0
        /// Records of the state tree of which the newest state consists.
        package fileprivate(set) var records: UInt64 = 0
    }

    let store: ChainStore
    let progress: (String) -> Void
    private(set) var report = Report()

    /// - Parameter progress: is told now and then how far it is.
    package init(_ store: ChainStore, progress: @escaping (String) -> Void = { _ in }) {
        self.store = store
        self.progress = progress
    }

    /// - Throws: `Finding`; `LedgerFault` where something cannot be read.
    package mutating func run() throws -> Report {
        let last = store.lastExecuted
        let first = store.headerFloor
        var parent = first == Height(1) ? store.chain.id : nil
        var validators = try validators(at: first)
        for number in first.number..<(last.number + 1) {
            let height = Height(number)
            guard let header = try store.header(at: height) else { throw Finding("block \(number) is missing") }
            try check(header, at: height, parent: parent, by: validators)
            if height >= store.lowest { try checkContent(of: header) }
            parent = header.digest
            if header.endsEpoch {
                guard let next = try store.epoch(header.epoch + 1)?.validators,
                    next.digest == header.nextValidatorsDigest
                else { throw Finding("block \(number) ends its epoch, and the validators of the next are not there") }
                validators = next
            }
            report.blocks += 1
            if number % 1000 == 0 { progress("block \(number) of \(last.number)") }
        }
        try checkState(root: store.lastHeader.stateRoot)
        try checkEarlierStates()
        try checkStale()
        try readAll()
        return report
    }

    /// Where the chain began with a snapshot, the ends of the epochs before lead there from the genesis.
    private mutating func validators(at first: Height) throws -> ValidatorSet {
        var trail = EpochTrail(store.chain)
        for handover in try store.handovers(from: 0, limit: .max) where handover.header.height < first {
            do throws(UnprovenError) { try trail.follow(handover) } catch {
                throw Finding("block \(handover.header.height.number) does not lead to the next epoch: \(error)")
            }
            report.certificates += 1
        }
        return trail.records.last?.validators ?? store.chain.validators
    }

    private mutating func check(
        _ header: Header,
        at height: Height,
        parent: Digest?,
        by validators: ValidatorSet
    ) throws {
        guard header.height == height, header.chain == store.chain.id, header.parent == parent ?? header.parent else {
            throw Finding("block \(height.number) does not follow on the one before")
        }
        guard let certificate = try store.certificate(at: height) else {
            guard height != store.lastCertified else { throw Finding("the last certificate is missing") }
            return
        }
        do throws(CertificateError) {
            try certificate.check(header, by: validators)
        } catch {
            throw Finding("the certificate of block \(height.number) does not hold: \(error)")
        }
        report.certificates += 1
    }

    private mutating func checkContent(of header: Header) throws {
        let number = header.height.number
        guard let block = try store.block(at: header.height) else {
            throw Finding("the transactions of block \(number) are missing")
        }
        guard block.isConsistent else { throw Finding("block \(number) holds other transactions than its header says") }
        let receipts = try store.receipts(at: header.height)
        guard BlockTree.root(leaves: receipts.map(\.leaf)) == header.receiptsRoot else {
            throw Finding("block \(number) has other receipts than its header says")
        }
        for (index, receipt) in receipts.enumerated() where receipt.transaction != .zero {
            let location = try store.location(of: receipt.transaction)
            guard location?.height == header.height, location?.index == index else {
                throw Finding("transaction \(receipt.transaction.hex) is not found under its id")
            }
        }
        report.transactions += UInt64(block.transactions.count)
        try checkEvents(of: block, receipts)
    }

    /// The events that feeds show are those of the receipts: the chain's own in their order, and every transaction's.
    private mutating func checkEvents(of block: Block, _ receipts: [Receipt]) throws {
        let limits = store.chain.genesis.parameters.transactionLimits
        let events = try store.events(at: block.header.height)
        var ofTransactions = events.filter { $0.transaction != .zero }[...]
        for (bytes, receipt) in zip(block.transactions, receipts) where !receipt.events.isEmpty {
            let account = try SignedTransaction(decoding: bytes, limits: limits).account
            for event in receipt.events {
                let expected = BlockEvent(event: event, account: account, transaction: receipt.transaction)
                guard ofTransactions.popFirst() == expected else { throw wrongEvents(at: block.header.height) }
            }
        }
        let own = receipts.last.flatMap { $0.transaction == .zero ? $0.events : nil } ?? []
        let isOwn = events.filter { $0.transaction == .zero }
        guard ofTransactions.isEmpty, isOwn.map(\.event) == own, isOwn.allSatisfy({ $0.account == AccountID(.zero) })
        else { throw wrongEvents(at: block.header.height) }
        report.events += UInt64(events.count)
    }

    private func wrongEvents(at height: Height) -> Finding {
        Finding("block \(height.number) has other events than its receipts say")
    }

    /// Every node of the tree under its hash, every leaf as a row, and no row that is no leaf.
    private mutating func checkState(root: Digest) throws {
        let database = store.database
        var leaves: UInt64 = 0
        let walked = try StateTree.walk(database, at: store.lastExecuted, &report.records) { key, value in
            guard try database.get(.state, key) == value else {
                throw Finding("the row \(Hex.encode(key)) is not the one in the state tree")
            }
            leaves += 1
            if leaves % 100_000 == 0 { progress("\(leaves) rows") }
        }
        guard let walked, walked == root else { throw Finding("the state tree does not have the header's root") }
        var cursor = database.cursor(.state, from: [])
        while cursor.isValid {
            if StateLayout.isLeaf(cursor.key) { report.rows += 1 }
            cursor.next()
        }
        try cursor.check()
        guard report.rows == leaves else {
            throw Finding("there are \(report.rows) rows, and \(leaves) in the state tree")
        }
    }
}

extension ChainAudit {
    /// From the newest state, which has been walked, back to the lowest that is kept: every node that a state does not share
    /// with the one after it, its root, and what the changed rows were before.
    private mutating func checkEarlierStates() throws {
        let nodes = TreeReader(database: store.database, snapshot: nil)
        var newer = try nodes.top(at: store.lastExecuted)
        var records: UInt64 = 0
        let floor = store.stateFloor.number
        for number in (floor..<store.lastExecuted.number).reversed() {
            let height = Height(number)
            if newer.version > number {
                let older = try nodes.top(at: height)
                guard try StateTree.walk(older.top, known: newer.top, at: .root, nodes, &records, { _, _ in }) else {
                    throw Finding("the state tree after block \(number) does not fit together")
                }
                try checkUndo(of: height.advanced(by: 1))
                newer = older
            }
            guard try store.header(at: height)?.stateRoot == newer.top.hash else {
                throw Finding("the state tree after block \(number) does not have the header's root")
            }
            report.states += 1
            if report.states % 1000 == 0 { progress("state \(number), down to \(floor)") }
        }
        report.states += 1
    }

    /// To look back, questions put these rows back.
    private func checkUndo(of height: Height) throws {
        guard let bytes = try store.database.get(.undo, StorageKey.height(height.number)) else {
            throw Finding("what block \(height.number) changed is missing")
        }
        let undo = try ChainStore.decode(bytes) { (bytes) throws(CBORError) in
            try UndoRecord(decoding: bytes, height: height)
        }
        for key in undo.keys where StateLayout.isLeaf(key) {
            let before = try StateTree.value(of: key, in: store.database, at: height.reduced(by: 1))?.value
            guard undo.before(key) == .some(before) else {
                throw Finding("the row \(Hex.encode(key)) was another one before block \(height.number) than is kept")
            }
        }
    }
}

extension StateTree {
    /// Visits every leaf, and computes every hash anew.
    ///
    /// - Parameter records: is raised by the number of records that were read.
    /// - Returns: the root; nil where a node does not have the hash that its parent says.
    static func walk(
        _ database: Database,
        at height: Height,
        _ records: inout UInt64,
        _ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> Void
    ) throws -> Digest? {
        let nodes = TreeReader(database: database, snapshot: nil)
        let (version, top) = try nodes.top(at: height)
        // A tree without keys has a record that says so, once a block has emptied it.
        if top.kind == .none, version > 0 { records += 1 }
        return try walk(top, known: nil, at: .root, nodes, &records, visit) ? top.hash : nil
    }

    /// - Parameter known: what stands at the same place in a tree that has been walked: what both share is passed over.
    fileprivate static func walk(
        _ child: TreeChild,
        known: TreeChild?,
        at path: TreePath,
        _ nodes: TreeReader,
        _ records: inout UInt64,
        _ visit: (_ key: [UInt8], _ value: [UInt8]) throws -> Void
    ) throws -> Bool {
        if child == known { return true }
        switch child.kind {
        case .none: return true
        case .leaf:
            let leaf = try nodes.leaf(at: path, version: child.version)
            guard leaf.hash == child.hash else { return false }
            records += 1
            try visit(leaf.key, leaf.value)
            return true
        case .inner:
            let node = try nodes.inner(at: path, version: child.version)
            // By the hashes in between as they stand on disk, of which proofs are made, and by all of them made anew.
            guard node.hash == child.hash,
                node.hashAnew() == child.hash
            else { return false }
            records += node.base < child.version ? 2 : 1
            let beside = known?.kind == .inner ? try known.map { try nodes.inner(at: path, version: $0.version) } : nil
            for nibble in 0..<16 where node[nibble].kind != .none {
                let below = TreePath(
                    position: path.position.replacingNibble(path.depth, by: nibble),
                    depth: path.depth + 1
                )
                guard try walk(node[nibble], known: beside?[nibble], at: below, nodes, &records, visit) else {
                    return false
                }
            }
            return true
        }
    }
}
