import Consensus
import Primitives
import Simulator
import Testing

/// Rule 20: a replica that starts asks the others what they have seen of its votes, and votes only when it knows all of it.
@Suite struct AskingTests {
    static let question: UInt64 = 4711

    /// A replica whose process has just started.
    func starting(
        _ id: Int = 1,
        of replicas: Int = 4,
        recovery: Recovery = Recovery(),
        adjust: (inout Configuration) -> Void = { _ in }
    ) -> Bench {
        var bench = Bench(
            id,
            of: replicas,
            adjust: {
                $0.awaitsAnswers = true
                $0.question = Self.question
                adjust(&$0)
            },
            recovery: recovery
        )
        bench.step(.start)
        return bench
    }

    /// What a peer says that has seen these statements of validator 1.
    func testimony(
        epoch: UInt64 = 0,
        of subject: Int = 1,
        question: UInt64 = Self.question,
        vote: Sighting? = nil,
        promise: Sighting? = nil,
        attestation: Sighting? = nil,
        commits: [Vote] = [],
        certificate: Certificate? = nil
    ) -> Message {
        .testimony(
            Testimony(
                epoch: Epoch(epoch),
                subject: ReplicaID(subject),
                question: question,
                vote: vote,
                promise: promise,
                attestation: attestation,
                commits: commits,
                certificate: certificate
            )
        )
    }

    func sighting(
        _ kind: Statement.Kind,
        view: UInt64,
        _ position: UInt64,
        _ digest: Digest = Bench.header(5)
    ) -> Sighting {
        let signature = Signature(r: Bench.header(6), s: Bench.header(7))
        return Sighting(kind: kind, view: View(view), position: position, digest: digest, signature: signature)
    }

    func isSilenced(_ effects: [Effect]) -> Bool {
        effects.contains { if case .silenced = $0 { true } else { false } }
    }

    func questions(_ effects: [Effect]) -> [Int] {
        effects.compactMap {
            guard case .send(.request(.testimony(.first, Self.question)), let peer) = $0 else { return nil }
            return peer.index
        }
    }

    /// A proposal that it would vote for at once, had it a voice.
    func propose(_ bench: inout Bench) -> [Effect] {
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        return bench.step(.acquired(Sequence(1), proposal.digest))
    }

    // MARK: The wait

    @Test("it asks all others at its start and signs nothing until all have answered")
    func asksAll() {
        var bench = starting()
        #expect(questions(bench.effects) == [0, 2, 3])
        #expect(propose(&bench).drafts.isEmpty)
        for peer in [0, 2] { bench.receive(testimony(), from: peer) }
        bench.now = Moment(monotonic: 100_000, wall: bench.now.wall)
        bench.step(.timer(.view))
        #expect(bench.effects.drafts.isEmpty && bench.replica.voice == .asks)
        let effects = bench.receive(testimony(), from: 3)
        #expect(effects.contains(.answered(by: 3)))
        #expect(
            effects.drafts == [.prepare(bench.proposal(1).vote)],
            "what it could not vote for meanwhile, it does now"
        )
        #expect(effects.contains { if case .setTimer(.view, _) = $0 { true } else { false } })
    }

    @Test("where somebody is down a quorum with itself is enough, once the missing ones were asked again")
    func quorumAnswers() {
        var bench = starting()
        _ = propose(&bench)
        bench.receive(testimony(), from: 0)
        #expect(questions(bench.step(.timer(.repetition))) == [2, 3])
        bench.receive(testimony(), from: 3)
        #expect(bench.replica.voice == .asks)
        #expect(questions(bench.step(.timer(.repetition))) == [2], "it was enough for less than a repetition")
        #expect(bench.effects.drafts.isEmpty)
        let effects = bench.step(.timer(.repetition))
        #expect(effects.contains(.answered(by: 2)) && effects.drafts == [.prepare(bench.proposal(1).vote)])
    }

    @Test("fewer than a quorum with itself are never enough", arguments: [(4, 1), (7, 3), (2, 0), (3, 0), (31, 19)])
    func tooFew(replicas: Int, answers: Int) {
        var bench = starting(of: replicas)
        for peer in (0..<replicas).filter({ $0 != 1 }).prefix(answers) { bench.receive(testimony(), from: peer) }
        for _ in 0..<20 { bench.step(.timer(.repetition)) }
        #expect(bench.replica.voice == .asks && bench.effects.drafts.isEmpty)
    }

    @Test("n = 1 has nobody to ask; an observer and a replica that follows on one that voted do not wait")
    func nobodyToAsk() {
        #expect(starting(0, of: 1).replica.voice == .votes)
        #expect(starting(adjust: { $0.awaitsAnswers = false }).replica.voice == .votes)
        let observer = starting(4, adjust: { $0.mayVote = false })
        #expect(observer.replica.voice == .silent && questions(observer.effects).isEmpty)
    }

    @Test("one peer that answers often is one; so is one that answers itself")
    func answersCountOnce() {
        var bench = starting()
        for _ in 0..<5 { bench.receive(testimony(), from: 2) }
        #expect(bench.receive(testimony(), from: 1).rejections == [.notRequested])
        for _ in 0..<5 { bench.step(.timer(.repetition)) }
        #expect(bench.replica.voice == .asks && bench.replica.answeredBy == [ReplicaID(2)])
    }

    @Test("answers to another question, about another, of another epoch, or with too much in them do not count")
    func strangeAnswers() {
        var bench = starting()
        #expect(bench.receive(testimony(question: 1), from: 0).rejections == [.notRequested])
        #expect(bench.receive(testimony(of: 2), from: 0).rejections == [.notRequested])
        #expect(bench.receive(testimony(of: 99), from: 0).rejections == [.notRequested])
        #expect(bench.receive(testimony(epoch: 1), from: 0).rejections == [.wrongEpoch])
        let many = (1...9 as ClosedRange<UInt64>).map { bench.vote($0, Bench.header($0)) }
        #expect(bench.receive(testimony(commits: many), from: 0).rejections == [.tooLarge])
        #expect(bench.replica.answeredBy.isEmpty && bench.replica.voice == .asks)
    }

    @Test("who restarts in a view change demands its view again, and joins what others demanded meanwhile")
    func joinsAfterwards() {
        var bench = Bench.started()
        bench.now = Moment(monotonic: 100_000, wall: bench.now.wall)
        bench.step(.timer(.view))
        var again = bench.restarted(asking: Self.question)
        again.step(.start)
        for peer in [0, 2] { again.receive(.viewChange(again.viewChange(5, by: peer)), from: peer) }
        #expect(again.effects.drafts.isEmpty && again.replica.view == View(1))
        for peer in [0, 2, 3] { again.receive(testimony(), from: peer) }
        #expect(again.replica.view == View(5))
        #expect(again.effects.drafts.count { if case .viewChange = $0 { true } else { false } } == 2)
    }

    // MARK: What it is told

    @Test("what the journal does not know silences it: vote, view, block", arguments: 0..<7)
    func unknown(kind: Int) {
        let shown: [Message] = [
            testimony(vote: sighting(.prepare, view: 0, 1)),
            testimony(vote: sighting(.prePrepare, view: 0, 1)),
            testimony(vote: sighting(.prepare, view: 3, 0)),
            testimony(vote: sighting(.prepare, view: .max, .max)),
            testimony(promise: sighting(.viewChange, view: 1, 0)),
            testimony(promise: sighting(.newView, view: 1, 0)),
            testimony(attestation: sighting(.attest, view: 0, 1)),
        ]
        var bench = starting()
        #expect(isSilenced(bench.receive(shown[kind], from: 2)))
        for peer in [0, 2, 3] { bench.receive(testimony(), from: peer) }
        for _ in 0..<3 { bench.step(.timer(.repetition)) }
        #expect(propose(&bench).drafts.isEmpty && bench.replica.voice == .silent)
        bench.step(.installed(bench.block(1), bench.certificate(1, Bench.header(1))))
        #expect(bench.replica.certified == Height(1), "it goes on following")
    }

    @Test("what the journal knows does no harm: its last votes, its view, its blocks, and all before them")
    func known() {
        var bench = Bench.started()
        bench.certify(1, tag: 1)
        let vote = bench.prepareFully(2, tag: 2)
        bench.now = Moment(monotonic: 100_000, wall: bench.now.wall)
        bench.step(.timer(.view))
        let certificate = bench.certificate(1, Bench.header(1))
        var again = bench.restarted(blocks: [bench.block(1)], certificate: certificate, asking: Self.question)
        again.step(.start)
        let first = testimony(
            vote: sighting(.prepare, view: 0, 2, vote.digest),
            promise: sighting(.viewChange, view: 1, 1),
            attestation: sighting(.attest, view: 0, 2),
            commits: [bench.vote(1, Bench.header(9)), vote]
        )
        let second = testimony(vote: sighting(.prepare, view: 0, 1), attestation: sighting(.attest, view: 0, 1))
        for (peer, message) in [(0, first), (2, second), (3, testimony())] {
            #expect(!isSilenced(again.receive(message, from: peer)))
        }
        #expect(again.replica.voice == .votes)
    }

    @Test("another digest at the place of the last vote silences it")
    func otherDigest() {
        var bench = Bench.started()
        _ = bench.prepareFully(1)
        var again = bench.restarted(asking: Self.question)
        again.step(.start)
        #expect(isSilenced(again.receive(testimony(vote: sighting(.prepare, view: 0, 1)), from: 0)))
    }

    @Test("what it catches up with while it waits, or a view that it is led into, vouches for none of its votes")
    func catchingUpProvesNothing() {
        var bench = starting()
        bench.step(.installed(bench.block(1), bench.certificate(1, Bench.header(1))))
        #expect(isSilenced(bench.receive(testimony(vote: sighting(.prepare, view: 0, 1)), from: 0)))
        bench = starting()
        let viewChanges = [0, 2, 3].map { bench.viewChange(3, by: $0) }
        for viewChange in viewChanges { bench.receive(.viewChange(viewChange), from: 3) }
        bench.receive(.newView(bench.newView(3, naming: viewChanges)), from: 3)
        #expect(bench.replica.view == View(3) && bench.replica.isActive)
        #expect(isSilenced(bench.receive(testimony(promise: sighting(.viewChange, view: 3, 0)), from: 0)))
    }

    @Test("it votes at no height that an answer proves certified, and has executed all up to there before it votes")
    func votesAboveWhatIsShown() {
        var bench = starting()
        _ = propose(&bench)
        for peer in [0, 2] { bench.receive(testimony(), from: peer) }
        let certificate = bench.certificate(1, Bench.header(1))
        let effects = bench.receive(testimony(certificate: certificate), from: 3)
        #expect(effects.drafts.isEmpty && bench.replica.voice == .asks)
        #expect(effects.contains(.catchUp(to: Height(1), from: ReplicaID(3))), "it asks for the blocks at once")
        for _ in 0..<5 { bench.step(.timer(.repetition)) }
        #expect(bench.replica.voice == .asks, "no time that passes makes up for them")
        let reached = bench.step(.installed(bench.block(1), certificate))
        #expect(bench.replica.voice == .votes && reached.drafts.isEmpty)
    }

    @Test("certificates of another epoch in messages of this one show nothing of anybody")
    func foreignCertificates() throws {
        var bench = Bench.started()
        let foreign = Certificate(
            epoch: Epoch(1),
            height: Height(9),
            header: Bench.header(9),
            signatures: bench.certificate(9, Bench.header(9)).signatures
        )
        bench.receive(testimony(certificate: foreign), from: 3)
        bench.receive(.viewChange(bench.viewChange(4, by: 3, certificate: foreign)), from: 3)
        #expect(try #require(answer(&bench, to: 2)).attestation == nil)
        var other = starting()
        #expect(other.receive(testimony(certificate: foreign), from: 3).rejections == [.invalidCertificate])
    }

    @Test("a certificate without a quorum is no answer")
    func forgedHeight() {
        var bench = starting()
        let forged = bench.certificate(9, Bench.header(9), by: [3])
        #expect(bench.receive(testimony(certificate: forged), from: 3).rejections == [.invalidCertificate])
        #expect(bench.replica.answeredBy.isEmpty)
    }

    @Test("a block that it proposed and knows nothing of silences it; one of another, or that it knows of, does not")
    func ownBlocks() {
        for (proposer, isOwn) in [(0, false), (1, true)] {
            var bench = starting()
            bench.receive(testimony(certificate: bench.certificate(1, Bench.header(1))), from: 0)
            let effects = bench.step(
                .installed(bench.block(1, proposer: proposer), bench.certificate(1, Bench.header(1)))
            )
            #expect(isSilenced(effects) == isOwn)
        }
        var bench = Bench.started(0)
        _ = bench.prepareFully(1)
        var again = bench.restarted(asking: Self.question)
        again.step(.start)
        #expect(!isSilenced(again.step(.installed(again.block(1), again.certificate(1, Bench.header(1))))))
    }

    @Test("what lies between the end of its journal and its first new vote is not its own, however late it is told")
    func betweenLives() {
        var bench = starting()
        bench.step(.installed(bench.block(1), bench.certificate(1, Bench.header(1))))
        bench.step(.installed(bench.block(2), bench.certificate(2, Bench.header(2))))
        for peer in [0, 2] { bench.receive(testimony(), from: peer) }
        for _ in 0..<2 { bench.step(.timer(.repetition)) }
        let vote = bench.prepareFully(3)
        #expect(!isSilenced(bench.receive(testimony(vote: sighting(.prepare, view: 0, 3, vote.digest)), from: 3)))
        #expect(isSilenced(bench.receive(testimony(vote: sighting(.prepare, view: 0, 2)), from: 3)))
    }

    @Test("one who tells of COMMITs that never were silences nobody; f + 1 are believed", arguments: [4, 7])
    func commits(replicas: Int) {
        let faults = (replicas - 1) / 3
        var bench = starting(of: replicas)
        let commits = [bench.vote(2, Bench.header(2))]
        let peers = (0..<replicas).filter { $0 != 1 }
        for peer in peers.prefix(faults) {
            for _ in 0..<3 { #expect(!isSilenced(bench.receive(testimony(commits: commits), from: peer))) }
        }
        let other = [bench.vote(.max, Bench.header(3), view: .max)]
        #expect(isSilenced(bench.receive(testimony(commits: other), from: peers[faults])))
    }

    @Test("an answer that comes late, when it votes already, silences it too")
    func late() {
        var bench = starting()
        for peer in [0, 2] { bench.receive(testimony(), from: peer) }
        for _ in 0..<2 { bench.step(.timer(.repetition)) }
        #expect(bench.replica.voice == .votes)
        #expect(questions(bench.step(.connected(ReplicaID(3)))) == [3])
        #expect(isSilenced(bench.receive(testimony(vote: sighting(.prepare, view: 0, 1)), from: 3)))
    }

    @Test("its own statements silence it wherever they come from: an offer, a VIEW-CHANGE, a NEW-VIEW passed on")
    func passedOn() {
        let bench = Bench(1)
        let own = bench.viewChange(1, by: 1)
        let messages: [Message] = [
            bench.prePrepare(bench.proposal(1, view: 1, proposer: 1)),
            .viewChange(own),
            .newView(bench.newView(1, naming: [own, bench.viewChange(1, by: 2), bench.viewChange(1, by: 3)])),
            bench.prePrepare(bench.proposal(1000, view: 1, proposer: 1)),
        ]
        for message in messages {
            var bench = starting()
            #expect(isSilenced(bench.receive(message, from: 2)), "\(message.kind)")
        }
    }
}
