import Consensus
import Primitives
import Simulator
import Testing

// What a replica tells others about their statements (rule 20).
extension AskingTests {
    func answer(_ bench: inout Bench, to peer: Int, question: UInt64 = 9) -> Testimony? {
        let effects = bench.receive(.request(.testimony(.first, question)), from: peer)
        for case .send(.testimony(let testimony), ReplicaID(peer)) in effects { return testimony }
        return nil
    }

    @Test(
        "it shows the newest of each kind that the asker signed, and the COMMITs that it keeps, with what proves them"
    )
    func remembers() throws {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        for peer in [2, 3] { bench.receive(.commit(vote), from: peer) }
        bench.receive(bench.prepare(bench.vote(3, Bench.header(3)), by: 2), from: 2)
        bench.receive(bench.prepare(bench.vote(2, Bench.header(2)), by: 2), from: 2)
        bench.receive(.viewChange(bench.viewChange(4, by: 2)), from: 3)
        bench.receive(.viewChange(bench.viewChange(2, by: 2)), from: 2)
        bench.receive(bench.attest(1, Bench.header(1), by: 2), from: 2)
        let testimony = try #require(answer(&bench, to: 2))
        #expect(testimony.question == 9 && testimony.subject == ReplicaID(2))
        #expect(testimony.vote?.kind == .prepare && testimony.vote?.position == 3)
        #expect(testimony.promise?.kind == .viewChange && testimony.promise?.view == View(4))
        #expect(testimony.attestation?.position == 1)
        #expect(testimony.commits == [vote])
        let checks = testimony.checks(chain: bench.configuration.chain)
        #expect(checks.count == 3 && checks.allSatisfy(Tokens.isValid))
        let nothing = try #require(answer(&bench, to: 0))
        #expect(nothing.commits.isEmpty && nothing.vote?.position == 1, "of 0 it saw what 0 signed")
    }

    @Test("it remembers what it refuses: statements beyond its window, and of views that have passed")
    func remembersWhatItRefuses() throws {
        var bench = Bench.started()
        let far = bench.prepare(bench.vote(1000, Bench.header(3)), by: 2)
        #expect(bench.receive(far, from: 2).rejections == [.outsideWatermarks])
        #expect(try #require(answer(&bench, to: 2)).vote?.position == 1000)
        let late = bench.prepare(bench.vote(3, Bench.header(3)), by: 2)
        bench.receive(late, from: 2)
        #expect(try #require(answer(&bench, to: 2)).vote?.position == 1000, "an earlier one changes nothing")
    }

    @Test("what its journal holds of others' statements outlives its own restart")
    func remembersAfterRestart() throws {
        var bench = Bench.started(3)
        let vote = bench.prepareFully(1)
        let viewChanges = [0, 1, 2].map {
            bench.viewChange(1, by: $0, prepared: [bench.prepared(vote, by: [0, 1, 2])])
        }
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 1) }
        bench.receive(.newView(bench.newView(1, naming: viewChanges)), from: 1)
        var again = bench.restarted()
        again.step(.start)
        let ofLeader = try #require(answer(&again, to: 1))
        #expect(ofLeader.vote?.position == 1 && ofLeader.promise?.view == View(1))
        #expect(ofLeader.promise?.kind == .viewChange || ofLeader.promise?.kind == .newView)
        let certified = bench.restarted(
            blocks: [bench.block(1)],
            certificate: bench.certificate(1, Bench.header(1), by: [0, 2, 3])
        )
        var other = certified
        other.step(.start)
        let told = try #require(answer(&other, to: 0))
        #expect(told.attestation?.position == 1)
        #expect(told.certificate == bench.certificate(1, Bench.header(1), by: [0, 2, 3]))
        #expect(told.checks(chain: bench.configuration.chain).count { $0.statement.kind == .attest } == 4)
    }

    @Test("its journal tells the proposer of a PRE-PREPARE that it voted for and of which nothing came")
    func remembersProposals() throws {
        var bench = Bench.started(3)
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        bench.step(.acquired(Sequence(1), proposal.digest))
        var again = bench.restarted()
        again.step(.start)
        let told = try #require(answer(&again, to: 0)?.vote)
        #expect(told.kind == .prePrepare && told.digest == proposal.digest)
        #expect(try #require(answer(&again, to: 0)).checks(chain: bench.configuration.chain).allSatisfy(Tokens.isValid))
    }

    @Test("whoever asks is there, so who waits for its answer asks back, once")
    func asksBack() {
        var bench = starting()
        let effects = bench.receive(.request(.testimony(.first, 1)), from: 2)
        #expect(effects.count { if case .send(.testimony, ReplicaID(2)) = $0 { true } else { false } } == 1)
        #expect(questions(effects) == [2])
        bench.receive(testimony(), from: 2)
        #expect(questions(bench.receive(.request(.testimony(.first, 1)), from: 2)).isEmpty)
    }

    @Test("questions without end, of other epochs and of oneself are refused")
    func hostileQuestions() {
        var bench = Bench.started()
        #expect(bench.receive(.request(.testimony(Epoch(1), 1)), from: 2).rejections == [.wrongEpoch])
        #expect(bench.receive(.request(.testimony(.first, 1)), from: 1).rejections == [.wrongSender])
        var answers = 0
        for question in 0..<1000 as Range<UInt64> {
            let effects = bench.receive(.request(.testimony(.first, question)), from: 3)
            answers += effects.count { if case .send(.testimony, _) = $0 { true } else { false } }
        }
        #expect(answers <= 2 * (4 + 4))
    }

    @Test("memory is the same however much a validator signs")
    func bounded() throws {
        var bench = Bench.started()
        for number in 1...2000 as ClosedRange<UInt64> {
            bench.receive(bench.prepare(bench.vote(number, Bench.header(number), view: number), by: 2), from: 2)
            bench.receive(.commit(bench.vote(number, Bench.header(number), view: number)), from: 2)
        }
        let testimony = try #require(answer(&bench, to: 2))
        #expect(testimony.commits.count <= bench.configuration.limits.commits)
        #expect(bench.replica.violatedInvariant == nil)
        #expect(Message.testimony(testimony).encoded.count < 2000)
    }
}
