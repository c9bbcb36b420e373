import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import TFC
import Testing

@Suite struct FieldTests {
    @Test("a field is active once every founder has signed, and not before")
    func formsWithAllFounders() throws {
        var bed = Testbed(organisations: Who.organisations, actors: Who.everybody)
        try bed.run(FieldBed.create(policy()), of: TFC.self, by: Who.city)
        var query = FieldQuery()
        query.field = FieldBed.id(founder: Who.city)
        var joining = JoinField()
        joining.field = query.field
        #expect(try bed.ask(query, of: TFC.self).state == .forming)
        var application = Apply()
        application.field = query.field
        #expect(bed.refusal(of: application, of: TFC.self, by: Who.post) == .state)
        #expect(bed.refusal(of: application, of: TFC.self, by: Who.clinic) == .state)
        try bed.run(joining, of: TFC.self, by: Who.clinic)
        #expect(try bed.ask(query, of: TFC.self).state == .forming)
        try bed.run(joining, of: TFC.self, by: Who.school)
        #expect(try bed.events(FieldActive.self).count == 1)
        let field = try bed.ask(query, of: TFC.self)
        #expect(field.state == .active && field.members == 3 && field.weight == 6 && field.awaited == 0)
        #expect(bed.refusal(of: joining, of: TFC.self, by: Who.school) == .duplicate)
        #expect(bed.refusal(of: joining, of: TFC.self, by: Who.post) == .role)
    }

    @Test(
        "a field is refused for each of its reasons and changes nothing",
        arguments: [
            ("by an account without a role", ErrorCode.role, Who.nobody, FieldBed.create(policy())),
            ("by an organisation that is no founder", .policy, Who.post, FieldBed.create(policy())),
            (
                "with too few verifiers", .policy, Who.city,
                FieldBed.create(policy { $0.verifiersNeeded = 4 })
            ),
            (
                "with too few members to attest", .policy, Who.city,
                FieldBed.create(policy { $0.mutual = 4 })
            ),
            (
                "requiring an attribute twice", .policy, Who.city,
                FieldBed.create(policy { $0.required = [training, pledge, training] })
            ),
            ("requiring nothing", .schema, Who.city, FieldBed.create(policy { $0.required = [] })),
            (
                "with a quorum above the whole", .schema, Who.city,
                FieldBed.create(policy { $0.quorum = 10_001 })
            ),
            ("with a founder twice", .duplicate, Who.city, twice()),
            ("with a founder that does not exist", .reference, Who.city, unknown()),
        ]
    )
    func refuses(what: String, code: ErrorCode, actor: TestActor, method: CreateField) {
        var bed = Testbed(organisations: Who.organisations, actors: Who.everybody + [Who.nobody])
        let before = bed.state
        #expect(bed.refusal(of: method, of: TFC.self, by: actor) == code)
        #expect(bed.state == before)
    }

    private static func twice() -> CreateField {
        var method = FieldBed.create(policy())
        method.founders.append(method.founders[0])
        return method
    }

    private static func unknown() -> CreateField {
        var method = FieldBed.create(policy())
        method.founders.append(Founder(organisation: .constant("atlantis"), weight: 1, verifies: true))
        return method
    }

    @Test(
        "a founder's name for a field is its own: the same name of another founder is another field"
    )
    func namesAreTheFoundersOwn() throws {
        var world = try FieldBed()
        #expect(world.refusal(FieldBed.create(policy()), Who.city) == .duplicate)
        try world.run(FieldBed.create(policy()), Who.school)
        #expect(FieldBed.id(founder: Who.city) != FieldBed.id(founder: Who.school))
    }

    @Test("members are listed in pages that hold every one once")
    func pagesMembers() throws {
        let world = try FieldBed()
        var query = MembersQuery()
        query.field = world.field
        query.limit = 2
        let first = try world.bed.ask(query, of: TFC.self)
        query.after = first.next
        let second = try world.bed.ask(query, of: TFC.self)
        #expect(first.members.count == 2 && second.members.count == 1 && second.next == nil)
        let names = (first.members + second.members).map(\.organisation)
        #expect(names == [Who.city, Who.clinic, Who.school].map(\.organisation).sorted())
    }

    @Test(
        "other contracts learn who is a member, also when the case that decides it is due and not yet counted"
    )
    func isMemberSettlesFirst() throws {
        var world = try FieldBed()
        try world.openBallot()
        try world.commit([(Who.city, .yes), (Who.school, .yes), (Who.clinic, .no)])
        for actor in [Who.city, Who.school] { try world.run(world.reveal(actor, .yes), actor) }
        let (field, post) = (world.field, Who.post.organisation)
        #expect(
            try !world.bed.peek { context throws(ContractError) in
                try TFC.isMember(of: field, organisation: post, &context)
            }
        )
        try world.reachDeadline()
        #expect(
            try world.bed.peek { context throws(ContractError) in
                try TFC.isMember(of: field, organisation: post, &context)
            }
        )
    }

    @Test("what does not exist is REFERENCE in every method and query")
    func unknownIsReference() throws {
        var world = try FieldBed()
        world.admission = .zero
        #expect(world.refusal(world.disclosure(training), Who.post) == .reference)
        #expect(world.refusal(world.attestation(training), Who.city) == .reference)
        #expect(world.refusal(world.memberAttestation(Who.city), Who.post) == .reference)
        #expect(world.refusal(world.assent(), Who.post) == .reference)
        #expect(world.refusal(world.vote(Who.city, .yes), Who.city) == .reference)
        #expect(world.refusal(world.reveal(Who.city, .yes), Who.city) == .reference)
        world.field = .zero
        #expect(world.refusal(world.joining(), Who.city) == .reference)
        #expect(world.refusal(world.application(), Who.post) == .reference)
        #expect(throws: ContractError.self) { try world.current }
        #expect(throws: ContractError.self) { try world.ballot }
        #expect(throws: ContractError.self) { try world.fieldRow() }
        #expect(throws: ContractError.self) { try world.members() }
    }
}
