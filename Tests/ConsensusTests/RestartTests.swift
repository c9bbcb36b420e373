import Consensus
import Primitives
import Simulator
import Testing

/// Rules 15 to 18: a replica that restarts reads its journal and never contradicts it (failures 26).
@Suite struct RestartTests {
    @Test("after a restart the votes above the certified height are sent and counted again")
    func repeatsVotes() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        var again = bench.restarted()
        let effects = again.step(.start)
        #expect(effects.drafts == [.prepare(vote), .commit(vote)])
        again.loopBack(effects)
        for peer in [0, 2] { again.receive(.commit(vote), from: peer) }
        #expect(again.effects.executions.map(\.batch.digest) == [vote.digest])
    }

    @Test("after a restart no second PREPARE leaves for a position, whatever is proposed")
    func neverVotesTwice() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1, tag: 1)
        var again = bench.restarted()
        again.step(.start)
        let other = again.proposal(1, tag: 2)
        again.receive(again.prePrepare(other), from: 0)
        again.step(.acquired(Sequence(1), other.digest))
        #expect(again.effects.drafts.allSatisfy { $0 == .prepare(vote) || $0 == .commit(vote) })
    }

    @Test(
        "of the proposals of many views that the journal brings for one position, no more are kept than while running"
    )
    func boundsContents() {
        let bench = Bench.started()
        let proposals = (0..<20).map { bench.proposal(1, view: $0, proposer: Int($0 % 4), tag: $0) }
        var recovery = Recovery()
        recovery.records =
            proposals.map { .proposal($0, nil) } + [.prepare(proposals[7].vote), .view(.first, View(20))]
        var again = Bench(recovery: recovery)
        #expect(again.replica.violatedInvariant == nil)
        again.step(.start)
        // What it voted for stays: nobody else may have it.
        for (place, isKept) in [(7, true), (8, false)] {
            let request = Request.proposal(.first, Sequence(1), proposals[place].digest)
            let sent = Effect.send(.proposal(proposals[place]), to: ReplicaID(2))
            #expect(again.receive(.request(request), from: 2).contains(sent) == isKept)
        }
    }

    @Test("a primary repeats its proposal after a restart and proposes nothing else there")
    func primaryRepeats() {
        var bench = Bench.started(0)
        let first = bench.step(.batch(.first, Sequence(1), [Transactions.reference(id: 3, encoding: 0)])).drafts
        var again = bench.restarted()
        let effects = again.step(.start)
        #expect(effects.drafts == first)
        #expect(effects.contains(.requestBatch(.first, Sequence(2))))
        #expect(again.step(.batch(.first, Sequence(1), [])).rejections == [.notRequested])
    }

    @Test("a promise of VIEW-CHANGE outlives a crash")
    func keepsPromise() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.now = Moment(monotonic: 100_000, wall: bench.now.wall)
        bench.step(.timer(.view))
        var again = bench.restarted()
        let effects = again.step(.start)
        #expect(again.replica.view == View(1) && !again.replica.isActive)
        #expect(effects.drafts.contains { if case .viewChange = $0 { true } else { false } })
        #expect(again.receive(again.prePrepare(proposal), from: 0).rejections == [.oldView])
    }

    @Test("an accepted NEW-VIEW outlives a crash, with what it re-proposed")
    func resumesView() {
        var bench = Bench.started(2)
        let vote = bench.prepareFully(1)
        let viewChanges = [0, 1, 3].map {
            bench.viewChange(1, by: $0, prepared: [bench.prepared(vote, by: [0, 1, 2])])
        }
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 1) }
        bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 1)
        var again = bench.restarted()
        #expect(again.step(.start).drafts == [.prepare(bench.vote(1, vote.digest, view: 1))])
        #expect(again.replica.isActive && again.replica.view == View(1))
    }

    @Test("a restarted leader sends no NEW-VIEW for a view up to the one it restarted in (rule 18)")
    func leadsNotAgain() {
        var bench = Bench.started(1)
        bench.now = Moment(monotonic: 100_000, wall: bench.now.wall)
        bench.loopBack(bench.step(.timer(.view)))
        var again = bench.restarted()
        again.loopBack(again.step(.start))
        for peer in [0, 2, 3] { again.receive(.viewChange(again.viewChange(1, by: peer)), from: peer) }
        #expect(!again.effects.drafts.contains { if case .newView = $0 { true } else { false } })
        again.now = Moment(monotonic: 200_000, wall: again.now.wall)
        again.step(.timer(.view))
        #expect(again.replica.view == View(2), "the others go on to a view that somebody leads")
    }

    @Test("executed blocks above the certificate are attested again")
    func attestsAgain() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        for peer in [0, 2] { bench.receive(.commit(vote), from: peer) }
        bench.step(.executed(bench.block(1)))
        var again = bench.restarted(blocks: [bench.block(1)])
        let attestation = Attestation(epoch: .first, height: Height(1), header: Bench.header(1))
        #expect(again.step(.start).drafts.first == .attest(attestation))
        #expect(again.effects.executions.isEmpty)
    }

    @Test("a vote above the window of the durable certificate means a damaged log: the replica only follows")
    func damagedLog() {
        var recovery = Recovery()
        let vote = Bench(1).vote(5, Tokens.digest(1, 2, 3, 4))
        recovery.records = [.prepare(vote)]
        var bench = Bench(1, recovery: recovery)
        let effects = bench.step(.start)
        #expect(effects.contains { if case .silenced = $0 { true } else { false } } && effects.drafts.isEmpty)
        bench.receive(bench.prePrepare(bench.proposal(1)), from: 0)
        bench.step(.acquired(Sequence(1), bench.proposal(1).digest))
        #expect(bench.effects.drafts.isEmpty)
    }

    @Test("of a journal with a proposal from each of many views only so many are kept, the one voted for among them")
    func manyProposals() {
        var recovery = Recovery()
        let proposals = (0..<40 as Range<UInt64>).map { Bench(1).proposal(1, view: $0, proposer: Int($0 % 4), tag: $0) }
        recovery.records = proposals.map { .proposal($0, nil) } + [.prepare(proposals[7].vote)]
        var bench = Bench(1, recovery: recovery)
        bench.step(.start)
        #expect(bench.replica.violatedInvariant == nil)
        let request = Request.proposal(.first, Sequence(1), proposals[7].digest)
        #expect(bench.receive(.request(request), from: 2) == [.send(.proposal(proposals[7]), to: ReplicaID(2))])
    }

    @Test("a signature of ours that the journal does not know silences the replica (rule 20)")
    func lostJournal() {
        var bench = Bench.started(1)
        let proposal = bench.proposal(1)
        let certificate = bench.prepared(proposal.vote, by: [0, 1, 2])
        let effects = bench.receive(.viewChange(bench.viewChange(1, by: 2, prepared: [certificate])), from: 2)
        #expect(effects.contains(.silenced(proposal.vote)))
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.step(.acquired(Sequence(1), proposal.digest))
        bench.now = Moment(monotonic: 100_000, wall: bench.now.wall)
        bench.step(.timer(.view))
        #expect(bench.effects.drafts.isEmpty)
        bench.step(.installed(bench.block(1), bench.certificate(1, Bench.header(1))))
        #expect(bench.replica.certified == Height(1), "it goes on following")
    }

    @Test("an attestation of ours of a block that is neither here nor in the journal silences the replica (rule 20)")
    func lostJournalAndBlocks() {
        let header = Bench.header(1)
        let own = Bench(1).certificate(1, header, by: [0, 1, 2])
        var told = Bench.started(1)
        let effects = told.receive(.certificate(own), from: 2)
        #expect(effects.contains { if case .silenced = $0 { true } else { false } })
        var taken = Bench.started(1)
        #expect(taken.step(.installed(taken.block(1), own)).contains { if case .silenced = $0 { true } else { false } })
        #expect(taken.replica.certified == Height(1), "it goes on following")
        var others = Bench.started(1)
        let foreign = Bench(1).certificate(1, header, by: [0, 2, 3])
        #expect(
            !others.receive(.certificate(foreign), from: 2).contains { if case .silenced = $0 { true } else { false } }
        )
    }

    @Test("an attestation of a block that a crash took is ours where the journal has the vote")
    func lostBlock() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        for peer in [0, 2] { bench.receive(.commit(vote), from: peer) }
        bench.step(.executed(bench.block(1)))
        var again = bench.restarted(blocks: [])
        again.step(.start)
        let own = bench.certificate(1, Bench.header(1), by: [0, 1, 2])
        #expect(!again.receive(.certificate(own), from: 2).contains { if case .silenced = $0 { true } else { false } })
    }

    @Test("the first input must be start, and it comes once")
    func startsOnce() {
        var bench = Bench(1)
        #expect(bench.step(.timer(.view)) == [.rejected(.notStarted, from: nil)])
        bench.step(.start)
        #expect(bench.step(.start) == [.rejected(.notStarted, from: nil)])
    }

    @Test("journal keys order by sequence, so that what a certificate covers is one range")
    func journalKeys() {
        let bench = Bench(1)
        let records: [JournalRecord] = [
            .prepare(bench.vote(7, Proposal.nullDigest)),
            .prepared(bench.prepared(bench.vote(7, Proposal.nullDigest), by: [0, 1, 2])),
            .proposal(bench.proposal(7), nil),
        ]
        for record in records {
            #expect(record.key.lexicographicallyPrecedes(JournalRecord.keyBound(above: Height(7))))
            #expect(!record.key.lexicographicallyPrecedes(JournalRecord.keyBound(above: Height(6))))
        }
        let view = JournalRecord.view(.first, View(1))
        #expect(!view.key.lexicographicallyPrecedes(JournalRecord.keyBound(above: Height(.max))))
        #expect(Set(records.map(\.key)).count == 3)
    }
}
