import Consensus
import Primitives
import Simulator
import Testing

@Suite struct CodecTests {
    let bench = Bench(1)
    var limits: MessageLimits { bench.configuration.limits }

    private func testimony(full: Bool) -> Testimony {
        let signature = Signature(r: Bench.header(1), s: Bench.header(2))
        func sighting(_ kind: Statement.Kind, view: UInt64, _ position: UInt64) -> Sighting? {
            guard full else { return nil }
            let view = View(view)
            return Sighting(kind: kind, view: view, position: position, digest: Bench.header(3), signature: signature)
        }
        return Testimony(
            epoch: .first,
            subject: ReplicaID(3),
            question: .max,
            vote: sighting(.prepare, view: 2, 7),
            promise: sighting(.newView, view: 2, 0),
            attestation: sighting(.attest, view: 0, 6),
            commits: full ? [bench.vote(6, Bench.header(6)), bench.vote(7, Bench.header(7), view: 2)] : [],
            certificate: full ? bench.certificate(5, Bench.header(5)) : nil
        )
    }

    var samples: [Message] {
        let proposal = bench.proposal(3, view: 7)
        let certificate = bench.certificate(2, Bench.header(2))
        let prepared = bench.prepared(proposal.vote, by: [0, 1, 3])
        let viewChange = bench.viewChange(8, by: 2, certificate: certificate, prepared: [prepared])
        let bare = bench.viewChange(8, by: 3)
        return [
            bench.prePrepare(proposal),
            bench.prepare(proposal.vote, by: 1),
            .commit(proposal.vote),
            bench.attest(2, Bench.header(2), by: 0),
            .viewChange(viewChange),
            .viewChange(bare),
            .newView(bench.newView(8, naming: [viewChange, bare])),
            .status(
                Status(
                    epoch: .first,
                    view: View(.max),
                    isActive: true,
                    certified: Height(.max),
                    accepted: Sequence(9),
                    isStalled: false
                )
            ),
            .status(
                Status(
                    epoch: .first,
                    view: View(1),
                    isActive: true,
                    certified: .genesis,
                    accepted: Sequence(9),
                    isStalled: true,
                    complaint: .max
                )
            ),
            .request(.viewChanges(.first, View(8), [viewChange.content.digest])),
            .request(.proposal(.first, Sequence(3), proposal.digest)),
            .proposal(proposal),
            .certificate(certificate),
            .request(.testimony(.first, .max)),
            .testimony(testimony(full: true)),
            .testimony(testimony(full: false)),
        ]
    }

    @Test("every message decodes to what was encoded, digests computed anew")
    func roundTrip() throws {
        for message in samples {
            let decoded = try Message(decoding: message.encoded, limits: limits, hashing: Tokens.hashing)
            #expect(decoded == message)
            #expect(decoded.encoded == message.encoded)
            let checks = decoded.checks(from: ReplicaID(0), chain: bench.configuration.chain, replicas: 4)
            #expect(checks == message.checks(from: ReplicaID(0), chain: bench.configuration.chain, replicas: 4))
        }
        #expect(Set(samples.map(\.kind)).count == Message.Kind.allCases.count)
    }

    @Test("every journal record decodes to what was encoded")
    func journal() throws {
        let proposal = bench.proposal(3)
        let viewChanges = [0, 1, 3].map { bench.viewChange(1, by: $0) }
        let records: [JournalRecord] = [
            .proposal(proposal, nil),
            .proposal(proposal, Signature(r: Bench.header(1), s: Bench.header(2))),
            .prepare(proposal.vote),
            .prepared(bench.prepared(proposal.vote, by: [0, 1, 2])),
            .view(.first, View(9)),
            .newView(bench.newView(1, naming: viewChanges), viewChanges),
        ]
        for record in records {
            #expect(try JournalRecord(decoding: record.encoded, limits: limits, hashing: Tokens.hashing) == record)
        }
    }

    @Test("a digest never travels: changing any field changes it, and the signature no longer fits (failures 3)")
    func digestsAreComputed() throws {
        let proposal = bench.proposal(3)
        guard case .prePrepare(_, let signature) = bench.prePrepare(proposal) else { return }
        let forged = Proposal(
            epoch: proposal.epoch,
            sequence: proposal.sequence,
            originView: proposal.originView,
            proposer: ReplicaID(2),
            time: proposal.time,
            references: proposal.references,
            hashing: Tokens.hashing
        )
        let bytes = Message.prePrepare(forged, signature).encoded
        let decoded = try Message(decoding: bytes, limits: limits, hashing: Tokens.hashing)
        let checks = decoded.checks(from: ReplicaID(0), chain: bench.configuration.chain, replicas: 4)
        #expect(!checks.allSatisfy(Tokens.isValid))
        #expect(forged.digest != proposal.digest)
    }

    @Test("a vote's sender is the channel's peer: another's signature does not pass for its own (failures 34)")
    func senderIsThePeer() {
        let message = bench.prepare(bench.proposal(1).vote, by: 2)
        let chain = bench.configuration.chain
        #expect(message.checks(from: ReplicaID(2), chain: chain, replicas: 4).allSatisfy(Tokens.isValid))
        #expect(!message.checks(from: ReplicaID(3), chain: chain, replicas: 4).allSatisfy(Tokens.isValid))
    }

    @Test("signatures bind chain, kind, view and position")
    func statementsDiffer() {
        let vote = bench.proposal(1).vote
        let other = Vote(epoch: .first, view: View(1), sequence: Sequence(1), digest: vote.digest)
        let chain = bench.configuration.chain
        let statements: Set = [
            vote.statement(.prePrepare, chain: chain),
            vote.statement(.prepare, chain: chain),
            other.statement(.prepare, chain: chain),
            vote.statement(.prepare, chain: Tokens.digest(0, 0, 0, 1)),
            Attestation(epoch: .first, height: Height(1), header: vote.digest).statement(chain: chain),
        ]
        #expect(statements.count == 5)
    }

    @Test("every truncation, and every single changed byte, is refused or decodes to another valid message")
    func mutatedBytes() {
        for message in samples {
            let bytes = message.encoded
            for count in 0..<bytes.count {
                #expect(throws: CBORError.self) {
                    try Message(decoding: Array(bytes.prefix(count)), limits: limits, hashing: Tokens.hashing)
                }
            }
            for index in bytes.indices {
                for change in [0x01, 0x80, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[index] ^= change
                    let decoded = try? Message(decoding: changed, limits: limits, hashing: Tokens.hashing)
                    #expect(decoded.map { $0.encoded == changed } ?? true)
                }
            }
        }
    }

    @Test("a claimed length beyond the limits or the bytes allocates nothing (failures 15)")
    func hugeLengths() {
        let heads: [[UInt8]] = [
            [0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x82, 0x09, 0x86, 0x00, 0x01, 0x00, 0x00, 0x00, 0x9A, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x82, 0x08, 0x84, 0x01, 0x00, 0x00, 0x9A, 0x7F, 0xFF, 0xFF, 0xFF],
            [0x82, 0x05, 0x82, 0x85, 0x00, 0x01, 0x00, 0xF6, 0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x82, 0x0B, 0x87, 0x00, 0x01, 0x00, 0xF6, 0xF6, 0xF6, 0x9A, 0x7F, 0xFF, 0xFF, 0xFF],
            [0x82, 0x0B, 0x87, 0x00, 0x01, 0x00, 0xF6, 0xF6, 0xF6, 0x98, 0x09, 0x83, 0x00, 0x01],
        ]
        for bytes in heads {
            #expect(throws: CBORError.self) { try Message(decoding: bytes, limits: limits, hashing: Tokens.hashing) }
        }
    }

    @Test("more references, signatures or names than the validator set and the window allow are refused (failures 19)")
    func limitsHold() {
        let tight = MessageLimits(replicas: 3, window: 0, references: 0)
        for message in samples {
            switch message {
            case .commit, .prepare, .attest, .status, .request: continue
            default:
                #expect(throws: CBORError.self, "\(message.kind)") {
                    try Message(decoding: message.encoded, limits: tight, hashing: Tokens.hashing)
                }
            }
        }
    }

    @Test("a testimony holds each kind of statement in its place, and no COMMIT twice")
    func testimonyForms() throws {
        let signature = Signature(r: Bench.header(1), s: Bench.header(2))
        func read(
            vote: (Statement.Kind, UInt64)? = nil,
            promise: (Statement.Kind, UInt64)? = nil,
            attestation: (Statement.Kind, UInt64)? = nil,
            commits: [UInt64] = []
        ) throws -> Message {
            func sighting(_ kind: (Statement.Kind, UInt64)?) -> Sighting? {
                kind.map {
                    Sighting(
                        kind: $0.0,
                        view: View($0.1),
                        position: 1,
                        digest: Bench.header(1),
                        signature: signature
                    )
                }
            }
            let message = Message.testimony(
                Testimony(
                    epoch: .first,
                    subject: ReplicaID(1),
                    question: 1,
                    vote: sighting(vote),
                    promise: sighting(promise),
                    attestation: sighting(attestation),
                    commits: commits.map { bench.vote($0, Bench.header($0)) },
                    certificate: nil
                )
            )
            return try Message(decoding: message.encoded, limits: limits, hashing: Tokens.hashing)
        }
        _ = try read(vote: (.prePrepare, 1), promise: (.viewChange, 1), attestation: (.attest, 0), commits: [1, 2])
        #expect(throws: CBORError.self) { try read(vote: (.viewChange, 1)) }
        #expect(throws: CBORError.self) { try read(vote: (.attest, 0)) }
        #expect(throws: CBORError.self) { try read(promise: (.prepare, 1)) }
        #expect(throws: CBORError.self) { try read(attestation: (.prepare, 0)) }
        #expect(throws: CBORError.self) { try read(attestation: (.attest, 1)) }
        #expect(throws: CBORError.keyOrder) { try read(commits: [2, 2]) }
        #expect(throws: CBORError.keyOrder) { try read(commits: [2, 1]) }
        _ = try read(commits: Array(1...UInt64(limits.commits)))
        #expect(throws: CBORError.self) { try read(commits: Array(1...UInt64(limits.commits + 1))) }
    }

    @Test("signers and names in the wrong order, or twice, have no encoding that is read")
    func orderIsFixed() {
        let twice = Message.certificate(bench.certificate(2, Bench.header(2), by: [0, 2, 2]))
        let backwards = Message.certificate(bench.certificate(2, Bench.header(2), by: [2, 1, 0]))
        for message in [twice, backwards] {
            #expect(throws: CBORError.keyOrder) {
                try Message(decoding: message.encoded, limits: limits, hashing: Tokens.hashing)
            }
        }
    }
}
