import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import Testing

/// Whose machines may follow the chain, and who says so.
@Suite struct ObserverTests {
    var world = SuccessionTests()

    static func pin(_ name: String) -> Digest { SHA256Function.digest(of: Array(name.utf8)) }

    mutating func admit(_ name: String, by actor: TestActor) -> ErrorCode? {
        var method = AdmitObserver()
        method.pin = Self.pin(name)
        return world.refusal(method, by: actor)
    }

    mutating func dismiss(_ name: String, by actor: TestActor) -> ErrorCode? {
        var method = DismissObserver()
        method.pin = Self.pin(name)
        return world.refusal(method, by: actor)
    }

    func followers(atMost limit: Int = 1000) throws -> [Digest: Identifier] {
        try world.bed.peek { context throws(ContractError) in try Governance.followers(atMost: limit, &context) }
    }

    func observers(_ organisation: Identifier) throws -> [Digest] {
        var query = ObserversQuery()
        query.organisation = organisation
        return try world.bed.ask(query, of: Governance.self).pins
    }

    @Test("a registrar admits and dismisses machines of its own organisation, so many at a time")
    mutating func admits() throws {
        #expect(admit("archive", by: Who.citizen) == .role && admit("archive", by: Who.makersRegistrar) == nil)
        #expect(admit("archive", by: Who.makersRegistrar) == .duplicate)
        #expect(try world.bed.events(ObserversChanged.self).map(\.count) == [1])
        #expect(try followers()[Self.pin("archive")] == TestOrganisation.maker)
        #expect(dismiss("archive", by: Who.portsRegistrar) == .reference, "it is the maker's")
        #expect(dismiss("archive", by: Who.makersRegistrar) == nil)
        #expect(dismiss("archive", by: Who.makersRegistrar) == .reference)
        #expect(try followers()[Self.pin("archive")] == nil)
        for number in 0..<16 { #expect(admit("\(number)", by: Who.makersRegistrar) == nil) }
        #expect(admit("one too many", by: Who.makersRegistrar) == .limit)
    }

    @Test("validators, candidates and observers of active organisations follow, nobody else")
    mutating func who() throws {
        let report = world.report("four", of: TestOrganisation.maker)
        #expect(world.refusal(report, by: Who.makersRegistrar) == nil)
        #expect(admit("archive", by: Who.portsRegistrar) == nil)
        #expect(admit("zero", by: Who.makersRegistrar) == nil, "the city's pin, claimed by the maker")
        let pins = try followers()
        #expect(pins.count == 6)
        #expect(pins[Self.pin("zero")] == TestOrganisation.city, "a validator's pin is its organisation's")
        #expect(pins[Self.pin("four")] == TestOrganisation.maker && pins[Self.pin("three")] == TestOrganisation.port)
        #expect(try followers(atMost: 4).count == 4)
        world.bed = SuccessionTests.founded(with: [SuccessionTests.seats[0]])
        #expect(admit("archive", by: Who.portsRegistrar) == nil)
        #expect(try followers().count == 2)
        #expect(world.refusal(LeaveConsortium(), by: Who.portsRegistrar) == nil)
        #expect(try followers().keys.sorted() == [Self.pin("zero")])
    }

    @Test(
        "who is removed goes on following, who is added follows as a validator, and a key that was renewed does not follow"
    )
    mutating func changes() throws {
        #expect(admit("four", by: Who.makersRegistrar) == nil)
        #expect(world.refusal(world.report("four", of: TestOrganisation.maker), by: Who.makersRegistrar) == nil)
        #expect(try world.pass(world.proposal(add: "four", remove: "one")) == nil)
        #expect(try observers(TestOrganisation.maker).isEmpty)
        #expect(try observers(TestOrganisation.city) == [Self.pin("one")])
        let between = try followers()
        #expect(
            between[Self.pin("four")] == TestOrganisation.maker && between[Self.pin("one")] == TestOrganisation.city
        )
        try world.reach(5)
        #expect(try followers().keys.sorted() == between.keys.sorted())
        let rekey = world.rekey("four", to: "new", of: TestOrganisation.maker)
        #expect(world.refusal(rekey, by: Who.makersRegistrar) == nil)
        try world.reach(9)
        let after = try followers()
        #expect(after[Self.pin("four")] == nil && after[Self.pin("new pin")] == TestOrganisation.maker)
    }

    @Test("a full list keeps nobody from being removed: the oldest gives way")
    mutating func full() throws {
        for number in 0..<16 { #expect(admit("\(number)", by: Who.portsRegistrar) == nil) }
        #expect(try world.pass(world.proposal(remove: "three")) == nil)
        let pins = try observers(TestOrganisation.port)
        #expect(pins.count == 16 && pins.first == Self.pin("1") && pins.last == Self.pin("three"))
    }
}
