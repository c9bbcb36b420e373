import Consent
import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Marketplace
import Primitives
import TFC
import Testing
import TrustStore

/// Traders on both sides of the border (M-Sec UC5). The city is a Japanese public body, the maker a Japanese company,
/// the port a company in the European Union.
enum Who {
    static let city = TestActor("city", of: TestOrganisation.city, .seller, .buyer, .operator, .device, .organisation)
    static let maker = TestActor("maker", of: TestOrganisation.maker, .seller, .buyer, .founder, .applicant)
    static let port = TestActor("port", of: TestOrganisation.port, .seller, .buyer, .device, .organisation)
    static let issuer = TestActor("issuer", of: TestOrganisation.maker, .valueIssuer)
    /// Of the port's organisation, with no role.
    static let nobody = TestActor("nobody", of: TestOrganisation.port)
    /// Another seller and another buyer of organisations that trade.
    static let rival = TestActor("rival", of: TestOrganisation.city, .seller, .buyer)
    /// A resident of the European Union and one of Japan, under pseudonyms.
    static let anna = TestActor("anna", of: TestOrganisation.port, .subject)
    static let hanako = TestActor("hanako", of: TestOrganisation.city, .subject)

    static let all = [city, maker, port, issuer, nobody, rival, anna, hanako]
    static let traders = [city, maker, port, rival]
}

let purpose = Identifier.constant("traffic-planning")

/// Park sensors of the city (M-Sec UC1), and changes of them.
func terms(_ change: (inout ListingTerms) -> Void = { _ in }) -> ListingTerms {
    var terms = ListingTerms()
    terms.catalogue = TestOrganisation.digest("catalogue")
    terms.dataClass = .park
    terms.schema = TestOrganisation.digest("schema")
    terms.area = .constant("fujisawa")
    terms.contentRoot = TestOrganisation.digest("content")
    terms.plans = [
        Plan(unit: .point, price: 30, model: .once),
        Plan(unit: .currency, price: 7, model: .record),
    ]
    terms.policy = TestOrganisation.digest("policy")
    terms.deposit = 10
    terms.windows.delivery = 1_000
    terms.windows.confirmation = 2_000
    terms.windows.key = 3_000
    terms.windows.dispute = 4_000
    change(&terms)
    return terms
}

/// The same of a person's data: what a subject sold through a seller.
func personal(
    of subject: TestActor,
    _ origin: Jurisdiction,
    _ change: (inout ListingTerms) -> Void = { _ in }
) -> ListingTerms {
    terms {
        $0.dataClass = .smartphoneSensor
        $0.personal = .pseudonymous
        $0.basis = .consent
        $0.subject = subject.account
        $0.origin = origin
        change(&$0)
    }
}

/// A chain where everybody has some of each unit.
struct Market {
    static let endowment: UInt64 = 1_000

    var bed: Testbed

    init() throws {
        bed = Testbed(actors: Who.all)
        for unit in ValueUnit.allCases {
            for actor in Who.traders { try issue(Market.endowment, unit, to: actor) }
        }
    }

    mutating func run<Method: ContractMethod>(_ method: Method, _ actor: TestActor) throws(ContractError) {
        try bed.run(method, of: Marketplace.self, by: actor)
    }

    mutating func refusal<Method: ContractMethod>(_ method: Method, _ actor: TestActor) -> ErrorCode? {
        bed.refusal(of: method, of: Marketplace.self, by: actor)
    }

    func ask<Query: ContractQuery>(_ query: Query) throws(ContractError) -> Query.Answer {
        try bed.ask(query, of: Marketplace.self)
    }
}

// MARK: Value

extension Market {
    static func issuance(_ amount: UInt64, _ unit: ValueUnit, to actor: TestActor) -> IssueValue {
        var method = IssueValue()
        method.unit = unit
        method.to = actor.account
        method.amount = amount
        return method
    }

    static func transfer(_ amount: UInt64, _ unit: ValueUnit, to actor: TestActor) -> TransferValue {
        var method = TransferValue()
        method.unit = unit
        method.to = actor.account
        method.amount = amount
        return method
    }

    static func burning(_ amount: UInt64, _ unit: ValueUnit) -> BurnValue {
        var method = BurnValue()
        method.unit = unit
        method.amount = amount
        return method
    }

    mutating func issue(_ amount: UInt64, _ unit: ValueUnit, to actor: TestActor) throws {
        try run(Market.issuance(amount, unit, to: actor), Who.issuer)
    }

    func balance(_ actor: TestActor, _ unit: ValueUnit = .point) throws -> Balance {
        var query = BalanceQuery()
        query.account = actor.account
        query.unit = unit
        return try ask(query)
    }

    func supply(_ unit: ValueUnit) throws -> Supply {
        var query = SupplyQuery()
        query.unit = unit
        return try ask(query)
    }

    func lock(_ id: Digest, _ kind: LockKind) throws -> Lock {
        var query = LockQuery()
        query.of = id
        query.kind = kind
        return try ask(query)
    }
}

// MARK: Listings and orders

extension Market {
    static func listing(_ seller: TestActor, _ name: String = "park") -> Digest {
        SHA256Function.digest(of: Marketplace.listingPreimage(seller: seller.account, name: .constant(name)))
    }

    static func publication(_ terms: ListingTerms, bond: UInt64 = 100, name: String = "park") -> PublishListing {
        var method = PublishListing()
        method.name = .constant(name)
        method.terms = terms
        method.bond = bond
        return method
    }

    static func withdrawal(_ seller: TestActor) -> WithdrawListing {
        var method = WithdrawListing()
        method.listing = listing(seller)
        return method
    }

    static func reference(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 16) }

    static func id(_ buyer: TestActor, _ number: UInt8 = 1) -> Digest {
        SHA256Function.digest(of: Marketplace.orderPreimage(buyer: buyer.account, reference: reference(number)))
    }

    /// An order of the first plan from the seller's park listing.
    static func order(
        from seller: TestActor,
        _ number: UInt8 = 1,
        _ change: (inout PlaceOrder) -> Void = { _ in }
    ) -> PlaceOrder {
        var method = PlaceOrder()
        method.reference = reference(number)
        method.listing = listing(seller)
        method.maxPrice = 30
        method.purpose = purpose
        method.buyerKey = [UInt8](repeating: 9, count: 32)
        change(&method)
        return method
    }

    static func delivery(_ order: Digest) -> Deliver {
        var method = Deliver()
        method.order = order
        method.cipherRoot = TestOrganisation.digest("cipher")
        method.keyCommitment = SHA256Function.digest(
            of: Marketplace.keyPreimage(order: order, key: [UInt8](repeating: 1, count: 32))
        )
        method.location = TestOrganisation.digest("location")
        return method
    }

    static func confirmation(_ order: Digest) -> Confirm {
        var method = Confirm()
        method.order = order
        method.cipherRoot = TestOrganisation.digest("cipher")
        return method
    }

    static func opening(_ order: Digest) -> Open {
        var method = Open()
        method.order = order
        method.sealedKey = [UInt8](repeating: 5, count: 80)
        return method
    }

    static func acceptance(_ order: Digest) -> Accept {
        var method = Accept()
        method.order = order
        return method
    }

    static func cancellation(_ order: Digest) -> CancelOrder {
        var method = CancelOrder()
        method.order = order
        return method
    }

    func order(_ id: Digest) throws -> Order {
        var query = OrderQuery()
        query.order = id
        return try ask(query)
    }

    /// The city's park listing, ordered by the maker, in a state on its way.
    static func market(at state: OrderState, _ terms: ListingTerms = terms()) throws -> Market {
        var market = try Market()
        try market.run(publication(terms), Who.city)
        try market.run(order(from: Who.city), Who.maker)
        let id = id(Who.maker)
        if state == .funded { return market }
        try market.run(delivery(id), Who.city)
        if state == .delivered { return market }
        try market.run(confirmation(id), Who.maker)
        if state == .received { return market }
        try market.run(opening(id), Who.city)
        return market
    }
}

// MARK: Other contracts

extension Market {
    /// The subject allows the use that an order of this buyer needs.
    mutating func grant(
        _ subject: TestActor,
        to country: Jurisdiction,
        _ recipient: Sector = .privateOperator,
        _ change: (inout ConsentTerms) -> Void = { _ in }
    ) throws -> Digest {
        var method = GrantConsent()
        method.consent = TestOrganisation.digest("consent \(subject.name) \(bed.height.number) \(bed.state.count)")
        method.terms.purpose = purpose
        method.terms.dataClasses = DataClasses(.smartphoneSensor, .homeCare, .profile)
        method.terms.recipient = recipient
        method.terms.country = country
        method.terms.until = bed.time + 1_000_000
        change(&method.terms)
        try bed.run(method, of: Consent.self, by: subject)
        return method.consent
    }

    mutating func withdraw(_ consent: Digest, _ subject: TestActor) throws {
        var method = WithdrawConsent()
        method.consent = consent
        try bed.run(method, of: Consent.self, by: subject)
    }

    /// Evidence of a step about the content.
    mutating func evidence(_ step: Identifier, content: Digest, by author: TestActor) throws -> Digest {
        var body = EvidenceBody()
        body.process = .constant("photo")
        body.step = step
        body.subject = TestOrganisation.digest("subject")
        body.content = content
        body.observedAt = bed.time
        body.mediaType = .constant("jpeg")
        try bed.run(AppendEvidence(body), of: TrustStore.self, by: author)
        return try #require(try bed.events(EvidenceAppended.self).first).evidence
    }

    /// A field whose only member is the maker.
    mutating func field() throws -> Digest {
        var method = CreateField()
        method.name = .constant("care")
        method.policy.required = [.constant("training")]
        method.founders = [Founder(organisation: Who.maker.organisation, weight: 1, verifies: true)]
        try bed.run(method, of: TFC.self, by: Who.maker)
        return try #require(try bed.events(FieldActive.self).first).field
    }
}
