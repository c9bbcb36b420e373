import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import TFC
import Testing

@Suite struct BallotTests {
    @Test(
        "a vote once committed cannot be committed again, not even by another account of the organisation"
    )
    func votesOnce() throws {
        var world = try FieldBed()
        try world.openBallot()
        try world.run(world.vote(Who.school, .yes), Who.school)
        #expect(world.refusal(world.vote(Who.school, .no), Who.school) == .duplicate)
        #expect(world.refusal(world.vote(Who.teacher, .no), Who.teacher) == .duplicate)
        #expect(try world.current.committedWeight == 2)
    }

    @Test("a party to the case does not vote: neither the applicant nor anybody of its organisation")
    func partyDoesNotVote() throws {
        var world = try FieldBed()
        try world.openBallot()
        for actor in [Who.post, Who.clerk] {
            #expect(world.refusal(world.vote(actor, .yes), actor) == .policy)
            #expect(world.refusal(world.reveal(actor, .yes), actor) == .policy)
        }
        #expect(world.refusal(world.vote(Who.neighbours, .yes), Who.neighbours) == .role)
    }

    @Test(
        "a vote opens with its own choice and salt only, once, and by the account that committed it"
    )
    func revealsOnlyTheCommitment() throws {
        var world = try FieldBed()
        try world.openBallot()
        try world.commit([(Who.city, .yes), (Who.school, .no), (Who.clinic, .yes)])
        #expect(world.refusal(world.reveal(Who.city, .no), Who.city) == .reveal)
        var salted = world.reveal(Who.city, .yes)
        salted.salt[0] ^= 1
        #expect(world.refusal(salted, Who.city) == .reveal)
        salted.salt = Array(FieldBed.salt(Who.city).dropLast())
        #expect(world.refusal(salted, Who.city) == .reveal)
        // The school's opening does not open the city's vote, and the teacher does not open the school's.
        #expect(world.refusal(world.reveal(Who.school, .no), Who.city) == .reveal)
        #expect(world.refusal(world.reveal(Who.school, .no), Who.teacher) == .role)
        try world.run(world.reveal(Who.city, .yes), Who.city)
        #expect(world.refusal(world.reveal(Who.city, .yes), Who.city) == .duplicate)
    }

    @Test("a salt shorter than 128 bits does not follow the schema", arguments: [0, 1, 15, 65])
    func shortSaltIsRefused(count: Int) throws {
        var world = try FieldBed()
        try world.openBallot()
        var method = world.reveal(Who.city, .yes)
        method.salt = [UInt8](repeating: 7, count: count)
        #expect(world.refusal(method, Who.city) == .schema)
    }

    @Test("a commitment copied from another voter cannot be opened by the copier")
    func copiedCommitmentIsWorthless() throws {
        var world = try FieldBed()
        try world.openBallot()
        let copied = world.vote(Who.city, .yes)
        try world.run(copied, Who.city)
        try world.run(copied, Who.school)
        try world.run(copied, Who.clinic)
        try world.run(world.reveal(Who.city, .yes), Who.city)
        #expect(world.refusal(world.reveal(Who.city, .yes), Who.school) == .reveal)
    }

    @Test("a vote sealed for one case does not open in another")
    func commitmentBindsTheCase() {
        let digests = Set(
            [TestOrganisation.digest("a"), TestOrganisation.digest("b")].flatMap { field in
                [TestOrganisation.digest("c"), TestOrganisation.digest("d")].flatMap { admission in
                    [Who.city, Who.school].flatMap { voter in
                        VoteChoice.allCases.map { choice in
                            SHA256Function.digest(
                                of: TFC.votePreimage(
                                    field: field,
                                    case: admission,
                                    voter: voter.account,
                                    choice: choice,
                                    salt: FieldBed.salt(Who.city)
                                )
                            )
                        }
                    }
                }
            }
        )
        #expect(digests.count == 16)
    }

    @Test("a commit that is not revealed counts as no and stays on record, so silence gains nothing")
    func silenceIsNo() throws {
        var world = try FieldBed()
        try world.openBallot()
        // Yes 2 of 6 committed: without the city's silent 3 it would be 2 of 3.
        try world.commit([(Who.city, .no), (Who.school, .yes), (Who.clinic, .no)])
        try world.run(world.reveal(Who.school, .yes), Who.school)
        try world.run(world.reveal(Who.clinic, .no), Who.clinic)
        try world.reachDeadline()
        let closed = try world.current
        #expect(closed.state == .rejected && closed.commits == 3 && closed.reveals == 2)
        #expect(closed.committedWeight == 6 && closed.revealedWeight == 3 && closed.yesWeight == 2)
        let silent = try world.ballot.votes.filter { $0.vote.choice == nil }
        #expect(silent.map(\.organisation) == [Who.city.organisation])
    }

    /// Threshold 6000 of 10000, quorum 5000, weights 3, 2, 1.
    @Test(
        "quorum and threshold count committed weight",
        arguments: [
            (
                [(Who.city, VoteChoice.yes), (Who.school, .yes), (Who.clinic, .yes)], CaseState.admitted,
                CaseReason.vote
            ),
            ([(Who.city, .yes), (Who.school, .no), (Who.clinic, .yes)], .admitted, .vote),
            ([(Who.city, .yes), (Who.school, .no), (Who.clinic, .no)], .rejected, .vote),
            ([(Who.city, .yes), (Who.school, .no)], .admitted, .vote),
            ([(Who.city, .no), (Who.school, .yes)], .rejected, .vote),
            ([(Who.city, .yes)], .admitted, .vote),
            ([(Who.school, .yes), (Who.clinic, .yes)], .admitted, .vote),
            ([(Who.school, .yes)], .lapsed, .quorum),
            ([(Who.clinic, .yes)], .lapsed, .quorum),
            ([], .lapsed, .quorum),
        ]
    )
    func counts(votes: [(TestActor, VoteChoice)], state: CaseState, reason: CaseReason) throws {
        var world = try FieldBed()
        try world.openBallot()
        try world.commit(votes)
        if try world.current.state == .commit { try world.reachDeadline() }
        for (actor, choice) in votes where reason == .vote {
            try world.run(world.reveal(actor, choice), actor)
        }
        #expect(try world.current.state == state)
        #expect(try world.current.reason == reason)
        #expect(try world.members().count == (state == .admitted ? 4 : 3))
    }

    /// Weights 3, 2 and 1: the city's commit is half of the electorate.
    @Test(
        "a quorum is reached exactly at its share, and not one basis point above",
        arguments: [(UInt64(5_000), CaseState.reveal), (5_001, .lapsed), (1, .reveal), (10_000, .lapsed)]
    )
    func exactQuorum(quorum: UInt64, state: CaseState) throws {
        var world = try FieldBed(policy { $0.quorum = quorum })
        try world.openBallot()
        try world.commit([(Who.city, .no)])
        try world.reachDeadline()
        #expect(try world.current.state == state)
    }

    /// The city's yes is half of what is committed.
    @Test(
        "a threshold is reached exactly at its share, and not one basis point above",
        arguments: [(UInt64(5_000), CaseState.admitted), (5_001, .rejected), (1, .admitted), (10_000, .rejected)]
    )
    func exactThreshold(threshold: UInt64, state: CaseState) throws {
        var world = try FieldBed(policy { $0.threshold = threshold })
        try world.openBallot()
        let votes = [(Who.city, VoteChoice.yes), (Who.school, .no), (Who.clinic, .no)]
        try world.commit(votes)
        for (actor, choice) in votes { try world.run(world.reveal(actor, choice), actor) }
        #expect(try world.current.state == state)
    }

    @Test("anybody can recount a ballot from the answer of one query")
    func recounts() throws {
        var world = try FieldBed()
        try world.openBallot()
        try world.commit([(Who.city, .yes), (Who.school, .no), (Who.clinic, .yes)])
        try world.run(world.reveal(Who.city, .yes), Who.city)
        try world.run(world.reveal(Who.clinic, .yes), Who.clinic)
        try world.reachDeadline()
        try recount(world)
    }

    @Test(
        "a vote for a case of another kind of hash input cannot be forged: the preimages begin with their domain"
    )
    func preimagesAreSeparate() {
        let account = Who.city.account
        let inputs = [
            TFC.fieldPreimage(founder: account, name: training),
            TFC.casePreimage(field: account.digest, organisation: training, attempt: 1),
            TFC.votePreimage(field: account.digest, case: .zero, voter: account, choice: .yes, salt: []),
        ]
        #expect(Set(inputs.map { Array($0.prefix(20)) }).count == 3)
    }
}

/// Counts a closed case again from what the ballot query shows, and compares with what the case says.
func recount(_ world: FieldBed) throws {
    let answer = try world.ballot
    var (committed, revealed, yes) = (UInt64(0), UInt64(0), UInt64(0))
    for entry in answer.votes {
        committed += entry.vote.weight
        guard let choice = entry.vote.choice, let salt = entry.vote.salt else { continue }
        let preimage = TFC.votePreimage(
            field: answer.admission.field,
            case: world.admission,
            voter: entry.vote.account,
            choice: choice,
            salt: salt
        )
        #expect(SHA256Function.digest(of: preimage) == entry.vote.commitment)
        revealed += entry.vote.weight
        if choice == .yes { yes += entry.vote.weight }
    }
    let admission = answer.admission
    #expect(committed == admission.committedWeight && UInt64(answer.votes.count) == admission.commits)
    #expect(revealed == admission.revealedWeight && yes == admission.yesWeight)
    guard admission.reason == .vote || admission.reason == .quorum else { return }
    let policy = admission.policy
    let state: CaseState =
        if committed * 10_000 < policy.quorum * admission.electorateWeight {
            .lapsed
        } else if yes * 10_000
            >= policy.threshold * committed
        { .admitted } else { .rejected }
    #expect(admission.state == state)
}
