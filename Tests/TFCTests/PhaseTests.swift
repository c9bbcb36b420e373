import ContractKit
import ContractTesting
import Primitives
import TFC
import Testing

/// What each method answers in each state: the whole machine as one table.
@Suite struct PhaseTests {
    enum Place: String, CaseIterable, Sendable {
        case applied, disclosed, verifying, commit, reveal, admitted, rejected, failed
        case undisclosed, unverified, inquorate
    }

    /// A world whose case stands in that state.
    static func world(at place: Place) throws -> FieldBed {
        var world = try FieldBed()
        try world.apply()
        if place == .applied { return world }
        if place == .undisclosed {
            try world.reachDeadline()
            return world
        }
        try world.disclose()
        switch place {
        case .disclosed: return world
        case .verifying:
            try world.run(world.attestation(training), Who.city)
            return world
        case .failed:
            for verifier in [Who.city, Who.school] {
                try world.run(world.attestation(pledge, ok: false), verifier)
            }
            return world
        case .unverified:
            try world.reachDeadline()
            return world
        default: break
        }
        try world.verify()
        try world.agree()
        switch place {
        case .commit: return world
        case .inquorate:
            try world.commit([(Who.school, .yes)])
            try world.reachDeadline()
            return world
        default: break
        }
        let choice: VoteChoice = place == .admitted ? .yes : .no
        try world.commit([(Who.city, choice), (Who.school, choice)])
        try world.reachDeadline()
        if place == .reveal { return world }
        for actor in [Who.city, Who.school] { try world.run(world.reveal(actor, choice), actor) }
        return world
    }

    /// disclose, attest, attest-member, assent, commit, reveal; nil where the call takes effect.
    static let answers: [(Place, CaseState, [ErrorCode?])] = [
        (.applied, .applied, [nil, .state, .state, .state, .state, .state]),
        (.disclosed, .disclosed, [.state, nil, nil, .policy, .state, .state]),
        (.verifying, .verifying, [.state, nil, nil, .policy, .state, .state]),
        (.commit, .commit, [.state, .state, .state, .state, nil, .deadline]),
        (.reveal, .reveal, [.state, .state, .state, .state, .deadline, .reference]),
        (.admitted, .admitted, [.state, .state, .state, .state, .deadline, .deadline]),
        (.rejected, .rejected, [.state, .state, .state, .state, .deadline, .deadline]),
        (.failed, .rejected, [.state, .state, .state, .state, .state, .state]),
        (.undisclosed, .lapsed, [.deadline, .state, .state, .state, .state, .state]),
        (.unverified, .lapsed, [.state, .deadline, .deadline, .deadline, .state, .state]),
        (.inquorate, .lapsed, [.state, .state, .state, .state, .quorum, .quorum]),
    ]

    @Test(
        "every method answers every state as the table says, and a refusal changes nothing",
        arguments: answers
    )
    func answersByTable(place: Place, state: CaseState, expected: [ErrorCode?]) throws {
        let world = try PhaseTests.world(at: place)
        #expect(try world.current.state == state)
        #expect(answer(world.disclosure(training), Who.post, in: world) == expected[0])
        #expect(answer(world.attestation(pledge), Who.clinic, in: world) == expected[1])
        #expect(answer(world.memberAttestation(Who.school), Who.post, in: world) == expected[2])
        #expect(answer(world.assent(), Who.post, in: world) == expected[3])
        #expect(answer(world.vote(Who.clinic, .yes), Who.clinic, in: world) == expected[4])
        #expect(answer(world.reveal(Who.clinic, .yes), Who.clinic, in: world) == expected[5])
    }

    private func answer<Method: ContractMethod>(
        _ method: Method,
        _ actor: TestActor,
        in world: FieldBed
    ) -> ErrorCode? {
        var world = world
        let before = world.bed.state
        let code = world.refusal(method, actor)
        #expect((code == nil) == (world.bed.state != before))
        return code
    }

    @Test("the table covers every way that a case can stand")
    func tableIsComplete() {
        #expect(Set(PhaseTests.answers.map(\.0)) == Set(Place.allCases))
        #expect(Set(PhaseTests.answers.map(\.1)) == Set(CaseState.allCases))
    }

    @Test("nobody acts without its role or for another, in any state", arguments: Place.allCases)
    func roleless(place: Place) throws {
        var world = try PhaseTests.world(at: place)
        let before = world.bed.state
        for actor in [Who.nobody, Who.neighbours] {
            #expect(world.refusal(world.disclosure(training), actor) == .role)
            #expect(world.refusal(world.attestation(training), actor) == .role)
            #expect(world.refusal(world.memberAttestation(Who.city), actor) == .role)
            #expect(world.refusal(world.assent(), actor) == .role)
        }
        #expect(world.refusal(world.application(), Who.nobody) == .role)
        #expect(world.refusal(world.joining(), Who.nobody) == .role)
        #expect(world.refusal(world.vote(Who.nobody, .yes), Who.nobody) == .role)
        #expect(world.refusal(world.reveal(Who.nobody, .yes), Who.nobody) == .role)
        #expect(world.refusal(world.vote(Who.neighbours, .yes), Who.neighbours) == .role)
        // Another account of the applicant's own organisation is not the applicant, and does not judge either.
        #expect(world.refusal(world.disclosure(training), Who.clerk) == .role)
        #expect(world.refusal(world.assent(), Who.clerk) == .role)
        #expect(world.refusal(world.attestation(training), Who.clerk) == .policy)
        #expect(world.bed.state == before)
    }
}
