import Consensus
import Foundation
import Ledger
import LedgerCrypto
import NodeRuntime
import Primitives
import Storage

// A host with a real ledger: what the product's engine asks of store, journal and executor, in the same order.
extension Host {
    // MARK: Life

    /// Opens the database. False if it cannot be opened: then the host stays down.
    func openLedger() -> Bool {
        guard let disk, let ledger = world.ledger else { return false }
        do {
            try disk.open()
            bodies = []
            certificates = [:]
            chain = Chain(world.charter)
            guard let store = disk.opened?.store else { return false }
            for number in 1..<(store.lastExecuted.number + 1) {
                let height = Height(number)
                guard let header = try store.header(at: height)?.digest, let block = ledger.block(header) else {
                    throw LedgerFault.noSuchHeight(height)
                }
                chain.append(block)
            }
            for entry in try store.database.scan(.bodies, from: [], limit: .max) { recall(entry.key, store) }
            return true
        } catch {
            stop("cannot open: \(error)")
            return false
        }
    }

    /// What was kept of a batch can be handed on again.
    private func recall(_ key: [UInt8], _ store: ChainStore) {
        guard key.count == 8 + Digest.byteCount, let proposal = Digest(key.dropFirst(8)),
            let number = key.prefix(8).reduce(UInt64?(0), { ($0 ?? 0) << 8 | UInt64($1) }),
            let kept = try? store.bodies(height: Height(number), proposal: proposal)
        else { return }
        bodies.formUnion(kept.map { BlockTree.leaf($0) })
    }

    /// The replica as the log left it, by the product's own reading of it.
    func startFromLedger() {
        guard let opened = disk?.opened, let ledger = world.ledger else { return }
        do {
            let resumption = try Resumption(opened.store)
            guard let members = ledger.members(resumption.epoch.validators) else {
                return stop("a validator that nobody knows")
            }
            let index = seat(in: members)
            let mayVote = index != nil && !isSilenced
            let started = try resumption.replica(
                index ?? ReplicaID(members.count),
                mayVote: mayVote,
                awaitsAnswers: configuration.awaitsAnswers
            ) { settings in
                settings.question = configuration.question
                settings.hashing = Tokens.hashing
                settings.rules = world.options.rules
                settings.jitterSeed = world.random.next()
                world.options.adjust?(&settings)
            }
            begin(started)
        } catch { stop("cannot start: \(error)") }
    }

    /// The host cannot go on without risk: it stops, keeps everything, and says why.
    func stop(_ reason: String) {
        reports.append(reason)
        world.note("\(id.index) stops: \(reason)")
        end()
        world.checker.onDown(self)
        disk?.close()
        if isSound { world.checker.fail("STOP of \(id.index): \(reason)") }
    }

    // MARK: Journal

    func journal(_ entry: Store.Entry, synced: Bool) {
        guard let disk else { return }
        switch entry {
        case .record(let record):
            if case .proposal(let proposal, _) = record { keepOwnBodies(of: proposal) }
            disk.append([.record(record)])
        case .certificate(let certificate):
            disk.append([.certificate(certificate, then: {}), .trim(upTo: certificate.height)])
        case .disowned: disk.append([.disowned])
        case .body, .block: return
        }
        do {
            if synced {
                try disk.beginSync()
            } else if world.random.percent(50) {
                try disk.drain()
            }
        } catch { stop("the journal cannot be written: \(error)") }
    }

    private func keepOwnBodies(of proposal: Proposal) {
        guard proposal.proposer == configuration.id,
            let transactions = world.ledger?.transactions(proposal.references)
        else { return }
        disk?.keepBodies(of: proposal, transactions)
    }

    // MARK: Batches

    /// Rule 6: what a proposal names is checked before the vote on it.
    func judge(_ proposal: Proposal) {
        guard isUp, let transactions = world.ledger?.transactions(proposal.references) else { return }
        guard areOrderable(transactions, at: proposal.sequence) else {
            return step(.refused(proposal.sequence, proposal.digest))
        }
        disk?.keepBodies(of: proposal, transactions)
        step(.acquired(proposal.sequence, proposal.digest))
    }

    /// By the product's rules, as far as they do not concern the client's signature under the account's only key: that was
    /// verified when the transaction was admitted.
    func areOrderable(_ transactions: [SignedTransaction], at sequence: Sequence) -> Bool {
        guard let opened = disk?.opened, let ledger = world.ledger else { return false }
        let parameters = ledger.chain.genesis.parameters
        let rules = OrderingRules(sequence: sequence, parameters: parameters, accounts: opened.accounts)
        return transactions.allSatisfy { transaction in
            switch rules.judge(transaction) {
            case .acceptable: true
            case .needsCheck(let key): key.verify(transaction.signature, over: transaction.signedDigest)
            case .tooEarly, .never: false
            }
        }
    }

    // MARK: Execution

    /// - Parameter header: keep the blocks only if the last one has it (rule 19).
    func execute(_ list: [Execution], header: Digest?) {
        guard let disk, let execution = disk.opened?.execution else { return }
        let work = list.map { entry in
            BlockExecution.Work(
                epoch: entry.epoch.number,
                height: entry.sequence.height,
                batch: entry.batch,
                transactions: disk.transactions(of: entry.batch.digest)
            )
        }
        let outcome = execution.execute(work, expected: header)
        // To try batches on a copy writes all memory to files.
        if header != nil { do { try disk.beginLog() } catch { return stop("\(error)") } }
        switch outcome {
        case .executed(let made):
            if header != nil { world.speculations += 1 }
            for (block, entry) in zip(made, list) where isUp {
                took(block, entry.batch)
                step(.executed(block.summary))
            }
        case .discarded: if let last = list.last { step(.discarded(last.sequence.height)) }
        case .alreadyThere: break
        case .divergent(let own, let expected): diverged(own.header, expected)
        case .failed(let reason): stop("execution failed: \(reason)")
        }
    }

    private func diverged(_ own: Header, _ expected: Digest) {
        stop("diverged at height \(own.height.number): own header \(own.digest.hex), certified \(expected.hex)")
    }

    private func took(_ made: BlockExecution.Made, _ batch: Batch) {
        guard let opened = disk?.opened, let ledger = world.ledger else { return }
        do throws(LedgerFault) {
            let above = try opened.store.epoch(above: made.summary.height)
            guard let members = ledger.members(above.validators) else { return stop("a validator that nobody knows") }
            let block = Block(
                summary: made.summary,
                parent: made.block.header.parent,
                batch: batch,
                ids: made.block.transactions.map { $0.id.words.0 },
                state: made.block.header.stateRoot.words.0,
                succession: Succession(epoch: Epoch(above.number), start: above.start, members: members)
            )
            ledger.keep(block)
            took(block)
            chain.append(block)
            opened.accounts.forget()
            world.checker.checkExecuted(block, by: self)
            if isSound { world.sawExecuted(made.block) }
            world.note("\(id.index) executes \(block.trace)")
        } catch { stop("\(error)") }
    }

    // MARK: Catching up

    func serveLedger(from height: Height, to peer: ReplicaID) {
        guard let store = disk?.opened?.store, let ledger = world.ledger else { return }
        let blocks = SyncServer(
            store: store,
            limits: PeerLimits(ledger.chain.genesis.parameters),
            byteCount: SyncServer.peerByteCount
        ).blocks(from: height)
        if !blocks.isEmpty { world.send(.chain(from: height, blocks), from: id, to: peer) }
    }

    /// Rule 29: believed only as far as a certificate reaches, parent by parent.
    func install(_ blocks: [SyncBlock], from height: Height, peer: ReplicaID) {
        guard let opened = disk?.opened, let replica, let ledger = world.ledger,
            let epoch = try? opened.store.epoch(configuration.epoch.number),
            SyncBlock.proven(blocks, from: height, chain: ledger.chain.id, by: epoch.validators) != nil
        else { return }
        let before = replica.certified
        let known = opened.store.lastExecuted
        let outcome = opened.execution.install(blocks)
        switch outcome.fault {
        case .own(let reason): return stop("catching up failed: \(reason)")
        case .divergence(let own, let expected): return diverged(own.header, expected)
        case .peer, nil: break
        }
        for made in outcome.made { took(made, .null) }
        world.installs += outcome.made.count
        let new = Dictionary(uniqueKeysWithValues: outcome.made.map { ($0.summary.height, $0.summary) })
        for block in blocks where isUp && configuration.epoch == replica.epoch {
            let number = block.header.height
            // Of a block that is here already the proof may be missing.
            let own = number <= known ? chain.block(at: number)?.summary : new[number]
            guard let own, own.header == block.header.digest else { continue }
            step(.installed(own, block.certificate?.forConsensus(height: number)))
        }
        // Who had these may have more; whoever proved nothing new is not asked again.
        guard let certified = self.replica?.certified, certified > before else { return }
        world.send(.blockRequest(from: chain.height.advanced(by: 1)), from: id, to: peer)
    }

    /// The certificate that leads a peer out of an epoch (rule 26).
    func handover(from epoch: Epoch) -> Consensus.Certificate? {
        guard let store = disk?.opened?.store, let last = try? store.handover(from: epoch.number) else { return nil }
        return last.certificate.forConsensus(height: last.height)
    }
}
