import Consent
import ContractKit
import ContractTesting
import Governance
import Marketplace
import Primitives
import Testing

/// What each call is refused for. `Market.market` and the builders in Support are right in every respect, so each line
/// spoils one thing.
@Suite struct RefusalTests {
    @Test(
        "a listing is refused for each of its reasons and changes nothing",
        arguments: [
            ("without the role", ErrorCode.role, Who.nobody, Market.publication(terms())),
            ("a bond beyond the seller's means", .funds, Who.city, Market.publication(terms(), bond: 1_001)),
            ("evidence that is not there", .reference, Who.city, changed { $0.evidence = [.zero] }),
            ("a field that is not there", .reference, Who.city, changed { $0.audience = .zero }),
            ("a photo without evidence", .policy, Who.city, changed { $0.kind = .photo }),
            ("a stream without evidence", .policy, Who.city, changed { $0.kind = .stream }),
            ("a period that ends before it begins", .schema, Who.city, changed { ($0.from, $0.until) = (2, 2) }),
            ("no plan", .schema, Who.city, changed { $0.plans = [] }),
            ("nine plans", .schema, Who.city, changed { $0.plans = Array(repeating: $0.plans[0], count: 9) }),
            ("a plan for nothing", .schema, Who.city, changed { $0.plans[0].price = 0 }),
            ("no deposit", .schema, Who.city, changed { $0.deposit = 0 }),
            ("a window without time", .schema, Who.city, changed { $0.windows.key = 0 }),
            ("a basis without personal data", .policy, Who.city, changed { $0.basis = .consent }),
            ("a subject without personal data", .policy, Who.city, changed { $0.subject = Who.hanako.account }),
            ("personal data without a basis", .policy, Who.city, changed { $0.personal = .pseudonymous }),
            ("personal data without a subject", .policy, Who.city, sensitive { $0.subject = nil }),
            ("a subject that is not there", .reference, Who.city, sensitive { $0.subject = AccountID(.zero) }),
            ("people by name for everybody", .policy, Who.city, sensitive { $0.personal = .personal }),
            ("health data as nobody's", .policy, Who.city, changed { $0.dataClass = .homeCare }),
            ("health data for everybody", .policy, Who.city, sensitive { $0.dataClass = .homeCare }),
        ]
    )
    func listing(what: String, code: ErrorCode, actor: TestActor, method: PublishListing) throws {
        var market = try Market()
        let before = market.bed.state
        #expect(market.refusal(method, actor) == code)
        #expect(market.bed.state == before)
    }

    private static func changed(_ change: (inout ListingTerms) -> Void) -> PublishListing {
        Market.publication(terms(change))
    }

    private static func sensitive(_ change: (inout ListingTerms) -> Void) -> PublishListing {
        Market.publication(personal(of: Who.hanako, .japan, change))
    }

    @Test(
        "an order is refused for each of its reasons and changes nothing",
        arguments: [
            ("without the role", ErrorCode.role, Who.nobody, Market.order(from: Who.city)),
            ("a listing that is not there", .reference, Who.maker, Market.order(from: Who.port)),
            ("a version that is not the current", .state, Who.maker, changed { $0.version = 2 }),
            ("a plan that is not there", .reference, Who.maker, changed { $0.plan = 2 }),
            ("the whole, twice", .policy, Who.maker, changed { ($0.quantity, $0.maxPrice) = (2, 60) }),
            ("a price above the bound", .funds, Who.maker, changed { $0.maxPrice = 29 }),
            ("more than there is", .funds, Who.maker, bulk(quantity: 143)),
            ("more than there can be", .limit, Who.maker, bulk(quantity: .max)),
            ("just more than a number holds", .limit, Who.maker, bulk(quantity: .max / 7 + 1)),
            ("from the own organisation", .policy, Who.rival, Market.order(from: Who.city)),
            ("with a consent where none is needed", .policy, Who.maker, changed { $0.consent = .zero }),
            ("nothing", .schema, Who.maker, changed { $0.quantity = 0 }),
            ("with a short key", .schema, Who.maker, changed { $0.buyerKey.removeLast() }),
            ("with a short reference", .schema, Who.maker, changed { $0.reference.removeLast() }),
        ]
    )
    func order(what: String, code: ErrorCode, actor: TestActor, method: PlaceOrder) throws {
        var market = try Market()
        try market.run(Market.publication(terms()), Who.city)
        let before = market.bed.state
        #expect(market.refusal(method, actor) == code)
        #expect(market.bed.state == before)
    }

    private static func changed(_ change: (inout PlaceOrder) -> Void) -> PlaceOrder {
        Market.order(from: Who.city, 1, change)
    }

    private static func bulk(quantity: UInt64) -> PlaceOrder {
        changed {
            $0.plan = 1
            $0.quantity = quantity
            $0.maxPrice = .max
        }
    }

    @Test("an order against a listing that was withdrawn is STATE, the same reference again DUPLICATE")
    func orderAgain() throws {
        var market = try Market.market(at: .funded)
        #expect(market.refusal(Market.order(from: Who.city), Who.maker) == .duplicate)
        // The same reference of another buyer is another order.
        try market.run(Market.order(from: Who.city), Who.port)
        try market.run(Market.withdrawal(Who.city), Who.city)
        #expect(market.refusal(Market.order(from: Who.city, 2), Who.maker) == .state)
    }

    @Test("each order takes its own deposit, and the order after the last one that the bond carries is FUNDS")
    func bondRunsOut() throws {
        var market = try Market()
        try market.run(Market.publication(terms(), bond: 25), Who.city)
        try market.run(Market.order(from: Who.city, 1), Who.maker)
        try market.run(Market.order(from: Who.city, 2), Who.maker)
        #expect(market.refusal(Market.order(from: Who.city, 3), Who.maker) == .funds)
        try market.run(Market.publication(terms(), bond: 5), Who.city)
        try market.run(Market.order(from: Who.city, 3) { $0.version = 2 }, Who.maker)
        #expect(market.refusal(Market.publication(terms { $0.depositUnit = .currency }), Who.city) == .policy)
    }

    @Test("a seller that is suspended sells nothing more")
    func suspendedSeller() throws {
        let registrar = TestActor("registrar", of: TestOrganisation.city, .registrar)
        var market = try Market()
        market.bed = Testbed(actors: Who.all + [registrar])
        for unit in ValueUnit.allCases {
            for actor in Who.traders { try market.issue(Market.endowment, unit, to: actor) }
        }
        try market.run(Market.publication(terms()), Who.city)
        var method = SuspendAccount()
        method.account = Who.city.account
        try market.bed.run(method, of: Governance.self, by: registrar)
        #expect(market.refusal(Market.order(from: Who.city), Who.maker) == .state)
    }

    @Test(
        "value is refused for each of its reasons and changes nothing",
        arguments: [
            (ErrorCode.role, Who.city, Market.issuance(1, .point, to: Who.city)),
            (.reference, Who.issuer, Market.issuance(1, .point, to: TestActor("stranger"))),
            (.schema, Who.issuer, Market.issuance(0, .point, to: Who.city)),
            (.limit, Who.issuer, Market.issuance(.max, .point, to: Who.city)),
        ]
    )
    func issuance(code: ErrorCode, actor: TestActor, method: IssueValue) throws {
        var market = try Market()
        let before = market.bed.state
        #expect(market.refusal(method, actor) == code)
        #expect(market.bed.state == before)
    }

    @Test("nobody moves or burns what it does not hold, to nobody, or without a role")
    func transfers() throws {
        var market = try Market()
        let before = market.bed.state
        #expect(market.refusal(Market.transfer(1_001, .point, to: Who.maker), Who.city) == .funds)
        #expect(market.refusal(Market.transfer(1, .point, to: TestActor("stranger")), Who.city) == .reference)
        #expect(market.refusal(Market.transfer(1, .point, to: Who.maker), Who.nobody) == .role)
        #expect(market.refusal(Market.transfer(0, .point, to: Who.maker), Who.city) == .schema)
        #expect(market.refusal(Market.burning(1_001, .coupon), Who.city) == .funds)
        #expect(market.refusal(Market.burning(1, .coupon), Who.nobody) == .role)
        #expect(market.bed.state == before)
        try market.run(Market.transfer(1_000, .point, to: Who.city), Who.city)
        #expect(try market.balance(Who.city).held == 1_000)
        try market.run(Market.transfer(400, .point, to: Who.maker), Who.city)
        try market.run(Market.burning(600, .point), Who.city)
        #expect(try market.balance(Who.city).held == 0)
        #expect(try market.balance(Who.maker).held == 1_400)
        #expect(try market.supply(.point).burned == 600)
    }

    @Test("only the seller withdraws its listing")
    func withdrawal() throws {
        var market = try Market()
        try market.run(Market.publication(terms()), Who.city)
        #expect(market.refusal(Market.withdrawal(Who.city), Who.rival) == .role)
        #expect(market.refusal(Market.withdrawal(Who.city), Who.nobody) == .role)
        #expect(market.refusal(Market.withdrawal(Who.port), Who.port) == .reference)
    }
}
