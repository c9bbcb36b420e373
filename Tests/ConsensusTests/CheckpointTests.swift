import Consensus
import Primitives
import Simulator
import Testing

/// §4.3, garbage collection, with attestations of every block for checkpoints; and state transfer.
@Suite struct CheckpointTests {
    @Test("an executed block is attested, and a quorum of attestations is its certificate")
    func certifies() throws {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        for peer in [0, 2] { bench.receive(.commit(vote), from: peer) }
        let effects = bench.step(.executed(bench.block(1)))
        let attestation = Attestation(epoch: .first, height: Height(1), header: Bench.header(1))
        #expect(effects.drafts == [.attest(attestation)])
        bench.loopBack(effects)
        bench.receive(bench.attest(1, Bench.header(1), by: 0), from: 0)
        #expect(bench.replica.certified == .genesis)
        let last = bench.receive(bench.attest(1, Bench.header(1), by: 3), from: 3)
        #expect(last.contains(.certified(bench.certificate(1, Bench.header(1), by: [0, 1, 3]))))
        #expect(bench.replica.certified == Height(1))
    }

    @Test("the window moves with certified heights, not with executed ones")
    func windowFollowsCertificates() {
        var bench = Bench.started()
        for sequence in 1...4 {
            let vote = bench.prepareFully(UInt64(sequence))
            for peer in [0, 2] { bench.receive(.commit(vote), from: peer) }
            bench.step(.executed(bench.block(UInt64(sequence))))
        }
        let next = bench.proposal(5)
        bench.receive(bench.prePrepare(next), from: 0)
        #expect(!bench.effects.contains(.acquire(next)))
    }

    @Test("attestations of another header certify nothing; a certified other header stops the replica (rule 27)")
    func divergence() {
        var bench = Bench.started()
        let vote = bench.prepareFully(1)
        for peer in [0, 2] { bench.receive(.commit(vote), from: peer) }
        bench.step(.executed(bench.block(1)))
        let other = Tokens.digest(1, 1, 1, 1)
        for peer in [0, 2] { #expect(bench.receive(bench.attest(1, other, by: peer), from: peer).isEmpty) }
        let effects = bench.receive(bench.attest(1, other, by: 3), from: 3)
        let certificate = bench.certificate(1, other)
        #expect(
            effects == [.diverged(Divergence(height: Height(1), own: Bench.header(1), certified: certificate))]
        )
        #expect(bench.step(.timer(.repetition)) == [.rejected(.stopped, from: nil)])
    }

    @Test("a STATUS with a lower height is answered by the certificate, which proves itself (failures 23)")
    func statusIsAnswered() {
        var bench = Bench.started()
        bench.certify(1)
        let status = Status(
            epoch: .first,
            view: .first,
            isActive: true,
            certified: .genesis,
            accepted: Sequence(0),
            isStalled: false
        )
        let effects = bench.receive(.status(status), from: 3)
        guard case .send(.certificate(let certificate), let peer) = effects.first else {
            Issue.record("no certificate")
            return
        }
        #expect(certificate.height == Height(1) && peer == ReplicaID(3))
    }

    @Test("a claimed height moves nothing, high or low (failures 23)", arguments: [0, 5, 1000, UInt64.max])
    func claimsMoveNothing(height: UInt64) {
        var bench = Bench.started()
        let status = Status(
            epoch: .first,
            view: View(height),
            isActive: true,
            certified: Height(height),
            accepted: Sequence(height),
            isStalled: true
        )
        let effects = bench.receive(.status(status), from: 3)
        #expect(effects.isEmpty && bench.replica.view == .first)
    }

    @Test("a proven height beyond the window is caught up to at once; within it, when votes do not get there")
    func catchesUp() {
        var bench = Bench.started()
        let far = bench.receive(.certificate(bench.certificate(9, Bench.header(9))), from: 2)
        #expect(far == [.catchUp(to: Height(9), from: ReplicaID(2))])

        bench = Bench.started()
        #expect(bench.receive(.certificate(bench.certificate(2, Bench.header(2))), from: 2) == [])
        let effects = bench.step(.timer(.repetition))
        #expect(effects.contains(.catchUp(to: Height(2), from: ReplicaID(2))))
        let again = bench.step(.timer(.repetition))
        #expect(again.contains(.catchUp(to: Height(2), from: ReplicaID(3))), "another peer is asked in its turn")
    }

    @Test("consensus goes on above installed blocks without a gap (failures 26, 32)")
    func installsAndGoesOn() {
        var bench = Bench.started()
        let stale = bench.proposal(2)
        bench.receive(bench.prePrepare(stale), from: 0)
        for height in 1...3 as ClosedRange<UInt64> {
            let certificate = height == 3 ? bench.certificate(3, Bench.header(3)) : nil
            bench.step(.installed(bench.block(height), certificate))
        }
        #expect(bench.replica.certified == Height(3) && bench.replica.executed == Height(3))
        #expect(bench.receive(bench.prePrepare(stale), from: 0).rejections == [.outsideWatermarks])
        let next = bench.proposal(4)
        bench.receive(bench.prePrepare(next), from: 0)
        #expect(bench.step(.acquired(Sequence(4), next.digest)).drafts == [.prepare(next.vote)])
    }

    @Test("a block that was executed meanwhile is not taken twice (failures 32)")
    func installedTwice() {
        var bench = Bench.started()
        bench.certify(1)
        bench.step(.installed(bench.block(1), bench.certificate(1, Bench.header(1))))
        #expect(bench.step(.executed(bench.block(1))).rejections == [.duplicate])
        #expect(bench.replica.executed == Height(1))
        #expect(bench.step(.installed(bench.block(5), nil)).rejections == [.outOfOrder])
    }

    @Test("a certificate whose quorum is short, doubled, or out of range proves nothing (failures 18)")
    func badCertificates() {
        var bench = Bench.started()
        for signers in [[0, 2], [0, 2, 2], [0, 2, 9], [], [2, 0, 3]] {
            let certificate = bench.certificate(9, Bench.header(9), by: signers)
            #expect(bench.receive(.certificate(certificate), from: 2).rejections == [.invalidCertificate])
        }
        let genesis = bench.certificate(0, Bench.header(0))
        #expect(bench.receive(.certificate(genesis), from: 2).rejections == [.invalidCertificate])
    }

    @Test("with a certificate and the own prepared batches, the block is executed on its word (rule 19)")
    func executesFromCertificate() {
        var bench = Bench.started()
        let first = bench.prepareFully(1)
        let second = bench.prepareFully(2)
        #expect(bench.receive(.certificate(bench.certificate(2, Bench.header(2))), from: 2).isEmpty)
        let list = bench.step(.timer(.repetition)).speculations
        #expect(list.map { $0.map(\.batch.digest) } == [[first.digest, second.digest]])
        bench.step(.executed(bench.block(1)))
        bench.step(.executed(bench.block(2)))
        #expect(bench.replica.certified == Height(2))
    }

    @Test("a batch that was only voted for is tried as well: the header decides")
    func executesVotedBatches() {
        var bench = Bench.started()
        let first = bench.proposal(1)
        bench.receive(bench.prePrepare(first), from: 0)
        bench.step(.acquired(Sequence(1), first.digest))
        let second = bench.prepareFully(2)
        bench.receive(.certificate(bench.certificate(2, Bench.header(2))), from: 2)
        let list = bench.step(.timer(.repetition)).speculations
        #expect(list.map { $0.map(\.batch.digest) } == [[first.digest, second.digest]])
    }

    @Test("what a certificate disproves is executed once and dropped")
    func discards() {
        var bench = Bench.started()
        _ = bench.prepareFully(1)
        bench.receive(.certificate(bench.certificate(1, Tokens.digest(6, 6, 6, 6))), from: 2)
        let effects = bench.step(.timer(.repetition))
        #expect(effects.speculations.count == 1 && effects.contains(.catchUp(to: Height(1), from: ReplicaID(2))))
        bench.step(.discarded(Height(1)))
        #expect(bench.replica.executed == .genesis)
        #expect(bench.step(.timer(.repetition)).speculations.isEmpty, "not tried again")
    }
}
