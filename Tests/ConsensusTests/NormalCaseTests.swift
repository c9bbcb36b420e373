import Consensus
import Primitives
import Simulator
import Testing

/// Castro & Liskov, OSDI '99, §4.2: each test follows a sentence of it, or a rule of docs/protocol.md that refines it.
@Suite struct NormalCaseTests {
    @Test("a backup asks for the bodies of a proposal before it votes for it")
    func bodiesFirst() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        #expect(bench.receive(bench.prePrepare(proposal), from: 0) == [.acquire(proposal)])
        let effects = bench.step(.acquired(Sequence(1), proposal.digest))
        let signature = bench.sign(proposal.vote.statement(.prePrepare, chain: bench.configuration.chain), 0)
        #expect(
            effects == [
                .persist(.proposal(proposal, signature), synced: false),
                .persist(.prepare(proposal.vote), synced: true),
                .sign(.prepare(proposal.vote)),
            ]
        )
    }

    @Test("a quorum of PREPAREs makes the prepared certificate, durable before COMMIT leaves")
    func prepared() throws {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.loopBack(bench.step(.acquired(Sequence(1), proposal.digest)))
        #expect(bench.receive(bench.prepare(proposal.vote, by: 0), from: 0) == [])
        let certificate = bench.prepared(proposal.vote, by: [0, 1, 2])
        let effects = bench.receive(bench.prepare(proposal.vote, by: 2), from: 2)
        #expect(effects == [.persist(.prepared(certificate), synced: true), .sign(.commit(proposal.vote))])
    }

    @Test("a PRE-PREPARE is no vote: the primary's PREPARE is needed too")
    func prePrepareIsNoVote() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.loopBack(bench.step(.acquired(Sequence(1), proposal.digest)))
        bench.receive(bench.prepare(proposal.vote, by: 2), from: 2)
        #expect(!bench.effects.drafts.contains(.commit(proposal.vote)))
    }

    @Test("a quorum of COMMITs executes the batch once")
    func committed() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        #expect(bench.receive(.commit(vote), from: 0) == [])
        let effects = bench.receive(.commit(vote), from: 2)
        #expect(effects.executions.map(\.batch.digest) == [vote.digest])
        #expect(bench.receive(.commit(vote), from: 3).executions.isEmpty)
    }

    @Test("COMMITs without the own prepared certificate commit nothing")
    func commitNeedsPrepared() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.loopBack(bench.step(.acquired(Sequence(1), proposal.digest)))
        for peer in [0, 2, 3] { bench.receive(.commit(proposal.vote), from: peer) }
        #expect(bench.effects.executions.isEmpty)
        for peer in [0, 2] { bench.receive(bench.prepare(proposal.vote, by: peer), from: peer) }
        #expect(bench.effects.executions.count == 1)
    }

    @Test("an uncommitted proposal is never executed (failures 10)")
    func uncommittedIsNotExecuted() {
        var bench = Bench.started()
        _ = bench.prepareFully(1)
        #expect(bench.effects.executions.isEmpty && bench.replica.executed == .genesis)
    }

    @Test("batches execute in the order of their sequences, whatever order they commit in")
    func executesInOrder() {
        var bench = Bench.started()
        let first = bench.prepareFully(1)
        let second = bench.prepareFully(2)
        for peer in [0, 2] { bench.receive(.commit(second), from: peer) }
        #expect(bench.effects.executions.isEmpty)
        for peer in [0, 2] { bench.receive(.commit(first), from: peer) }
        #expect(bench.effects.executions.map(\.sequence.number) == [1, 2])
    }

    @Test("sequences are accepted in order within a view")
    func acceptsInOrder() {
        var bench = Bench.started()
        let (first, second) = (bench.proposal(1), bench.proposal(2))
        for proposal in [second, first] { bench.receive(bench.prePrepare(proposal), from: 0) }
        #expect(bench.step(.acquired(Sequence(2), second.digest)) == [])
        let votes = bench.step(.acquired(Sequence(1), first.digest)).drafts
        #expect(votes == [.prepare(first.vote), .prepare(second.vote)])
    }

    @Test("the primary keeps as many sequences in flight as the window holds, and no more")
    func primaryFillsTheWindow() {
        var bench = Bench.started(0)
        for sequence in 1...4 {
            #expect(bench.effects.contains(.requestBatch(.first, Sequence(UInt64(sequence)))))
            let effects = bench.step(.batch(.first, Sequence(UInt64(sequence)), []))
            #expect(effects.drafts.count == 2)
        }
        #expect(!bench.effects.contains(.requestBatch(.first, Sequence(5))))
    }

    @Test("the primary's proposal is durable before PRE-PREPARE leaves, with one sync for proposal and vote")
    func proposalIsDurable() {
        var bench = Bench.started(0)
        let effects = bench.step(.batch(.first, Sequence(1), [Transactions.reference(id: 5, encoding: 0)]))
        let synced = effects.position { if case .persist(.prepare, true) = $0 { true } else { false } }
        let written = effects.position { if case .persist(.proposal, _) = $0 { true } else { false } }
        let left = effects.position { if case .sign(.prePrepare) = $0 { true } else { false } }
        #expect(written >= 0 && written < synced && synced < left)
    }

    @Test("a primary with nothing to propose proposes an empty batch at the heartbeat")
    func heartbeat() throws {
        var bench = Bench.started(0)
        let deadline = bench.now.monotonic + bench.configuration.heartbeat
        #expect(bench.effects.contains(.setTimer(.heartbeat, deadline: deadline)))
        let drafts = bench.step(.timer(.heartbeat)).drafts
        guard case .prePrepare(let proposal) = drafts.first else {
            Issue.record("no proposal")
            return
        }
        #expect(proposal.references.isEmpty && proposal.sequence == Sequence(1))
    }

    @Test("an answer to a request that has passed proposes nothing")
    func staleBatch() {
        var bench = Bench.started(0)
        bench.step(.timer(.heartbeat))
        #expect(bench.step(.batch(.first, Sequence(1), [])) == [.rejected(.notRequested, from: nil)])
        #expect(bench.step(.batch(View(3), Sequence(2), [])) == [.rejected(.notRequested, from: nil)])
    }

    @Test("a proposal of somebody who is not primary is refused")
    func notPrimary() {
        var bench = Bench.started()
        let proposal = bench.proposal(1, proposer: 2)
        #expect(bench.receive(bench.prePrepare(proposal), from: 2).rejections == [.notPrimary])
    }

    @Test("a proposal beyond the window is kept, and accepted once the window has moved")
    func proposalsAhead() {
        var bench = Bench.started()
        let ahead = bench.proposal(5)
        #expect(bench.receive(bench.prePrepare(ahead), from: 0) == [])
        for height in 1...4 { bench.certify(UInt64(height)) }
        #expect(bench.effects.contains(.acquire(ahead)))
        #expect(bench.step(.acquired(Sequence(5), ahead.digest)).drafts == [.prepare(ahead.vote)])
    }

    @Test("a fresh proposal too far ahead of the own clock waits until it is not")
    func drift() {
        var bench = Bench.started()
        let early = bench.proposal(1, time: bench.now.wall + bench.configuration.drift + 50)
        bench.receive(bench.prePrepare(early), from: 0)
        #expect(bench.step(.acquired(Sequence(1), early.digest)) == [])
        bench.now = Moment(monotonic: 100, wall: bench.now.wall + 50)
        #expect(bench.step(.timer(.repetition)).drafts == [.prepare(early.vote)])
    }

    @Test("a refused proposal gets no vote, whatever arrives")
    func refused() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.step(.refused(Sequence(1), proposal.digest))
        for peer in [0, 2, 3] { bench.receive(bench.prepare(proposal.vote, by: peer), from: peer) }
        #expect(bench.step(.acquired(Sequence(1), proposal.digest)).rejections == [.notRequested])
        #expect(!bench.effects.hasVotes)
    }

    @Test("n = 1 orders, executes and certifies by itself")
    func alone() {
        var bench = Bench.started(0, of: 1)
        for height in 1...10 {
            bench.loopBack(bench.step(.batch(.first, Sequence(UInt64(height)), [])))
            bench.loopBack(bench.step(.executed(bench.block(UInt64(height)))))
        }
        #expect(bench.replica.certified == Height(10))
    }
}
