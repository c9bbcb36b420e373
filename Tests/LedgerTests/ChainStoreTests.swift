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

/// What is read back from the chain on disk.
@Suite struct ChainStoreTests {
    let world: ChainWorld

    init() throws { world = try ChainWorld() }

    @Test("everything of a block is found by height and by id, before and after a restart")
    func blocksAreFound() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var store = try ChainStore(path: directory.path, chain: world.chain)
        var executor = try Executor(store)
        var blocks: [ExecutedBlock] = []
        for height in 1...15 as ClosedRange<UInt64> {
            blocks.append(try executor.execute(try world.ordinaryBatch(height)))
            if height < 14 {
                try store.certify(try world.certificate(blocks[Int(height) - 1].header), at: Height(height))
            }
        }
        for _ in 0..<2 {
            for block in blocks {
                let height = block.header.height
                #expect(try store.header(at: height) == block.header)
                #expect(try store.transactions(at: height) == block.transactions.map(\.bytes))
                #expect(try store.receipts(at: height) == block.receipts)
                #expect(try store.events(at: height) == block.events)
                for (index, transaction) in block.transactions.enumerated() {
                    let location = try #require(try store.location(of: transaction.id))
                    #expect(location.height == height && location.index == index)
                    #expect(try store.receipt(of: transaction.id) == block.receipts[index])
                }
            }
            #expect(store.lastExecuted == Height(15) && store.lastCertified == Height(13))
            #expect(store.lastHeader == blocks[14].header && store.lastHeaderDigest == blocks[14].headerDigest)
            #expect(try store.header(at: Height(16)) == nil)
            #expect(try store.location(of: .zero) == nil)
            (store, executor) = try reopen(&store, &executor, directory)
        }
    }

    @Test("the proof file of a transaction verifies with the genesis alone, once its block is certified")
    func proofsVerify() throws {
        try inNewChain { store, executor in
            let block = try executor.execute(try world.ordinaryBatch(1))
            #expect(try store.proof(of: block.transactions[0].id) == nil)
            try store.certify(try world.certificate(block.header), at: Height(1))
            for (index, transaction) in block.transactions.enumerated() {
                let proof = try #require(try store.proof(of: transaction.id))
                let verified = try ProofVerifier(chain: world.chain).verify(proof.encoded)
                guard case .inclusion(let proven, let receipt) = verified.fact else { continue }
                #expect(proven.id == transaction.id && receipt == block.receipts[index])
            }
            #expect(try store.proof(of: .zero) == nil)
        }
    }

    @Test("heights whose certificate was skipped are proven through the next one that is here, and none above it")
    func proofsAcrossSkippedCertificates() throws {
        try inNewChain { store, executor in
            let blocks = try (1...9 as ClosedRange<UInt64>).map { try executor.execute(try world.ordinaryBatch($0)) }
            for height in [3, 7] {
                try store.certify(try world.certificate(blocks[height - 1].header), at: Height(UInt64(height)))
            }
            let verifier = ProofVerifier(chain: world.chain)
            for block in blocks {
                guard let id = block.transactions.first?.id else { continue }
                let proof = try store.proof(of: id)
                #expect((proof != nil) == (block.header.height <= Height(7)), "\(block.header.height)")
                if let proof { #expect(try verifier.verify(proof.encoded).header == block.header) }
                let key = Governance.stateKey(ofAccount: ChainWorld.account("subject 1"))
                guard let state = try store.proof(ofStates: [key], at: block.header.height) else {
                    #expect(block.header.height > Height(7))
                    continue
                }
                #expect(try verifier.verify(state.encoded).header == block.header)
            }
        }
    }

    @Test("rows are proven under the state root of each height, absence too")
    func statesAreProven() throws {
        try inNewChain { store, executor in
            let newcomer = Governance.stateKey(ofAccount: ChainWorld.account("newcomer 2"))
            var roots = [store.lastHeader.stateRoot]
            for height in 1...6 as ClosedRange<UInt64> {
                roots.append(try executor.execute(try world.ordinaryBatch(height)).header.stateRoot)
            }
            for (height, root) in roots.enumerated() {
                let proof = try store.stateProof(of: newcomer, at: Height(UInt64(height)))
                #expect(proof.verifies(under: root))
                #expect((proof.value != nil) == (height >= 2))
                let value = try store.value(of: newcomer, at: Height(UInt64(height)))
                #expect(value?.value == proof.value && value?.since == (height >= 2 ? Height(2) : nil))
            }
            #expect(throws: LedgerFault.noSuchHeight(Height(7))) {
                try store.stateProof(of: newcomer, at: Height(7))
            }
        }
    }

    @Test("a view of a height stays as it is while blocks are executed, and every height within reach has one")
    func viewsAreFrozen() throws {
        try inNewChain { store, executor in
            var states: [[[UInt8]]] = []
            var views: [StateView] = []
            for height in 1...80 as ClosedRange<UInt64> {
                let rows = try store.database.scan(.state, from: [], limit: .max)
                states.append(rows.flatMap { [$0.key, $0.value] })
                views.append(try store.view(at: Height(height - 1)))
                _ = try executor.execute(try world.ordinaryBatch(height, size: 3))
            }
            // Beyond the 64 blocks whose changes stay in memory too.
            for (height, state) in states.enumerated() where height % 6 == 0 {
                let now = try store.view(at: Height(UInt64(height)))
                for view in [views[height], now] {
                    let rows = try view.scan(from: [], to: [0xFF], limit: .max).flatMap { [$0.key, $0.value] }
                    #expect(rows == state)
                    #expect(view.height == Height(UInt64(height)))
                }
                // Single reads and pages agree with the whole.
                if let key = state.first { #expect(try now.read(key) == state[1]) }
                let page = try now.scan(from: [1], to: [2], limit: 3)
                #expect(page.count == 3 && page.allSatisfy { $0.key.first == 1 })
            }
            #expect(throws: LedgerFault.noSuchHeight(Height(81))) { try store.view(at: Height(81)) }
        }
    }

    @Test("a question is answered as of the last certified height, although more has been executed")
    func questionsAreCertified() throws {
        try inNewChain { store, executor in
            let first = try executor.execute(try world.ordinaryBatch(1))
            try store.certify(try world.certificate(first.header), at: Height(1))
            for height in 2...5 as ClosedRange<UInt64> { _ = try executor.execute(try world.ordinaryBatch(height)) }
            var question = AccountQuery()
            for (number, isThere) in [(1, true), (2, false)] {
                question.account = ChainWorld.account("newcomer \(number)")
                let arguments = try question.encoded()
                let view = try store.view()
                #expect(view.height == Height(1) && view.time == first.header.time)
                let answer = try view.ask { context throws(ContractError) in
                    try ContractRegistry.query(
                        contract: .constant(Governance.name),
                        name: .constant(AccountQuery.name),
                        arguments: arguments,
                        &context
                    )
                }
                switch answer {
                case .success: #expect(isThere)
                case .failure(let error): #expect(!isThere && error.code == .reference)
                }
            }
        }
    }

    @Test("events are followed in pages that neither skip nor repeat a block")
    func eventsArePaged() throws {
        try inNewChain { store, executor in
            var expected: [Height: [BlockEvent]] = [:]
            for height in 1...30 as ClosedRange<UInt64> {
                let block = try executor.execute(try world.ordinaryBatch(height, size: 2))
                if !block.events.isEmpty { expected[block.header.height] = block.events }
            }
            for limit in [1, 3, 100] {
                var found: [Height: [BlockEvent]] = [:]
                var cursor = Height.genesis
                while true {
                    let page = try store.events(after: cursor, through: Height(28), blockLimit: limit)
                    for block in page {
                        #expect(block.height > cursor && found[block.height] == nil)
                        found[block.height] = block.events
                        cursor = block.height
                    }
                    if page.count < limit { break }
                }
                #expect(found == expected.filter { $0.key <= Height(28) })
            }
        }
    }

    @Test("bodies written for a proposal before the vote are the block's, and are stored once")
    func bodiesAreStoredOnce() throws {
        try inNewChain { store, executor in
            let transactions = try world.ordinaryBatch(1).transactions
            let proposal = SHA256Function.digest(of: [9])
            var batch = store.database.makeBatch()
            store.putBodies(transactions.map(\.bytes), height: Height(1), proposal: proposal, into: &batch)
            try store.database.write(batch, synced: true)
            // Twice the same transaction: the second is dropped, and stays in the stored batch.
            let doubled = transactions + [transactions[0]]
            var other = store.database.makeBatch()
            store.putBodies(doubled.map(\.bytes), height: Height(1), proposal: .zero, into: &other)
            try store.database.write(other, synced: true)
            let ordered = OrderedBatch(
                height: Height(1),
                originView: 0,
                proposer: 1,
                time: ChainWorld.genesisTime + 1,
                transactions: doubled,
                bodies: .stored(.zero)
            )
            let block = try executor.execute(ordered)
            #expect(block.droppedCount == 1)
            #expect(try store.transactions(at: Height(1)) == transactions.map(\.bytes))
            #expect(try store.bodies(height: Height(1), proposal: proposal) == transactions.map(\.bytes))
            #expect(try store.database.scan(.bodies, from: [], limit: 9).count == 2)
        }
    }

    @Test("a genesis that the contracts do not accept is refused, and no state is written")
    func badGenesisIsRefused() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let genesis = world.chain.genesis
        let account = Genesis.Account(
            id: ChainWorld.account("someone"),
            key: ChainWorld.key("someone").publicKey,
            organisation: genesis.organisations[0].id,
            roles: [.constant("emperor")]
        )
        let bad = try Chain(
            Genesis(
                chainName: genesis.chainName,
                time: genesis.time,
                validators: genesis.validators,
                parameters: genesis.parameters,
                organisations: genesis.organisations,
                accounts: [account]
            )
        )
        #expect(throws: LedgerFault.genesis("there is no role emperor")) {
            try ChainStore(path: directory.path, chain: bad)
        }
        let database = try Database(path: directory.path, chain: bad.id)
        #expect(try database.scan(.state, from: [], limit: 1).isEmpty)
        #expect(try database.get(.meta, MetaKey.executed.bytes) == nil)
    }

    @Test("a block and a tree that do not fit together are found at the start (failure 31)")
    func mismatchIsFound() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        do {
            let store = try ChainStore(path: directory.path, chain: world.chain)
            let executor = try Executor(store)
            for height in 1...3 as ClosedRange<UInt64> { _ = try executor.execute(try world.ordinaryBatch(height)) }
            var batch = store.database.makeBatch()
            batch.put(.meta, MetaKey.executed.bytes, StorageKey.height(2))
            try store.database.write(batch)
        }
        // Block 2 is there, but flat state and tree are those of block 3.
        #expect(throws: LedgerFault.self) { try ChainStore(path: directory.path, chain: world.chain) }
    }

    private func inNewChain(_ body: (ChainStore, Executor) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let store = try ChainStore(path: directory.path, chain: world.chain)
        try body(store, try Executor(store))
    }
}
