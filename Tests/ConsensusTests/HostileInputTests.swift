import Consensus
import Primitives
import Simulator
import Testing

/// Whatever peers send, a replica refuses it, keeps its bounds, and goes on.
@Suite struct HostileInputTests {
    @Test(
        "sequences at and beyond the edges are refused (failures 16)",
        arguments: [0, 9, 10, 1000, UInt64.max - 1, UInt64.max]
    )
    func farSequences(sequence: UInt64) {
        var bench = Bench.started()
        let proposal = bench.proposal(sequence)
        #expect(bench.receive(bench.prePrepare(proposal), from: 0).rejections == [.outsideWatermarks])
        #expect(bench.receive(bench.prepare(proposal.vote, by: 2), from: 2).rejections == [.outsideWatermarks])
        #expect(bench.receive(.commit(proposal.vote), from: 2).rejections == [.outsideWatermarks])
        let attestation = bench.attest(sequence, Bench.header(1), by: 2)
        #expect(bench.receive(attestation, from: 2).rejections == [.outsideWatermarks])
        let request = Request.proposal(.first, Sequence(sequence), proposal.digest)
        #expect(bench.receive(.request(request), from: 2).rejections == [.outsideWatermarks])
        #expect(bench.step(.acquired(Sequence(sequence), proposal.digest)).rejections == [.notRequested])
    }

    @Test("senders outside the validator set are refused (failures 18)", arguments: [-1, 4, 64, Int.max, Int.min])
    func unknownSenders(index: Int) {
        var bench = Bench.started()
        let vote = bench.proposal(1).vote
        #expect(bench.receive(.commit(vote), from: index).rejections == [.unknownSender])
        #expect(bench.step(.connected(ReplicaID(index))).rejections == [.unknownSender])
    }

    @Test("a proposer, an index in a certificate, or a name outside the set is refused (failures 18)")
    func unknownIndexes() {
        var bench = Bench.started()
        let proposal = bench.proposal(6, proposer: 9)
        #expect(bench.receive(bench.prePrepare(proposal), from: 0).rejections == [.unknownSender])
        let vote = bench.proposal(1).vote
        let certificate = bench.prepared(vote, by: [0, 2, 77])
        let viewChange = bench.viewChange(1, by: 3, prepared: [certificate])
        #expect(bench.receive(.viewChange(viewChange), from: 3).rejections == [.invalidViewChange])
        let foreign = bench.viewChange(1, by: 8)
        #expect(bench.receive(.viewChange(foreign), from: 3).rejections == [.invalidViewChange])
    }

    @Test("VIEW-CHANGEs whose parts contradict each other are refused (failures 17)")
    func malformedViewChanges() {
        var bench = Bench.started()
        func prepared(_ sequence: UInt64, view: UInt64 = 0, by signers: [Int] = [0, 2, 3]) -> PreparedCertificate {
            bench.prepared(bench.vote(sequence, Tokens.digest(1, 1, 1, 1), view: view), by: signers)
        }
        let lists: [[PreparedCertificate]] = [
            [prepared(1), prepared(1)],
            [prepared(2), prepared(1)],
            [prepared(0)],
            [prepared(5)],
            [prepared(.max)],
            [prepared(1, view: 1)],
            [prepared(1, view: .max)],
            [prepared(1, by: [0, 2])],
            [prepared(1, by: [0, 2, 2])],
            [prepared(1, by: [])],
        ]
        for list in lists {
            let viewChange = bench.viewChange(1, by: 3, prepared: list)
            #expect(bench.receive(.viewChange(viewChange), from: 3).rejections == [.invalidViewChange])
        }
        let high = bench.viewChange(
            1,
            by: 3,
            certificate: bench.certificate(.max, Bench.header(1)),
            prepared: [prepared(1)]
        )
        #expect(bench.receive(.viewChange(high), from: 3).rejections == [.invalidViewChange])
    }

    @Test("another epoch's messages are refused")
    func otherEpochs() {
        var bench = Bench.started()
        let vote = Vote(epoch: Epoch(1), view: .first, sequence: Sequence(1), digest: Bench.header(1))
        #expect(bench.receive(.commit(vote), from: 2).rejections == [.wrongEpoch])
        #expect(bench.receive(bench.prepare(vote, by: 2), from: 2).rejections == [.wrongEpoch])
        let request = Request.viewChanges(Epoch(.max), .first, [])
        #expect(bench.receive(.request(request), from: 2).rejections == [.wrongEpoch])
    }

    @Test("a proposal with more references than allowed is refused (failures 19)")
    func oversizedProposal() {
        var bench = Bench.started()
        let references = (0..<9).map { Transactions.reference(id: UInt64($0), encoding: 0) }
        let proposal = Proposal(
            epoch: .first,
            sequence: Sequence(1),
            originView: .first,
            proposer: ReplicaID(0),
            time: 1,
            references: references,
            hashing: Tokens.hashing
        )
        #expect(bench.receive(bench.prePrepare(proposal), from: 0).rejections == [.tooLarge])
    }

    @Test("two votes of one replica at one position are evidence, both kept, and count once (rule 28)")
    func equivocation() {
        var bench = Bench.started()
        let (first, second) = (bench.proposal(1, tag: 1), bench.proposal(1, tag: 2))
        bench.receive(bench.prePrepare(first), from: 0)
        let proposals = bench.receive(bench.prePrepare(second), from: 3)
        #expect(proposals.rejections == [.equivocation] && proposals.evidence.map(\.offender) == [ReplicaID(0)])

        bench.receive(bench.prepare(first.vote, by: 2), from: 2)
        let votes = bench.receive(bench.prepare(second.vote, by: 2), from: 2)
        #expect(votes.rejections == [.equivocation])

        bench.receive(bench.attest(1, Bench.header(1), by: 3), from: 3)
        let attestations = bench.receive(bench.attest(1, Bench.header(2), by: 3), from: 3)
        for evidence in proposals.evidence + votes.evidence + attestations.evidence {
            #expect(Tokens.isValid(evidence.first) && Tokens.isValid(evidence.second))
            #expect(evidence.first.statement != evidence.second.statement)
            #expect(evidence.first.statement.position == evidence.second.statement.position)
        }
        #expect(bench.effects.evidence.count == 3)
    }

    @Test("who tells some otherwise than others is found out by what the others show (rule 28)")
    func equivocationShownByOthers() throws {
        var bench = Bench.started()
        let (first, second) = (bench.proposal(1, tag: 1), bench.proposal(1, tag: 2))
        bench.receive(bench.prePrepare(first), from: 0)
        bench.receive(bench.prepare(first.vote, by: 2), from: 2)
        let shown = bench.viewChange(1, by: 3, prepared: [bench.prepared(second.vote, by: [0, 2, 3])])
        let votes = bench.receive(.viewChange(shown), from: 3).evidence
        #expect(votes.map(\.offender) == [ReplicaID(2)], "of the others nothing else was heard")

        bench.receive(bench.attest(1, Bench.header(1), by: 3), from: 3)
        let certificate = bench.certificate(1, Bench.header(2), by: [0, 2, 3])
        let attestations = bench.receive(.certificate(certificate), from: 0).evidence
        #expect(attestations.map(\.offender) == [ReplicaID(3)])
        for evidence in votes + attestations {
            #expect(Tokens.isValid(evidence.first) && Tokens.isValid(evidence.second))
            #expect(evidence.first.statement.digest != evidence.second.statement.digest)
            #expect(evidence.first.statement.position == evidence.second.statement.position)
            #expect(evidence.first.statement.view == evidence.second.statement.view)
        }
    }

    @Test("repeated votes are duplicates and change nothing")
    func duplicates() {
        var bench = Bench.started()
        let proposal = bench.proposal(1)
        bench.receive(bench.prePrepare(proposal), from: 0)
        #expect(bench.receive(bench.prePrepare(proposal), from: 0).rejections == [.duplicate])
        bench.receive(bench.prepare(proposal.vote, by: 2), from: 2)
        for _ in 0..<5 {
            #expect(bench.receive(bench.prepare(proposal.vote, by: 2), from: 2).rejections == [.duplicate])
        }
        bench.loopBack(bench.step(.acquired(Sequence(1), proposal.digest)))
        #expect(!bench.effects.drafts.contains(.commit(proposal.vote)))
    }

    @Test("a peer that asks without end is answered so often and no more")
    func floodOfQuestions() {
        var bench = Bench.started()
        _ = bench.prepareFully(1)
        let status = Status(
            epoch: .first,
            view: .first,
            isActive: true,
            certified: .genesis,
            accepted: Sequence(0),
            isStalled: true
        )
        let request = Request.proposal(.first, Sequence(1), bench.proposal(1).digest)
        func sent() -> Int {
            (0..<1000).reduce(0) { count, _ in
                count + bench.receive(.status(status), from: 3).count { if case .send = $0 { true } else { false } }
                    + bench.receive(.request(request), from: 3).count { if case .send = $0 { true } else { false } }
            }
        }
        let first = sent()
        #expect(first > 0 && first <= 4 * 3 + 16)
        #expect(sent() == 0)
        bench.now = Moment(monotonic: bench.configuration.repetition, wall: bench.now.wall)
        #expect(sent() == first)
    }

    @Test("a flood of future views, sequences and digests does not grow memory (failures 16)")
    func flood() {
        var bench = Bench.started()
        var random = Random(seed: 5)
        var largest = 0
        for round in 0..<20_000 as Range<UInt64> {
            let sequence = Sequence(UInt64(random.below(12)))
            let digest = Tokens.digest(random.next(), 0, 0, 0)
            let view = random.percent(50) ? View(round) : View(random.next())
            let vote = Vote(epoch: .first, view: view, sequence: sequence, digest: digest)
            switch random.below(4) {
            case 0: bench.receive(bench.prepare(vote, by: 3), from: 3)
            case 1: bench.receive(.commit(vote), from: 3)
            case 2:
                bench.receive(
                    bench.prePrepare(bench.proposal(sequence.number, view: view.number, proposer: 3, tag: round)),
                    from: 3
                )
            default: bench.receive(.viewChange(bench.viewChange(view.number, by: 3)), from: 3)
            }
            bench.effects.removeAll()
            largest = max(largest, bench.replica.footprint)
            #expect(bench.replica.violatedInvariant == nil)
        }
        #expect(largest <= 8 * 12, "eight slots, a few entries of the one flooding replica in each")
        #expect(bench.replica.view == .first)
        bench.certify(1)
        #expect(bench.replica.certified == Height(1))
    }

    @Test(
        "random inputs of every kind never trap and never break an invariant",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func randomInputs(seed: UInt64) {
        var bench = Bench.started(Int(seed % 4))
        var random = Random(seed: seed)
        for _ in 0..<2_000 {
            bench.step(HostileInputTests.input(&random, bench))
            #expect(bench.replica.violatedInvariant == nil)
            bench.effects.removeAll()
        }
    }

    private static func number(_ random: inout Random) -> UInt64 {
        switch random.below(6) {
        case 0: .max
        case 1: .max - UInt64(random.below(3))
        case 2: random.next()
        default: UInt64(random.below(12))
        }
    }

    private static func input(_ random: inout Random, _ bench: Bench) -> Input {
        let vote = Vote(
            epoch: Epoch(random.percent(90) ? 0 : number(&random)),
            view: View(number(&random)),
            sequence: Sequence(number(&random)),
            digest: Tokens.digest(UInt64(random.below(2)), 0, 0, 0)
        )
        let sender = random.percent(95) ? random.below(4) : random.below(100) - 50
        let signers = (0..<random.below(5)).map { _ in random.below(6) }
        let height = number(&random)
        switch random.below(16) {
        case 0:
            let proposal = bench.proposal(vote.sequence.number, view: vote.view.number, proposer: random.below(5))
            return .message(bench.prePrepare(proposal), from: ReplicaID(sender))
        case 1: return .message(bench.prepare(vote, by: max(0, sender)), from: ReplicaID(sender))
        case 2: return .message(.commit(vote), from: ReplicaID(sender))
        case 3: return .message(bench.attest(height, vote.digest, by: max(0, sender)), from: ReplicaID(sender))
        case 4, 5:
            let certificate = random.percent(50) ? bench.certificate(height, vote.digest, by: signers.sorted()) : nil
            let prepared =
                random.percent(50) ? [bench.prepared(vote, by: random.percent(50) ? [0, 1, 2] : signers)] : []
            let viewChange = bench.viewChange(
                number(&random),
                by: random.below(5),
                certificate: certificate,
                prepared: prepared
            )
            return .message(.viewChange(viewChange), from: ReplicaID(sender))
        case 6:
            let named = (0..<random.below(5)).map { _ in bench.viewChange(vote.view.number, by: random.below(5)) }
            return .message(.newView(bench.newView(vote.view.number, naming: named)), from: ReplicaID(sender))
        case 7:
            let status = Status(
                epoch: vote.epoch,
                view: vote.view,
                isActive: random.percent(50),
                certified: Height(height),
                accepted: vote.sequence,
                isStalled: random.percent(50)
            )
            return .message(.status(status), from: ReplicaID(sender))
        case 8: return .message(.request(.proposal(vote.epoch, vote.sequence, vote.digest)), from: ReplicaID(sender))
        case 9: return .message(.request(.viewChanges(vote.epoch, vote.view, [vote.digest])), from: ReplicaID(sender))
        case 10:
            return .message(
                .certificate(bench.certificate(height, vote.digest, by: signers.sorted())),
                from: ReplicaID(sender)
            )
        case 11: return .batch(vote.view, vote.sequence, [vote.digest])
        case 12:
            return random.percent(50) ? .acquired(vote.sequence, vote.digest) : .refused(vote.sequence, vote.digest)
        case 13: return .timer(Timer.allCases[random.below(3)])
        case 14: return .discarded(Height(height))
        default: return .connected(ReplicaID(sender))
        }
    }
}
