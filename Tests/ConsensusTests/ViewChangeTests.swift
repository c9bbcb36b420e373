import Consensus
import Primitives
import Simulator
import Testing

/// §4.4, view changes, and §4.5.2, liveness.
@Suite struct ViewChangeTests {
    /// Lets the view timer run out.
    func expire(_ bench: inout Bench) -> [Effect] {
        bench.now = Moment(monotonic: bench.now.monotonic + 100_000, wall: bench.now.wall)
        return bench.step(.timer(.view))
    }

    @Test("a view timer that runs out leads to VIEW-CHANGE, with its view durable before it leaves")
    func timeout() throws {
        var bench = Bench.started()
        let effects = expire(&bench)
        let written = effects.position { $0 == .persist(.view(.first, View(1)), synced: true) }
        let left = effects.position { if case .sign(.viewChange) = $0 { true } else { false } }
        #expect(written >= 0 && written < left)
        #expect(bench.replica.view == View(1) && !bench.replica.isActive)
    }

    @Test("a timer that fires before its deadline changes nothing")
    func early() {
        var bench = Bench.started()
        #expect(bench.step(.timer(.view)).isEmpty)
    }

    @Test("VIEW-CHANGE carries the certificate and the prepared certificates above it")
    func content() {
        var bench = Bench.started()
        bench.certify(1)
        let vote = bench.prepareFully(2)
        guard case .viewChange(let content) = expire(&bench).drafts.first else {
            Issue.record("no VIEW-CHANGE")
            return
        }
        #expect(content.certified == Height(1) && content.prepared.map(\.vote) == [vote])
    }

    @Test("after VIEW-CHANGE no PREPARE or COMMIT leaves for a lower view (rule 14)")
    func silentBelow() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.loopBack(bench.step(.acquired(Sequence(1), proposal.digest)))
        let second = bench.proposal(2)
        bench.receive(bench.prePrepare(second), from: 0)
        bench.loopBack(expire(&bench))
        let count = bench.effects.count
        bench.step(.acquired(Sequence(2), second.digest))
        for peer in [0, 2, 3] { bench.receive(bench.prepare(proposal.vote, by: peer), from: peer) }
        #expect(!Array(bench.effects[count...]).hasVotes)
    }

    @Test("COMMITs that arrive after the own VIEW-CHANGE still commit what was prepared")
    func commitsAfterLeaving() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        bench.loopBack(expire(&bench))
        for peer in [0, 2] { bench.receive(.commit(vote), from: peer) }
        #expect(bench.effects.executions.count == 1)
    }

    @Test("the leader names a quorum of VIEW-CHANGEs as soon as it has one (failures 6)")
    func leads() {
        var bench = Bench.started(1)
        bench.loopBack(expire(&bench))
        bench.receive(.viewChange(bench.viewChange(1, by: 2)), from: 2)
        let effects = bench.receive(.viewChange(bench.viewChange(1, by: 3)), from: 3)
        guard case .newView(let content) = effects.drafts.first else {
            Issue.record("no NEW-VIEW")
            return
        }
        #expect(content.viewChanges.map(\.sender.index) == [1, 2, 3])
        bench.loopBack(effects)
        #expect(bench.replica.isActive && bench.replica.view == View(1))
    }

    @Test("who is not the leader sends no NEW-VIEW, and the leader sends one only")
    func leadsOnce() {
        var bench = Bench.started(2)
        bench.loopBack(expire(&bench))
        for peer in [0, 1, 3] { bench.receive(.viewChange(bench.viewChange(1, by: peer)), from: peer) }
        #expect(!bench.effects.drafts.contains { if case .newView = $0 { true } else { false } })

        bench = Bench.started(1)
        bench.loopBack(expire(&bench))
        for peer in [0, 2, 3] { bench.receive(.viewChange(bench.viewChange(1, by: peer)), from: peer) }
        #expect(bench.effects.drafts.count { if case .newView = $0 { true } else { false } } == 1)
    }

    @Test("the batch prepared in the highest view is re-proposed, null where nothing was prepared")
    func reproposes() {
        var bench = Bench.started(2)
        let kept = bench.prepareFully(1, tag: 7)
        let other = bench.proposal(3, tag: 8)
        let viewChanges = [
            bench.viewChange(1, by: 0, prepared: [bench.prepared(kept, by: [0, 1, 2])]),
            bench.viewChange(1, by: 1, prepared: [bench.prepared(other.vote, by: [0, 1, 3])]),
            bench.viewChange(1, by: 3),
        ]
        for viewChange in viewChanges {
            bench.receive(.viewChange(viewChange), from: viewChange.content.sender.index)
        }
        let effects = bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 1)
        let null = bench.vote(2, Proposal.nullDigest, view: 1)
        #expect(effects.drafts == [.prepare(bench.vote(1, kept.digest, view: 1)), .prepare(null)])
        #expect(effects.contains(.broadcast(.request(.proposal(.first, Sequence(3), other.digest)))))

        bench.receive(.proposal(other), from: 0)
        let votes = bench.step(.acquired(Sequence(3), other.digest)).drafts
        #expect(votes == [.prepare(bench.vote(3, other.digest, view: 1))])
    }

    @Test("of two certificates the one of the higher view counts, not of the higher origin view")
    func highestPreparedView() {
        let rules = SafetyRules()
        let bench = Bench(0)
        let old = bench.proposal(1, view: 0, tag: 1)
        let young = bench.proposal(1, view: 2, proposer: 2, tag: 2)
        let preparedAgain = bench.prepared(bench.vote(1, old.digest, view: 5), by: [0, 1, 2])
        let preparedOnce = bench.prepared(bench.vote(1, young.digest, view: 2), by: [0, 2, 3])
        let viewChanges = [
            bench.viewChange(6, by: 0, prepared: [preparedAgain]),
            bench.viewChange(6, by: 3, prepared: [preparedOnce]),
            bench.viewChange(6, by: 2),
        ]
        #expect(rules.reproposals(from: viewChanges, above: .genesis) { _ in nil }.digests == [old.digest])
        #expect(rules.reproposals(from: viewChanges.reversed(), above: .genesis) { _ in nil }.digests == [old.digest])
    }

    @Test("re-proposals start above the highest certified height among the VIEW-CHANGEs")
    func startsAboveCertified() {
        let bench = Bench(0)
        let proposal = bench.proposal(2)
        let viewChanges = [
            bench.viewChange(1, by: 0, prepared: [bench.prepared(proposal.vote, by: [0, 1, 2])]),
            bench.viewChange(1, by: 1, certificate: bench.certificate(3, Bench.header(3))),
            bench.viewChange(1, by: 2),
        ]
        let reproposals = SafetyRules().reproposals(from: viewChanges, above: .genesis) { _ in nil }
        #expect(reproposals.base == Sequence(3) && reproposals.digests.isEmpty)
    }

    @Test("a NEW-VIEW waits for the VIEW-CHANGEs it names, and they are fetched")
    func fetchesMissing() {
        var bench = Bench.started(2)
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0) }
        let effects = bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 1)
        let digests = viewChanges.map(\.content.digest)
        #expect(effects == [.send(.request(.viewChanges(.first, View(1), digests)), to: ReplicaID(1))])
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 1) }
        #expect(bench.replica.isActive && bench.replica.view == View(1))
    }

    @Test("a NEW-VIEW short of a quorum, with a doubled name, or of an unknown validator is refused")
    func badNewViews() {
        var bench = Bench.started(2)
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0) }
        let named = [[0, 1], [0, 0, 1], [1, 0, 2], []].map { $0.map { viewChanges[$0] } }
        for names in named {
            let effects = bench.receive(.newView(bench.newView(1, naming: names)), from: 1)
            #expect(effects.rejections == [.invalidViewChange])
        }
        #expect(bench.replica.view == .first)
    }

    @Test("an accepted NEW-VIEW is written before the first vote in its view (rule 16)")
    func newViewIsWritten() {
        var bench = Bench.started(2)
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.step(.acquired(Sequence(1), proposal.digest))
        let certificate = bench.prepared(proposal.vote, by: [0, 1, 3])
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0, prepared: [certificate]) }
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 1) }
        let effects = bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 1)
        let written = effects.position { if case .persist(.newView, false) = $0 { true } else { false } }
        let voted = effects.position { if case .persist(.prepare, true) = $0 { true } else { false } }
        #expect(written >= 0 && voted > written)
    }

    @Test("a single forged view moves nobody, however high (failures 1)", arguments: [2, 1000, UInt64.max])
    func forgedView(view: UInt64) {
        var bench = Bench.started()
        bench.receive(.viewChange(bench.viewChange(view, by: 3)), from: 3)
        #expect(bench.replica.view == .first && bench.replica.isActive)
    }

    @Test("the (f + 1)-th highest claimed view is joined")
    func joins() {
        var bench = Bench.started()
        bench.receive(.viewChange(bench.viewChange(.max, by: 3)), from: 3)
        bench.receive(.viewChange(bench.viewChange(4, by: 2)), from: 2)
        #expect(bench.replica.view == View(4) && !bench.replica.isActive)
    }

    @Test("at the last view there is, a timeout goes nowhere and nothing overflows (failures 2)")
    func lastView() {
        var bench = Bench.started()
        for peer in [0, 2, 3] { bench.receive(.viewChange(bench.viewChange(.max, by: peer)), from: peer) }
        #expect(bench.replica.view == View(.max))
        bench.loopBack(bench.effects)
        #expect(expire(&bench).drafts.isEmpty)
        #expect(bench.replica.view == View(.max))
    }

    @Test("the timer towards the next view runs only with a quorum of VIEW-CHANGEs (rule 24)")
    func timerNeedsQuorum() {
        var bench = Bench.started()
        bench.loopBack(expire(&bench))
        #expect(expire(&bench).isEmpty)
        bench.receive(.viewChange(bench.viewChange(1, by: 2)), from: 2)
        #expect(expire(&bench).isEmpty)
        let effects = bench.receive(.viewChange(bench.viewChange(1, by: 3)), from: 3)
        #expect(effects.contains { if case .setTimer(.view, _) = $0 { true } else { false } })
        _ = expire(&bench)
        #expect(bench.replica.view == View(2))
    }

    @Test("the own VIEW-CHANGE is repeated until a NEW-VIEW comes")
    func repeats() {
        var bench = Bench.started()
        bench.loopBack(expire(&bench))
        for _ in 0..<3 {
            let effects = bench.step(.timer(.repetition))
            #expect(effects.contains { if case .broadcast(.viewChange) = $0 { true } else { false } })
        }
    }

    @Test("a proposal whose bodies never come leads to a view change, not to a stall (failures 20)")
    func unfetchable() {
        var bench = Bench.started(2)
        let lost = bench.proposal(1)
        #expect(bench.receive(bench.prePrepare(lost), from: 0) == [.acquire(lost)])
        bench.loopBack(expire(&bench))
        #expect(bench.replica.view == View(1))
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0) }
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 1) }
        bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 1)
        let fresh = bench.proposal(1, view: 1, proposer: 1, tag: 2)
        bench.receive(bench.prePrepare(fresh), from: 1)
        #expect(bench.step(.acquired(Sequence(1), fresh.digest)).drafts == [.prepare(fresh.vote)])
        #expect(bench.step(.acquired(Sequence(1), lost.digest)).drafts.isEmpty, "its time has passed")
    }

    @Test("of two NEW-VIEWs of a faulty leader, one that nobody can complete does not block the other")
    func incompleteNewView() {
        var bench = Bench.started(2)
        let hidden = bench.viewChange(1, by: 1, certificate: bench.certificate(1, Bench.header(1)))
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0) }
        bench.receive(.newView(bench.newView(1, naming: [viewChanges[0], hidden, viewChanges[2]])), from: 1)
        #expect(bench.replica.view == .first)
        bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 3)
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 3) }
        #expect(bench.replica.view == View(1) && bench.replica.isActive)
    }

    @Test("any holder gives the NEW-VIEW to whoever lacks it")
    func holdersServe() {
        var bench = Bench.started(2)
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0) }
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 1) }
        let newView = bench.newView(1, naming: viewChanges)
        bench.receive(.newView(newView), from: 1)
        let status = Status(
            epoch: .first,
            view: View(1),
            isActive: false,
            certified: .genesis,
            accepted: Sequence(0),
            isStalled: true
        )
        #expect(bench.receive(.status(status), from: 0).contains(.send(.newView(newView), to: ReplicaID(0))))
        let digest = viewChanges[2].content.digest
        let answer = bench.receive(.request(.viewChanges(.first, View(1), [digest])), from: 0)
        #expect(answer == [.send(.viewChange(viewChanges[2]), to: ReplicaID(0))])
    }
}
