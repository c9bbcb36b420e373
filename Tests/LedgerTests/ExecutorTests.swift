import Consent
import ContractKit
import Contracts
import Governance
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import Storage
import Testing

/// The rules of execution (protocol.md, 6, 7 and 17) with the real contracts.
@Suite struct ExecutorTests {
    let world: ChainWorld

    init() throws { world = try ChainWorld() }

    @Test("the same genesis and the same batches give the same header bytes, whatever the caches and restarts")
    func isDeterministic() throws {
        var runs: [[[UInt8]]] = []
        for variant in 0..<3 {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            var caches = Executor.Caches()
            if variant == 1 { (caches.rowByteCount, caches.nodeByteCount) = (0, 0) }
            var store = try ChainStore(path: directory.path, chain: world.chain)
            var executor = try Executor(store, caches: caches)
            var headers = [store.lastHeader.encoded]
            for height in 1...24 as ClosedRange<UInt64> {
                if variant == 2, height % 5 == 0 {
                    (store, executor) = try reopen(&store, &executor, directory)
                }
                headers.append(try executor.execute(try world.ordinaryBatch(height)).header.encoded)
            }
            runs.append(headers)
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] == runs[2])
    }

    @Test("the header commits to what the block did")
    func headersCommit() throws {
        try inNewChain { store, executor in
            let parent = store.lastHeader
            let block = try executor.execute(try world.ordinaryBatch(1))
            let header = block.header
            #expect(parent.height == .genesis && parent.stateRoot != StateHash.empty)
            #expect(header.parent == world.chain.id)
            #expect(header.transactionsRoot == BlockTree.root(leaves: block.transactions.map(\.reference)))
            #expect(header.receiptsRoot == BlockTree.root(leaves: block.receipts.map(\.leaf)))
            #expect(header.validatorsDigest == world.chain.validators.digest)
            #expect(header.proposer == 2 && header.originView == 3 && header.epoch == 0)
            let next = try executor.execute(try world.ordinaryBatch(2))
            #expect(next.header.parent == header.digest)
            #expect(store.lastHeader == next.header && store.lastHeaderDigest == next.headerDigest)
        }
    }

    @Test("a transaction that fails in its last call changes nothing and leaves a receipt with the code")
    func failuresAreAtomic() throws {
        try inNewChain { store, executor in
            let consent = SHA256Function.digest(of: [1])
            let failing = try world.transaction(
                by: "registrar",
                nonce: 1,
                [world.enrol("newcomer"), ChainWorld.grant(consent, until: ChainWorld.farAhead)]
            )
            let before = store.lastHeader.stateRoot
            let block = try executor.execute(world.batch(1, [failing]))
            #expect(block.receipts.map(\.status.text) == ["ROLE"])
            #expect(block.receipts[0].events.isEmpty && block.receipts[0].used > 0)
            #expect(block.header.stateRoot == before && block.changedRowCount == 0 && block.events.isEmpty)
            #expect(try store.location(of: failing.id)?.height == Height(1))
        }
    }

    @Test("an id executes once: a second copy in the block, in a later one, or after a restart leaves no trace")
    func idsExecuteOnce() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var store = try ChainStore(path: directory.path, chain: world.chain)
        var executor = try Executor(store)
        let one = try grant(1)
        let other = try grant(2)
        let first = try executor.execute(world.batch(1, [one, other, one]))
        #expect(first.transactions.map(\.id) == [one.id, other.id])
        #expect(first.droppedCount == 1)
        #expect(try executor.execute(world.batch(2, [other])).transactions.isEmpty)
        (store, executor) = try reopen(&store, &executor, directory)
        let third = try executor.execute(world.batch(3, [one, try grant(3)]))
        #expect(third.transactions.count == 1 && third.receipts.count == 1 && third.receipts[0].index == 0)
        #expect(third.header.transactionsRoot == third.transactions[0].reference)
    }

    @Test("an expired transaction leaves no trace, one at its last height executes")
    func expiredIsDropped() throws {
        try inNewChain { store, executor in
            let last = try grant(1, validUntil: 2)
            let expired = try grant(2, validUntil: 1)
            _ = try executor.execute(world.batch(1, []))
            let block = try executor.execute(world.batch(2, [expired, last]))
            #expect(block.transactions.map(\.id) == [last.id])
            #expect(try store.location(of: expired.id) == nil)
        }
    }

    @Test("after a rotation the old key gets ROLE at once, and the new one counts W blocks later")
    func rotatedKeysGetRole() throws {
        let world = try ChainWorld(window: 4)
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try ChainStore(path: directory.path, chain: world.chain)
        let executor = try Executor(store)
        let rotation = try world.transaction(by: "registrar", nonce: 1, [world.rotate("subject 0", to: "new key")])
        let late = try world.transaction(
            by: "subject 0",
            nonce: 2,
            [ChainWorld.grant(.zero, until: ChainWorld.farAhead)]
        )
        let block = try executor.execute(world.batch(1, [rotation, late]))
        #expect(block.receipts.map(\.status.text) == ["OK", "ROLE"])
        #expect(block.changedAccounts == [ChainWorld.account("subject 0")])
        for height in 2...6 as ClosedRange<UInt64> {
            let consent = SHA256Function.digest(of: [UInt8(height)])
            let call = try ChainWorld.grant(consent, until: ChainWorld.farAhead)
            let early = try world.transaction(by: "subject 0", keyName: "new key", nonce: height + 10, [call])
            let outcome = try executor.execute(world.batch(height, [early])).receipts.map(\.status.text)
            #expect(outcome == [height >= 5 ? "OK" : "ROLE"])
        }
    }

    @Test("block time is the proposal's, and never before the parent's plus a millisecond")
    func timeAscends() throws {
        try inNewChain { store, executor in
            let start = ChainWorld.genesisTime
            #expect(try executor.execute(world.batch(1, time: 0, [])).header.time == start + 1)
            #expect(try executor.execute(world.batch(2, time: start + 500, [])).header.time == start + 500)
            let null = try executor.execute(OrderedBatch(nullAt: Height(3))).header
            #expect(null.time == start + 501)
            #expect(null.originView == 3 && null.proposer == nil)
            #expect(try executor.execute(world.batch(4, time: start, [])).header.time == start + 502)
        }
    }

    @Test("a deadline takes effect in the first block at or after its time, with an event that can be proven")
    func deadlinesComeFirst() throws {
        try inNewChain { store, executor in
            let consent = SHA256Function.digest(of: [1])
            let grant = try world.transaction(
                by: "subject 0",
                nonce: 1,
                [ChainWorld.grant(consent, until: ChainWorld.genesisTime + 2500)]
            )
            _ = try executor.execute(world.batch(1, [grant]))
            let early = try executor.execute(world.batch(2, []))
            #expect(early.events.isEmpty && early.receipts.isEmpty)
            let due = try executor.execute(world.batch(3, []))
            #expect(due.transactions.isEmpty && due.receipts.count == 1)
            #expect(due.receipts[0].transaction == .zero && !due.receipts[0].events.isEmpty)
            #expect(due.events.allSatisfy { $0.account == AccountID(.zero) } && !due.events.isEmpty)
            #expect(due.header.receiptsRoot == due.receipts[0].leaf)
            #expect(try store.receipts(at: Height(3)) == due.receipts)
        }
    }

    @Test("blocks are executed one after the other and no other way (failure 32)")
    func orderIsEnforced() throws {
        try inNewChain { store, executor in
            let first = try world.ordinaryBatch(1)
            let block = try executor.execute(first)
            let expected = LedgerFault.outOfOrder(expected: Height(2), found: Height(1))
            #expect(throws: expected) { try executor.execute(first) }
            #expect(throws: LedgerFault.outOfOrder(expected: Height(2), found: Height(3))) {
                try executor.execute(try world.ordinaryBatch(3))
            }
            #expect(store.lastHeader == block.header)
            _ = try executor.execute(try world.ordinaryBatch(2))
        }
    }

    @Test("a block that is not the certified one leaves nothing behind, and the right one is executed after it")
    func divergenceLeavesNothing() throws {
        let reference = try headers(1...6)
        try inNewChain { store, executor in
            for height in 1...5 as ClosedRange<UInt64> {
                _ = try executor.execute(try world.ordinaryBatch(height))
            }
            try store.certify(try world.certificate(reference[5]), at: Height(6))
            let before = try everything(in: store)
            let wrong = world.batch(6, [try grant(1), try grant(2)])
            #expect(throws: LedgerFault.self) { try executor.execute(wrong) }
            #expect(throws: LedgerFault.self) {
                try executor.execute(try world.ordinaryBatch(6), expecting: reference[4].digest)
            }
            #expect(try everything(in: store) == before)
            #expect(store.lastExecuted == Height(5))
            let right = try executor.execute(try world.ordinaryBatch(6), expecting: reference[5].digest)
            #expect(right.header == reference[5])
        }
    }

    @Test("a certificate of another header than the executed one is refused and nothing is kept (rule 27)")
    func foreignCertificatesAreRefused() throws {
        try inNewChain { store, executor in
            let own = try executor.execute(try world.ordinaryBatch(1)).header
            var other = own
            other.stateRoot = .zero
            let changes = try #require(try store.changes(at: Height(1)))
            #expect(changes.header == own)
            #expect(throws: LedgerFault.divergent(own: changes, expected: other.digest)) {
                try store.certify(try world.certificate(other), at: Height(1))
            }
            #expect(store.lastCertified == .genesis)
            #expect(try store.certificate(at: Height(1)) == nil)
            try store.certify(try world.certificate(own), at: Height(1))
            #expect(store.lastCertified == Height(1))
        }
    }

    @Test("a block from a peer, executed from its header and bodies alone, is the same block")
    func certifiedBlocksReplay() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let source = try ChainStore(path: directory.path, chain: world.chain)
        let sourceExecutor = try Executor(source)
        let replayed = try grant(77)
        for height in 1...20 as ClosedRange<UInt64> {
            // A copy of an earlier transaction in every batch: dropped there, and so no part of the block.
            let batch = try world.ordinaryBatch(height)
            let isPlain = batch.proposer == nil || batch.transactions.isEmpty
            _ = try sourceExecutor.execute(isPlain ? batch : world.batch(height, batch.transactions + [replayed]))
        }
        try inNewChain { store, executor in
            for height in 1...20 as ClosedRange<UInt64> {
                let block = try #require(try source.block(at: Height(height)))
                #expect(block.isConsistent)
                try store.certify(try world.certificate(block.header), at: Height(height))
                let transactions = try block.transactions.map { try SignedTransaction(decoding: $0, limits: .greatest) }
                let executed = try executor.execute(OrderedBatch(of: block.header, transactions: transactions))
                #expect(executed.header == block.header)
                #expect(try store.block(at: Height(height))?.transactions == block.transactions)
            }
        }
    }

    // MARK: Helpers

    private func grant(_ number: UInt8, validUntil: UInt64 = 1000) throws -> SignedTransaction {
        let call = try ChainWorld.grant(SHA256Function.digest(of: [number]), until: ChainWorld.farAhead)
        return try world.transaction(by: "subject 1", nonce: UInt64(number), validUntil: validUntil, [call])
    }

    private func inNewChain(_ body: (ChainStore, Executor) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try ChainStore(path: directory.path, chain: world.chain)
        try body(store, try Executor(store))
    }

    private func headers(_ heights: ClosedRange<UInt64>) throws -> [Header] {
        var headers: [Header] = []
        try inNewChain { _, executor in
            for height in heights { headers.append(try executor.execute(try world.ordinaryBatch(height)).header) }
        }
        return headers
    }
}

/// Every row of every family.
func everything(in store: ChainStore) throws -> [[[UInt8]]] {
    try ColumnFamily.allCases.map { family in
        try store.database.scan(family, from: [], limit: .max).flatMap { [$0.key, $0.value] }
    }
}

/// Closes a store and opens it again. RocksDB locks the directory until the last reference is gone.
func reopen(
    _ store: inout ChainStore,
    _ executor: inout Executor,
    _ directory: TemporaryDirectory
) throws -> (ChainStore, Executor) {
    let chain = store.chain
    let parking = try TemporaryDirectory()
    defer { parking.remove() }
    store = try ChainStore(path: parking.path, chain: chain)
    executor = try Executor(store)
    let reopened = try ChainStore(path: directory.path, chain: chain)
    return (reopened, try Executor(reopened))
}
