import ContractKit
import ContractTesting
import Primitives
import TFC
import Testing

@Suite struct AdmissionTests {
    @Test(
        "an applicant that is disclosed, verified by two, and voted in becomes a member with its weight"
    )
    func admits() throws {
        var world = try FieldBed()
        try world.apply()
        #expect(try world.current.state == .applied)
        try world.disclose()
        #expect(try world.current.state == .disclosed)
        try world.verify()
        #expect(try world.current.state == .verifying)
        try world.agree()
        #expect(try world.current.state == .commit)
        #expect(try world.current.electorateWeight == 6)
        try world.commit([(Who.city, .yes), (Who.school, .yes), (Who.clinic, .no)])
        #expect(try world.current.state == .reveal)
        for (actor, choice) in [(Who.city, VoteChoice.yes), (Who.school, .yes), (Who.clinic, .no)] {
            try world.run(world.reveal(actor, choice), actor)
        }
        let closed = try world.current
        #expect(closed.state == .admitted && closed.reason == .vote && closed.yesWeight == 5)
        #expect(try world.bed.events(CaseClosed.self).first?.state == .admitted)
        #expect(try world.bed.events(MemberJoined.self).first?.organisation == Who.post.organisation)
        let field = try world.fieldRow()
        #expect(field.members == 4 && field.weight == 7 && field.verifiers == 3)
        #expect(
            try world.members().contains {
                $0.organisation == Who.post.organisation && $0.member.place == 4
            }
        )
    }

    @Test("the new member votes on the next applicant, and does not verify unless the policy says so")
    func newMemberVotes() throws {
        var world = try admitted()
        try world.run(world.application(), Who.neighbours)
        world.admission = try #require(try world.bed.events(CaseOpened.self).first?.admission)
        try world.run(world.disclosure(training, pledge), Who.neighbours)
        #expect(world.refusal(world.attestation(training), Who.post) == .role)
        for verifier in [Who.city, Who.clinic] {
            for attribute in [training, pledge] { try world.run(world.attestation(attribute), verifier) }
        }
        try world.run(world.memberAttestation(Who.post), Who.neighbours)
        try world.run(world.assent(), Who.neighbours)
        #expect(try world.current.electorateWeight == 7)
        try world.run(world.vote(Who.post, .yes), Who.post)
        #expect(try world.current.committedWeight == 1)
    }

    @Test(
        "a mandatory attribute that can no longer reach m confirmations rejects the case without a vote"
    )
    func failedAttributeRejects() throws {
        var world = try FieldBed()
        try world.apply()
        try world.disclose()
        try world.run(world.attestation(training, ok: false), Who.city)
        #expect(try world.current.state == .verifying)
        try world.run(world.attestation(training, ok: false), Who.school)
        let closed = try world.current
        #expect(closed.state == .rejected && closed.reason == .attribute && closed.commits == 0)
        #expect(world.refusal(world.vote(Who.city, .yes), Who.city) == .state)
    }

    @Test("an attribute beyond the required ones may fail without ending the case")
    func optionalAttributeMayFail() throws {
        var world = try FieldBed()
        try world.apply()
        let extra = Identifier.constant("insurance")
        try world.run(world.disclosure(training, pledge, extra), Who.post)
        for verifier in [Who.city, Who.school, Who.clinic] {
            try world.run(world.attestation(extra, ok: false), verifier)
        }
        try world.verify()
        try world.agree()
        #expect(try world.current.state == .commit)
        var query = AttributesQuery()
        query.admission = world.admission
        let rows = try world.bed.ask(query, of: TFC.self).attributes
        #expect(rows.map(\.claim.type) == [extra, pledge, training])
        #expect(rows.map(\.state) == [.failed, .verified, .verified])
    }

    @Test(
        "required attributes may come in several calls, and the second layer opens with the last of them"
    )
    func disclosesInParts() throws {
        var world = try FieldBed()
        try world.apply()
        try world.run(world.disclosure(pledge), Who.post)
        #expect(try world.current.state == .applied)
        #expect(world.refusal(world.attestation(pledge), Who.city) == .state)
        #expect(world.refusal(world.disclosure(pledge), Who.post) == .duplicate)
        try world.run(world.disclosure(training), Who.post)
        #expect(try world.current.state == .disclosed)
    }

    @Test(
        "no layer is skipped: the ballot opens only with every attribute verified and the applicant's assent"
    )
    func layersInOrder() throws {
        var world = try FieldBed()
        try world.apply()
        try world.disclose()
        #expect(world.refusal(world.assent(), Who.post) == .policy)
        try world.agree()
        #expect(try world.current.state == .verifying)
        #expect(world.refusal(world.vote(Who.city, .yes), Who.city) == .state)
        try world.run(world.attestation(training), Who.city)
        try world.run(world.attestation(training), Who.school)
        try world.run(world.attestation(pledge), Who.city)
        #expect(try world.current.state == .verifying)
        try world.run(world.attestation(pledge), Who.clinic)
        #expect(try world.current.state == .commit)
    }

    @Test("a member that the applicant denies does not count towards its assent")
    func deniedMemberDoesNotCount() throws {
        var world = try FieldBed()
        try world.apply()
        try world.disclose()
        try world.run(world.memberAttestation(Who.city, ok: false), Who.post)
        #expect(world.refusal(world.assent(), Who.post) == .policy)
        #expect(world.refusal(world.memberAttestation(Who.city), Who.post) == .duplicate)
        #expect(world.refusal(world.memberAttestation(Who.neighbours), Who.post) == .reference)
        try world.run(world.memberAttestation(Who.school), Who.post)
        try world.run(world.assent(), Who.post)
        #expect(world.refusal(world.assent(), Who.post) == .duplicate)
    }

    @Test(
        "a case keeps the policy that it opened with, and its electorate the members it opened with"
    )
    func electorateIsFrozen() throws {
        var world = try FieldBed()
        try world.openBallot()
        let first = world.admission
        // A second applicant is admitted while the first one's ballot is open.
        try world.run(world.application(), Who.neighbours)
        world.admission = try #require(try world.bed.events(CaseOpened.self).first?.admission)
        try world.run(world.disclosure(training, pledge), Who.neighbours)
        try world.verify()
        try world.run(world.memberAttestation(Who.city), Who.neighbours)
        try world.run(world.assent(), Who.neighbours)
        let voters = [(Who.city, VoteChoice.yes), (Who.school, .yes), (Who.clinic, .yes)]
        try world.commit(voters)
        for (actor, choice) in voters { try world.run(world.reveal(actor, choice), actor) }
        #expect(try world.current.state == .admitted)
        world.admission = first
        #expect(world.refusal(world.vote(Who.neighbours, .no), Who.neighbours) == .role)
        #expect(try world.current.electorateWeight == 6)
        #expect(try world.current.policy == policy())
    }

    @Test(
        "an organisation that was not admitted waits for the cooldown, and its next case has another id"
    )
    func cooldown() throws {
        var world = try FieldBed()
        try world.apply()
        let first = world.admission
        try world.reachDeadline()
        #expect(try world.current.state == .lapsed)
        #expect(world.refusal(world.application(), Who.post) == .policy)
        let over = try world.current.deadline + policy().cooldown
        world.bed.time = over - 1
        #expect(world.refusal(world.application(), Who.post) == .policy)
        world.bed.time = over
        try world.apply(attempt: 2)
        #expect(world.admission != first)
        #expect(try world.current.state == .applied)
    }

    @Test("the verifiers of a case are those there were when its attributes were disclosed")
    func verifiersAreFrozen() throws {
        var world = try FieldBed(policy { $0.admittedVerify = true })
        try world.run(world.application(), Who.neighbours)
        let earlier = try #require(try world.bed.events(CaseOpened.self).first?.admission)
        world.admission = earlier
        try world.run(world.disclosure(training, pledge), Who.neighbours)
        try world.openBallot()
        let voters = [(Who.city, VoteChoice.yes), (Who.school, .yes), (Who.clinic, .yes)]
        try world.commit(voters)
        for (actor, choice) in voters { try world.run(world.reveal(actor, choice), actor) }
        #expect(try world.fieldRow().verifiers == 4)
        world.admission = earlier
        #expect(try world.current.verifiers == 3)
        #expect(world.refusal(world.attestation(training), Who.post) == .role)
        #expect(world.refusal(world.memberAttestation(Who.post), Who.neighbours) == .reference)
        try world.run(world.attestation(training), Who.city)
    }

    @Test("a verifier speaks once on an attribute, and on what was disclosed only")
    func attestsOnce() throws {
        var world = try FieldBed()
        try world.apply()
        try world.disclose()
        try world.run(world.attestation(training), Who.city)
        #expect(world.refusal(world.attestation(training), Who.city) == .duplicate)
        #expect(world.refusal(world.attestation(training, ok: false), Who.city) == .duplicate)
        #expect(world.refusal(world.attestation(.constant("insurance")), Who.city) == .reference)
        #expect(try world.current.verified == 0)
    }

    @Test("an organisation has one application open at a time, and a member none")
    func oneOpenCase() throws {
        var world = try FieldBed()
        try world.apply()
        #expect(world.refusal(world.application(), Who.post) == .duplicate)
        #expect(world.refusal(world.application(), Who.clerk) == .duplicate)
        #expect(world.refusal(world.application(), Who.city) == .duplicate)
        try world.run(world.application(), Who.neighbours)
    }

    private func admitted() throws -> FieldBed {
        var world = try FieldBed()
        try world.openBallot()
        let voters = [(Who.city, VoteChoice.yes), (Who.school, .yes), (Who.clinic, .yes)]
        try world.commit(voters)
        for (actor, choice) in voters { try world.run(world.reveal(actor, choice), actor) }
        #expect(try world.current.state == .admitted)
        return world
    }
}
