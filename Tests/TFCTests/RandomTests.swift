import ContractKit
import ContractTesting
import Primitives
import SeededRandom
import TFC
import Testing

/// Thousands of random calls by everybody, right and wrong, in and out of time.
@Suite struct RandomTests {
    @Test(
        "whatever is called in whatever order, counts and weights add up and no case skips a layer",
        arguments: UInt64(1)...8
    )
    func invariantsHold(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var world = try FieldBed(policy { $0.cooldown = 500 })
        var cases: [Digest] = []
        var accepted = 0
        for step in 0..<900 {
            if step.isMultiple(of: 7) {
                world.bed.advance(milliseconds: UInt64.random(in: 0...120, using: &generator))
                if Bool.random(using: &generator) { try world.bed.applyDeadlines() }
            }
            world.admission = cases.last ?? .zero
            if Int.random(in: 0..<20, using: &generator) == 0,
                let any = cases.randomElement(using: &generator)
            {
                world.admission = any
            }
            if call(&world, &generator) == nil { accepted += 1 }
            for event in try world.bed.events(CaseOpened.self) where !cases.contains(event.admission) {
                cases.append(event.admission)
                world.admission = event.admission
            }
            try checkField(world)
            if !cases.isEmpty { try checkCase(world) }
        }
        for admission in cases {
            world.admission = admission
            try recount(world)
        }
        // The walk must come far enough to mean something.
        #expect(accepted > 25 && cases.count > 1)
    }

    /// One random call; nil if it took effect.
    private func call(_ world: inout FieldBed, _ generator: inout SplitMix64) -> ErrorCode? {
        let actors = Who.everybody + [Who.clerk, Who.teacher, Who.nobody]
        // Mostly somebody for whom the call makes sense.
        func either(_ usual: [TestActor]) -> TestActor {
            (Int.random(in: 0..<6, using: &generator) == 0 ? actors : usual).randomElement(using: &generator)
                ?? Who.post
        }
        let applicant = either((try? world.current.applicant) == Who.post.account ? [Who.post] : [Who.neighbours])
        let member = either([Who.city, Who.school, Who.clinic])
        let ok = Int.random(in: 0..<8, using: &generator) != 0
        // Which choice somebody has is a matter of its name, so that reveals often fit.
        let choice: VoteChoice = member.name == "clinic" ? .no : .yes
        switch Int.random(in: 0..<8, using: &generator) {
        case 0:
            let newcomer = either([Who.post, Who.neighbours])
            return world.refusal(world.application(), newcomer)
        case 1: return world.refusal(world.disclosure(training, pledge), applicant)
        case 2: return world.refusal(world.attestation(training, ok: ok), member)
        case 3: return world.refusal(world.attestation(pledge, ok: ok), member)
        case 4: return world.refusal(world.memberAttestation(member, ok: ok), applicant)
        case 5: return world.refusal(world.assent(), applicant)
        case 6: return world.refusal(world.vote(member, choice), member)
        default: return world.refusal(world.reveal(member, ok ? choice : .no), member)
        }
    }

    private func checkField(_ world: FieldBed) throws {
        let (field, members) = (try world.fieldRow(), try world.members())
        let active = members.filter { $0.member.state == .active }
        #expect(UInt64(active.count) == field.members)
        #expect(active.reduce(0) { $0 + $1.member.weight } == field.weight)
        #expect(UInt64(active.count { $0.member.verifies }) == field.verifiers)
        #expect(Set(active.map(\.member.place)) == Set(1...field.members))
    }

    private func checkCase(_ world: FieldBed) throws {
        let admission = try world.current
        #expect(admission.yesWeight <= admission.revealedWeight)
        #expect(admission.revealedWeight <= admission.committedWeight)
        #expect(admission.committedWeight <= admission.electorateWeight)
        let hasBallot = admission.electoratePlace > 0
        if hasBallot {
            #expect(admission.assented && admission.verified == 2 && admission.membersAttested >= 1)
        }
        if admission.state == .commit || admission.state == .reveal || admission.state == .admitted {
            #expect(hasBallot)
        }
        #expect(admission.state.isClosed == (admission.reason != .open))
    }
}
