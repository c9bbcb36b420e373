import Consent
import ContractKit
import ContractTesting
import Marketplace
import Primitives
import Testing

/// Consent and the border.
@Suite struct PermissionTests {
    /// The seller offers a subject's data; the buyer orders it with a consent that fits.
    static func attempt(
        origin: Jurisdiction,
        seller: TestActor,
        subject: TestActor,
        buyer: TestActor,
        at time: UInt64? = nil
    ) throws -> ErrorCode? {
        var market = try Market()
        if let time { market.bed.time = time }
        try market.run(Market.publication(personal(of: subject, origin)), seller)
        let caller = try market.bed.caller(buyer)
        let consent = try market.grant(subject, to: caller.jurisdiction, caller.sector)
        return market.refusal(Market.order(from: seller) { $0.consent = consent }, buyer)
    }

    @Test("European data goes to a Japanese company under the adequacy decision, and to no Japanese public body")
    func adequacy() throws {
        let (port, anna) = (Who.port, Who.anna)
        #expect(try Self.attempt(origin: .europeanUnion, seller: port, subject: anna, buyer: Who.maker) == nil)
        #expect(try Self.attempt(origin: .europeanUnion, seller: port, subject: anna, buyer: Who.city) == .jurisdiction)
        // Where the seller is does not matter: origin stays with the data.
        #expect(
            try Self.attempt(origin: .europeanUnion, seller: Who.maker, subject: anna, buyer: Who.city) == .jurisdiction
        )
        let before: UInt64 = 1_548_201_599_999
        #expect(
            try Self.attempt(origin: .europeanUnion, seller: port, subject: anna, buyer: Who.maker, at: before)
                == .jurisdiction
        )
        #expect(
            try Self.attempt(origin: .europeanUnion, seller: port, subject: anna, buyer: Who.maker, at: before + 1)
                == nil
        )
    }

    @Test("Japanese data goes to the European Union under article 28 of the APPI, and within Japan to anybody")
    func appi() throws {
        let hanako = Who.hanako
        #expect(try Self.attempt(origin: .japan, seller: Who.city, subject: hanako, buyer: Who.port) == nil)
        #expect(try Self.attempt(origin: .japan, seller: Who.city, subject: hanako, buyer: Who.maker) == nil)
        #expect(try Self.attempt(origin: .japan, seller: Who.maker, subject: hanako, buyer: Who.city) == nil)
        let before: UInt64 = 1_648_738_799_999
        #expect(
            try Self.attempt(origin: .japan, seller: Who.city, subject: hanako, buyer: Who.port, at: before)
                == .jurisdiction
        )
    }

    @Test("data about nobody crosses the border freely")
    func impersonal() throws {
        var market = try Market()
        try market.run(Market.publication(terms { $0.origin = .europeanUnion }), Who.port)
        try market.run(Market.order(from: Who.port), Who.city)
    }

    @Test("the jurisdiction query gives the rule by its name, and says no where there is none")
    func query() throws {
        let market = try Market()
        var query = JurisdictionQuery()
        query.origin = .europeanUnion
        query.destination = .japan
        #expect(try market.ask(query).rule == .constant("adequacy-decision"))
        query.recipient = .publicBody
        #expect(try market.ask(query).isAllowed == false)
        #expect(try market.ask(query).rule == nil)
    }

    @Test(
        "an order of a person's data is CONSENT without a live consent of this subject for exactly this use",
        arguments: [
            { $0.purpose = .constant("advertising") },
            { $0.dataClasses = DataClasses(.profile) },
            { $0.country = .europeanUnion },
            { $0.recipient = .publicBody },
        ] as [@Sendable (inout ConsentTerms) -> Void]
    )
    func consentForAnotherUse(change: @Sendable (inout ConsentTerms) -> Void) throws {
        var market = try Market()
        try market.run(Market.publication(personal(of: Who.hanako, .japan)), Who.city)
        let consent = try market.grant(Who.hanako, to: .japan, .privateOperator, change)
        #expect(market.refusal(Market.order(from: Who.city) { $0.consent = consent }, Who.maker) == .consent)
    }

    @Test("a consent of somebody else, one that is withdrawn or over, and none at all are CONSENT")
    func consentOfAnother() throws {
        var market = try Market()
        try market.run(Market.publication(personal(of: Who.hanako, .japan)), Who.city)
        #expect(market.refusal(Market.order(from: Who.city), Who.maker) == .consent)
        #expect(market.refusal(Market.order(from: Who.city) { $0.consent = .zero }, Who.maker) == .consent)
        let others = try market.grant(Who.anna, to: .japan)
        #expect(market.refusal(Market.order(from: Who.city) { $0.consent = others }, Who.maker) == .consent)
        let withdrawn = try market.grant(Who.hanako, to: .japan)
        try market.withdraw(withdrawn, Who.hanako)
        #expect(market.refusal(Market.order(from: Who.city) { $0.consent = withdrawn }, Who.maker) == .consent)
        let short = try market.grant(Who.hanako, to: .japan) { $0.until = $0.until - 999_000 }
        market.bed.time += 1_000
        #expect(market.refusal(Market.order(from: Who.city) { $0.consent = short }, Who.maker) == .consent)
    }

    /// An order that is RECEIVED when its subject withdraws.
    private func received() throws -> (Market, Digest) {
        var market = try Market()
        try market.run(Market.publication(personal(of: Who.hanako, .japan)), Who.city)
        let consent = try market.grant(Who.hanako, to: .japan)
        try market.run(Market.order(from: Who.city) { $0.consent = consent }, Who.maker)
        let id = Market.id(Who.maker)
        try market.run(Market.delivery(id), Who.city)
        try market.run(Market.confirmation(id), Who.maker)
        #expect(market.refusal(Market.cancellation(id), Who.city) == .policy)
        try market.withdraw(consent, Who.hanako)
        return (market, id)
    }

    @Test(
        "after a withdrawal no key is given out, and either party cancels without loss",
        arguments: [Who.city, Who.maker]
    )
    func withdrawalBeforeTheKey(party: TestActor) throws {
        var (market, id) = try received()
        #expect(market.refusal(Market.opening(id), Who.city) == .consent)
        try market.run(Market.cancellation(id), party)
        #expect(try market.order(id).state == .cancelled)
        #expect(try market.order(id).reason == .consent)
        #expect(try market.balance(Who.maker) == balance(held: 1_000))
        #expect(try market.balance(Who.city) == balance(held: 900, locked: 100))
        #expect(market.refusal(Market.cancellation(id), party) == .state)
        #expect(market.refusal(Market.opening(id), Who.city) == .state)
    }

    @Test("once the key is out, a withdrawal does not undo the sale")
    func withdrawalAfterTheKey() throws {
        var market = try Market()
        try market.run(Market.publication(personal(of: Who.hanako, .japan)), Who.city)
        let consent = try market.grant(Who.hanako, to: .japan)
        try market.run(Market.order(from: Who.city) { $0.consent = consent }, Who.maker)
        let id = Market.id(Who.maker)
        try market.run(Market.delivery(id), Who.city)
        try market.run(Market.confirmation(id), Who.maker)
        try market.run(Market.opening(id), Who.city)
        try market.withdraw(consent, Who.hanako)
        #expect(market.refusal(Market.cancellation(id), Who.maker) == .state)
        try market.run(Market.acceptance(id), Who.maker)
    }

    @Test("health data is sold with consent to members of the listing's field only")
    func healthData() throws {
        var market = try Market()
        let field = try market.field()
        let care = personal(of: Who.hanako, .japan) {
            $0.dataClass = .homeCare
            $0.audience = field
        }
        try market.run(Market.publication(care), Who.city)
        let toMaker = try market.grant(Who.hanako, to: .japan)
        let toPort = try market.grant(Who.hanako, to: .europeanUnion)
        #expect(market.refusal(Market.order(from: Who.city) { $0.consent = toPort }, Who.port) == .policy)
        #expect(market.refusal(Market.order(from: Who.city), Who.maker) == .consent)
        try market.run(Market.order(from: Who.city) { $0.consent = toMaker }, Who.maker)
    }

    @Test("a photo is published with standing evidence that this content was anonymised, and a stream with its window")
    func evidence() throws {
        var market = try Market()
        let content = TestOrganisation.digest("content")
        let right = try market.evidence(Marketplace.anonymisationStep, content: content, by: Who.city)
        let other = try market.evidence(Marketplace.anonymisationStep, content: .zero, by: Who.city)
        let window = try market.evidence(Marketplace.windowStep, content: content, by: Who.city)
        func photo(_ evidence: Digest...) -> PublishListing {
            Market.publication(
                terms {
                    $0.kind = .photo
                    $0.evidence = evidence
                }
            )
        }
        #expect(market.refusal(photo(other), Who.city) == .policy)
        #expect(market.refusal(photo(window), Who.city) == .policy)
        try market.run(photo(other, right), Who.city)
        let stream = terms {
            $0.kind = .stream
            $0.evidence = [window]
        }
        try market.run(Market.publication(stream, name: "stream"), Who.city)
    }
}
