import ContractKit
import ContractTesting
import Primitives
import TFC
import Testing

@Suite struct DeadlineTests {
    /// Phases whose end is a deadline, and what is done in them.
    enum Phase: CaseIterable, Sendable {
        case disclosure, verification, commit, reveal

        var place: PhaseTests.Place {
            switch self {
            case .disclosure: .applied
            case .verification: .disclosed
            case .commit: .commit
            case .reveal: .reveal
            }
        }

        func act(in world: inout FieldBed) -> ErrorCode? {
            switch self {
            case .disclosure: world.refusal(world.disclosure(training, pledge), Who.post)
            case .verification: world.refusal(world.attestation(training), Who.city)
            case .commit: world.refusal(world.vote(Who.city, .yes), Who.city)
            case .reveal: world.refusal(world.reveal(Who.city, .no), Who.city)
            }
        }
    }

    @Test(
        "one millisecond before its deadline an act is in time, at the deadline and after it is late",
        arguments: Phase.allCases
    )
    func edges(phase: Phase) throws {
        var world = try PhaseTests.world(at: phase.place)
        let deadline = try world.current.deadline
        for (time, isInTime) in [(deadline - 1, true), (deadline, false), (deadline + 1, false)] {
            var late = world
            late.bed.time = time
            let code = phase.act(in: &late)
            // A commit phase that ends without a quorum says so.
            #expect(code == (isInTime ? nil : phase == .commit ? .quorum : .deadline))
        }
        world.bed.time = deadline - 1
        try world.bed.applyDeadlines()
        #expect(try world.current.deadline == deadline)
    }

    @Test(
        "the queue and a late look come to the same state, however late",
        arguments: Phase.allCases,
        [0, 1, 100_000]
    )
    func bothWaysAgree(phase: Phase, delay: UInt64) throws {
        var world = try PhaseTests.world(at: phase.place)
        if phase == .commit { try world.commit([(Who.city, .yes)]) }
        world.bed.time = try world.current.deadline + delay
        let lazy = try world.current
        let lazyBallot = try world.ballot.admission
        #expect(lazy == lazyBallot)
        try world.bed.applyDeadlines()
        #expect(try world.current == lazy)
        // Nothing is left in the queue of a case that is closed.
        var later = world
        later.bed.time += 1_000_000
        let applied = try later.bed.applyDeadlines()
        #expect(lazy.state.isClosed ? applied == 0 : applied == 1)
    }

    @Test(
        "rows are the same whether the queue closed a case or a method that came first",
        arguments: [Phase.reveal, .commit]
    )
    func rowsAgree(phase: Phase) throws {
        var world = try PhaseTests.world(at: phase.place)
        if phase == .commit { try world.commit([(Who.city, .yes), (Who.school, .yes)]) }
        world.bed.time = try world.current.deadline + policy().revealTime + policy().cooldown
        var queued = world
        try queued.bed.applyDeadlines()
        try queued.run(queued.application(), Who.post)
        // Applying again settles the organisation's own open case first.
        try world.run(world.application(), Who.post)
        #expect(world.bed.state == queued.bed.state)
    }

    @Test("a case that a deadline moved says when, however late somebody looks", arguments: Phase.allCases)
    func movesAtItsDeadline(phase: Phase) throws {
        var world = try PhaseTests.world(at: phase.place)
        if phase == .commit { try world.commit([(Who.city, .yes)]) }
        world.bed.time = try world.current.deadline
        var punctual = world
        try punctual.bed.applyDeadlines()
        world.bed.advance(milliseconds: 3_999)
        #expect(try world.current == punctual.current)
        try world.bed.applyDeadlines()
        #expect(try world.current == punctual.current)
        let organisation = Who.post.organisation
        #expect(try world.applicant(organisation) == punctual.applicant(organisation))
    }

    @Test("every step takes the deadline before it off the queue, so that a case is in it once, and closed never")
    func oneEntryInTheQueue() throws {
        for place in PhaseTests.Place.allCases {
            var world = try PhaseTests.world(at: place)
            let isClosed = try world.current.state.isClosed
            world.bed.advance(milliseconds: 1_000_000)
            // These three are closed by a deadline that the queue has not come to; a commit phase without a vote too.
            let isWaiting = [.undisclosed, .unverified, .inquorate].contains(place)
            #expect(try world.bed.applyDeadlines() == (isClosed && !isWaiting ? 0 : 1))
        }
    }

    @Test(
        "a commit phase and a reveal phase that passed unseen are both applied, each at its own time"
    )
    func twoDeadlinesAtOnce() throws {
        var world = try FieldBed()
        try world.openBallot()
        try world.commit([(Who.city, .yes), (Who.school, .yes)])
        let commitEnd = try world.current.deadline
        world.bed.time = commitEnd + 1_000_000
        let closed = try world.current
        #expect(closed.state == .rejected && closed.reason == .vote)
        #expect(closed.deadline == commitEnd + policy().revealTime)
    }
}
