import Governance
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import Testing

/// Rule 26 in the ledger: when a change of the validators takes effect, and how it is proven.
@Suite struct EpochTests {
    static let window: UInt64 = 4
    let world: ChainWorld
    let directory: TemporaryDirectory
    let store: ChainStore
    let executor: Executor

    init() throws {
        world = try ChainWorld(window: EpochTests.window)
        directory = try TemporaryDirectory()
        store = try ChainStore(path: directory.path, chain: world.chain)
        executor = try Executor(store)
    }

    static let genesisNames = (0..<4).map { "validator \($0)" }

    /// Executes the next block; all of its transactions succeed.
    @discardableResult
    private func block(_ transactions: SignedTransaction...) throws -> ExecutedBlock {
        let block = try executor.execute(world.batch(store.lastExecuted.number + 1, transactions))
        #expect(block.receipts.allSatisfy { $0.status == .ok }, "\(block.receipts.map(\.status.text))")
        return block
    }

    @Test("a change executed at h is announced from h on and takes effect above h + W, not earlier and not later")
    func takesEffect() throws {
        defer { directory.remove() }
        try block()
        let change = try block(world.registrars(1, world.rekey("validator 1", to: "new 1", height: 1)))
        #expect(change.boundary == Height(6) && !change.header.endsEpoch)
        for _ in 3...5 {
            let between = try block()
            #expect(between.boundary == Height(6) && !between.header.endsEpoch && between.header.epoch == 0)
            #expect(try store.boundary() == Height(6))
            #expect(try store.epoch(above: store.lastExecuted).number == 0)
        }
        let last = try block()
        #expect(last.boundary == Height(6) && last.header.endsEpoch && last.header.epoch == 0)
        #expect(last.header.validatorsDigest == world.chain.validators.digest)
        let names = ["account-status-changed", "account-enrolled", "epoch-began"]
        #expect(last.events.map(\.event.name.text) == names, "a validator's account goes with its key")
        #expect(last.receipts.count == 1 && last.receipts[0].transaction == .zero, "provable as any other event")
        let next = try store.epoch(above: Height(6))
        #expect(
            next.number == 1 && next.start == Height(6) && next.validators.digest == last.header.nextValidatorsDigest
        )
        #expect(next.validators.index(of: ChainWorld.key("new 1").publicKey) == 1)
        #expect(next.validators.index(of: ChainWorld.key("validator 1").publicKey) == nil)
        let first = try executor.execute(OrderedBatch(nullAt: Height(7)))
        #expect(first.boundary == nil && first.header.epoch == 1 && !first.header.endsEpoch)
        #expect(first.header.originView == 0, "a null block at the start of an epoch has no view to copy (rule 3)")
        #expect(first.header.validatorsDigest == next.validators.digest)
    }

    @Test("changes up to the boundary block itself take effect there together, as one epoch")
    func together() throws {
        defer { directory.remove() }
        try block(world.registrars(1, world.rekey("validator 0", to: "new 0", height: 0)))
        try block(world.registrars(2, world.rekey("validator 2", to: "new 2", height: 1)))
        let proposal = try world.registrars(3, world.report("fifth", height: 2), world.propose(adding: "fifth"))
        try block(proposal)
        try block()
        // Height 5 is the boundary, 1 + W.
        let last = try block(world.registrars(4, world.carryOut(proposal.id)))
        #expect(last.header.endsEpoch && last.boundary == Height(5))
        let epoch = try store.epoch(above: Height(5))
        let names = ["new 0", "validator 1", "new 2", "validator 3", "fifth"]
        #expect(epoch.number == 1)
        #expect(epoch.validators.validators.map(\.consensusKey) == names.map { ChainWorld.key($0).publicKey })
        #expect(try !block().header.endsEpoch)
        #expect(try store.epoch(2) == nil && store.boundary() == nil)
    }

    @Test("a change that is taken back before the boundary makes no epoch, and the next one has a boundary of its own")
    func takenBack() throws {
        defer { directory.remove() }
        let addition = try world.registrars(1, world.report("fifth", height: 0), world.propose(adding: "fifth"))
        try block(addition)
        #expect(try block(world.registrars(2, world.carryOut(addition.id))).boundary == Height(6))
        let removal = try world.registrars(3, world.propose(removing: "fifth"))
        try block(removal)
        try block(world.registrars(4, world.carryOut(removal.id)))
        #expect(try block().boundary == Height(6))
        let last = try block()
        #expect(last.boundary == nil && !last.header.endsEpoch && last.events.isEmpty)
        #expect(try block().header.epoch == 0)
        let later = try block(world.registrars(5, world.rekey("validator 3", to: "new 3", height: 7)))
        #expect(later.boundary == Height(12))
        for _ in 9...12 { try block() }
        #expect(store.lastHeader.endsEpoch && store.lastHeader.height == Height(12))
    }

    @Test("after a restart the boundary and the epochs are where they were")
    func restarts() throws {
        defer { directory.remove() }
        var headers: [Header] = []
        for isRestarting in [false, true] {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            var store = try ChainStore(path: directory.path, chain: world.chain)
            var executor = try Executor(store)
            for height in 1...12 as ClosedRange<UInt64> {
                var transactions: [SignedTransaction] = []
                if height == 2 || height == 7 {
                    let call = try world.rekey("validator \(height % 4)", to: "new \(height)", height: height)
                    transactions = [try world.registrars(height, call)]
                }
                _ = try executor.execute(world.batch(height, transactions))
                if isRestarting {
                    let boundary = try store.boundary()
                    (store, executor) = try reopen(&store, &executor, directory)
                    #expect(try store.boundary() == boundary)
                }
            }
            headers.append(store.lastHeader)
            #expect(try store.epoch(above: Height(12)).number == 2)
            #expect(try store.epoch(1)?.start == Height(6) && store.epoch(2)?.start == Height(11))
        }
        #expect(headers[0] == headers[1])
    }

    // MARK: Proofs over epochs

    /// Four epochs, each block certified by the validators of its own, and the proof of a transaction in the last.
    private func proofOverEpochs() throws -> ProofFile {
        var names = EpochTests.genesisNames
        for epoch in 0..<4 {
            let validator = names[epoch]
            let height = store.lastExecuted.number
            let change = try world.rekey(validator, to: "new \(epoch)", height: height)
            try certified(names, [try world.registrars(UInt64(epoch), change)])
            for _ in 0..<EpochTests.window { try certified(names, []) }
            names[epoch] = "new \(epoch)"
        }
        let consent = try ChainWorld.grant(.zero, until: ChainWorld.farAhead)
        let transaction = try world.transaction(by: "subject 0", nonce: 99, [consent])
        try certified(names, [transaction])
        return try #require(try store.proof(of: transaction.id))
    }

    private func certified(_ names: [String], _ transactions: [SignedTransaction]) throws {
        let block = try executor.execute(world.batch(store.lastExecuted.number + 1, transactions))
        #expect(block.receipts.allSatisfy { $0.status == .ok }, "\(block.receipts.map(\.status.text))")
        try store.certify(try world.certificate(block.header, by: names), at: block.header.height)
    }

    private func failure(_ file: ProofFile) -> ProofError? {
        do throws(ProofError) {
            _ = try ProofVerifier(chain: world.chain).verify(file.encoded)
            return nil
        } catch { return error }
    }

    @Test("a proof leads from genesis through every epoch, and with any handover missing or altered it proves nothing")
    func provesOverEpochs() throws {
        defer { directory.remove() }
        let file = try proofOverEpochs()
        #expect(file.handovers.map(\.header.height) == [5, 10, 15, 20].map { Height($0) } && file.header.epoch == 4)
        #expect(failure(file) == nil)
        let handovers = file.handovers
        func with(_ handovers: [ProofFile.Handover]) -> ProofFile {
            ProofFile(
                handovers: handovers,
                header: file.header,
                certificate: file.certificate,
                subject: file.subject
            )
        }
        for index in handovers.indices {
            var missing = handovers
            missing.remove(at: index)
            #expect(failure(with(missing)) != nil, "without handover \(index)")
            var swapped = handovers
            swapped.swapAt(index, (index + 1) % handovers.count)
            #expect(failure(with(swapped)) != nil)
            var repeated = handovers
            repeated.insert(handovers[index], at: index)
            #expect(failure(with(repeated)) != nil)
            let original = handovers[index]
            var others = handovers
            others[index] = ProofFile.Handover(
                header: original.header,
                certificate: original.certificate,
                nextValidators: handovers[(index + 1) % handovers.count].nextValidators
            )
            #expect(failure(with(others)) == .brokenHandover, "other next validators")
        }
        #expect(failure(with([])) != nil)
    }

    @Test("validators of an epoch that is over certify nothing of a later one")
    func retiredKeys() throws {
        defer { directory.remove() }
        let file = try proofOverEpochs()
        let retired = try world.certificate(file.header, by: EpochTests.genesisNames)
        let forged = ProofFile(
            handovers: file.handovers,
            header: file.header,
            certificate: retired,
            subject: file.subject
        )
        #expect(failure(forged) == .certificate(.badSignature))
    }

    @Test("any byte of the handovers altered makes the proof fail")
    func everyByte() throws {
        defer { directory.remove() }
        let bytes = try proofOverEpochs().encoded
        let verifier = ProofVerifier(chain: world.chain)
        for position in stride(from: 0, to: bytes.count, by: 7) {
            var altered = bytes
            altered[position] ^= 1
            #expect(throws: ProofError.self, "byte \(position)") { try verifier.verify(altered) }
        }
    }

    @Test("a laggard of any epoch is told the way out of it")
    func handsOver() throws {
        defer { directory.remove() }
        _ = try proofOverEpochs()
        for epoch in 0..<4 as Range<UInt64> {
            let (height, certificate) = try #require(try store.handover(from: epoch))
            #expect(height == Height(5 * (epoch + 1)) && certificate.epoch == epoch)
            let validators = try #require(try store.epoch(epoch)).validators
            try certificate.check(try #require(try store.header(at: height)), by: validators)
        }
        #expect(try store.handover(from: 4) == nil)
    }
}
