import Consensus
import Primitives
import Simulator
import Testing

/// Rule 26: how an epoch ends, and how the next one begins.
@Suite struct EpochTests {
    /// A replica whose block 1 says that the epoch ends with block 3, certified up to 1.
    func announced(_ id: Int = 1) -> Bench {
        var bench = Bench.started(id)
        bench.certify(1, boundary: 3)
        return bench
    }

    /// A replica of epoch 1, which begins above block 3.
    func second(_ id: Int = 1, of replicas: Int = 5, records: [JournalRecord] = []) -> Bench {
        var recovery = Recovery()
        let first = announced()
        recovery.blocks = (1...3).map { first.block($0, boundary: 3) }
        recovery.certificate = first.certificate(3, Bench.header(3))
        recovery.records = records
        return Bench(
            id,
            of: replicas,
            adjust: {
                $0.epoch = Epoch(1)
                $0.start = Height(3)
            },
            recovery: recovery
        )
    }

    @Test("nothing above a known boundary is accepted, however far the window reaches")
    func acceptsUpToBoundary() {
        var bench = announced()
        for sequence in 2...5 as ClosedRange<UInt64> {
            let proposal = bench.proposal(sequence, tag: sequence)
            bench.receive(bench.prePrepare(proposal), from: 0)
            bench.loopBack(bench.step(.acquired(Sequence(sequence), proposal.digest)))
        }
        let voted = bench.effects.drafts.compactMap { draft -> UInt64? in
            if case .prepare(let vote) = draft { vote.sequence.number } else { nil }
        }
        #expect(voted == [1, 2, 3])
    }

    @Test("a primary proposes up to the boundary within about one heartbeat, and nothing above it")
    func proposesUpToBoundary() {
        var bench = Bench.started(0)
        bench.loopBack(bench.step(.timer(.heartbeat)))
        bench.step(.executed(bench.block(1, boundary: 3)))
        let effects = bench.step(.timer(.heartbeat))
        let deadline = bench.now.monotonic + bench.configuration.heartbeat / 4
        #expect(effects.contains(.setTimer(.heartbeat, deadline: deadline)), "a part for each of W")
        for _ in 3...5 { bench.loopBack(bench.step(.timer(.heartbeat))) }
        let proposed = bench.effects.drafts.compactMap { draft -> UInt64? in
            if case .prePrepare(let proposal) = draft { proposal.sequence.number } else { nil }
        }
        #expect(proposed == [1, 2, 3])
    }

    @Test("with its last block certified the epoch is over, and the replica takes no input any more")
    func ends() {
        var bench = announced()
        bench.certify(2, tag: 2, boundary: 3)
        #expect(!bench.effects.contains(.epochEnded(.first)))
        bench.certify(3, tag: 3, boundary: 3)
        #expect(bench.effects.last == .rejected(.stopped, from: ReplicaID(3)), "the attestation after the quorum")
        #expect(bench.effects.count { $0 == .epochEnded(.first) } == 1)
        let ended = bench.effects.position { $0 == .epochEnded(.first) }
        let certified = bench.effects.position {
            if case .certified(let certificate) = $0 { certificate.height == Height(3) } else { false }
        }
        #expect(certified < ended, "the certificate is in the log first")
        #expect(bench.step(.timer(.repetition)).rejections == [.stopped])
    }

    @Test("a boundary whose change was taken back lets the epoch go on")
    func takenBack() {
        var bench = announced()
        bench.certify(2, tag: 2, boundary: 3)
        bench.certify(3, tag: 3)
        #expect(!bench.effects.contains(.epochEnded(.first)))
        bench.certify(4, tag: 4)
        #expect(bench.replica.certified == Height(4) && bench.replica.epoch == .first)
    }

    @Test("the next epoch begins at view 0 with validators that have no past")
    func begins() throws {
        var bench = second()
        bench.step(.start)
        #expect(bench.replica.view == .first && bench.replica.isActive && bench.replica.certified == Height(3))
        #expect(bench.replica.history.activeSet(asOf: Height(3)).count == 5)
        let status = Status(
            epoch: Epoch(1),
            view: .first,
            isActive: true,
            certified: Height(3),
            accepted: Sequence(3),
            isStalled: true
        )
        #expect(bench.effects.contains(.broadcast(.status(status))), "what was lost on the way in is asked for")
        let proposal = bench.proposal(4, epoch: 1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        let vote = bench.step(.acquired(Sequence(4), proposal.digest)).drafts
        #expect(vote == [.prepare(proposal.vote)])
    }

    @Test("view changes of an epoch before a quorum excluded nobody from the next one")
    func forgetsExclusions() {
        var configuration = second().configuration
        configuration.window = 1
        configuration.turn = 1
        var history = History(configuration)
        let views: [UInt64] = [0, 1, 2]
        for (height, view) in zip(1...3 as ClosedRange<UInt64>, views) {
            history.append(Bench.started().block(height, originView: view, boundary: 3), certified: Height(3))
        }
        #expect(history.activeSet(asOf: Height(3)).count == 5)
        history.append(Bench.started().block(4, epoch: 1, originView: 1), certified: Height(3))
        #expect(history.activeSet(asOf: Height(4)).count == 4)
    }

    @Test("a VIEW-CHANGE at the epoch's start needs no certificate, and promises reach over no boundary")
    func viewChangeAtStart() throws {
        let old = JournalRecord.view(.first, View(7))
        let vote = Vote(epoch: .first, view: View(7), sequence: Sequence(9), digest: .zero)
        var bench = second(records: [old, .prepare(vote)])
        bench.step(.start)
        #expect(bench.replica.view == .first && bench.replica.mayVote)
        bench.now = Moment(monotonic: 1_000_000, wall: 1_000_000)
        let drafts = bench.step(.timer(.view)).drafts
        guard case .viewChange(let content) = try #require(drafts.first) else { return #expect(Bool(false)) }
        #expect(content.epoch == Epoch(1) && content.view == View(1) && content.certificate == nil)
        let others = [0, 2, 3].map { bench.viewChange(1, by: $0, epoch: 1) }
        for other in others { bench.loopBack(bench.receive(.viewChange(other), from: other.content.sender.index)) }
        bench.loopBack(bench.effects.filter { $0 == .sign(.viewChange(content)) })
        #expect(bench.replica.isActive && bench.replica.view == View(1), "it leads view 1")
    }

    @Test("a peer of an earlier epoch is led on; of a later one nothing is believed")
    func otherEpochs() {
        var bench = second()
        bench.step(.start)
        func status(_ epoch: UInt64, certified: UInt64) -> Message {
            .status(
                Status(
                    epoch: Epoch(epoch),
                    view: .first,
                    isActive: true,
                    certified: Height(certified),
                    accepted: Sequence(certified),
                    isStalled: true
                )
            )
        }
        #expect(bench.receive(status(0, certified: 2), from: 2) == [.handOver(.first, to: ReplicaID(2))])
        #expect(bench.receive(status(2, certified: 9), from: 2).isEmpty)
        let old = bench.vote(4, .zero)
        #expect(bench.receive(bench.prepare(old, by: 2), from: 2).rejections == [.wrongEpoch])
        #expect(bench.receive(.commit(old), from: 2).rejections == [.wrongEpoch])
        let certificate = bench.certificate(9, Bench.header(9))
        #expect(bench.receive(.certificate(certificate), from: 2).rejections == [.wrongEpoch])
    }

    @Test("an observer follows over the end of an epoch and signs nothing")
    func observer() {
        var bench = Bench.started(4, adjust: { $0.mayVote = false })
        for height in 1...3 as ClosedRange<UInt64> {
            let proof = height == 3 ? bench.certificate(3, Bench.header(3)) : nil
            bench.step(.installed(bench.block(height, boundary: 3), proof))
        }
        #expect(bench.effects.contains(.epochEnded(.first)) && bench.effects.drafts.isEmpty)
    }
}
