import ContractKit
import ContractTesting
import Marketplace
import Primitives
import Testing

/// ISSUED → LOCKED → REDEEMED, or EXPIRED at the end. The traders start with 1000 coupons that never end.
@Suite struct CouponTests {
    static func coupons(_ amount: UInt64, until end: UInt64?, to actor: TestActor = Who.maker) -> IssueValue {
        var method = Market.issuance(amount, .coupon, to: actor)
        method.until = end
        return method
    }

    static func expired(_ market: Market) throws -> UInt64 {
        var settled = market
        try settled.bed.applyDeadlines()
        return try settled.supply(.coupon).expired
    }

    @Test("coupons are worth something up to the last millisecond before their end, and nothing at it")
    func ends() throws {
        var market = try Market()
        let end = market.bed.time + 500
        try market.run(Self.coupons(40, until: end), Who.issuer)
        #expect(try market.balance(Who.maker, .coupon).ending == 40)
        for (time, held) in [(end - 1, UInt64(1_040)), (end, 1_000), (end + 1, 1_000)] {
            var later = market
            later.bed.time = time
            #expect(try later.balance(Who.maker, .coupon).held == held)
            let asked = try later.balance(Who.maker, .coupon)
            try later.bed.applyDeadlines()
            #expect(try later.balance(Who.maker, .coupon) == asked)
            #expect(try later.supply(.coupon).expired == 1_040 - held)
            try checkInvariants(of: later)
            #expect(later.refusal(Market.burning(held + 1, .coupon), Who.maker) == .funds)
            #expect(later.refusal(Market.burning(held, .coupon), Who.maker) == nil)
        }
    }

    @Test("a call that comes before the queue leaves the same rows as one that comes after it")
    func bothWaysAgree() throws {
        var market = try Market()
        let end = market.bed.time + 500
        try market.run(Self.coupons(40, until: end), Who.issuer)
        market.bed.time = end
        var queued = market
        try queued.bed.applyDeadlines()
        try queued.run(Market.burning(7, .coupon), Who.maker)
        try market.run(Market.burning(7, .coupon), Who.maker)
        #expect(market.bed.state == queued.bed.state)
    }

    @Test("what ends first is spent first, and keeps its end in other hands")
    func earliestFirst() throws {
        var market = try Market()
        let start = market.bed.time
        try market.run(Self.coupons(30, until: start + 300), Who.issuer)
        try market.run(Self.coupons(20, until: start + 200), Who.issuer)
        try market.run(Market.transfer(35, .coupon, to: Who.port), Who.maker)
        #expect(try market.balance(Who.maker, .coupon).ending == 15)
        #expect(try market.balance(Who.port, .coupon).ending == 35)
        market.bed.time = start + 200
        #expect(try market.balance(Who.port, .coupon).ending == 15)
        #expect(try market.balance(Who.maker, .coupon).ending == 15)
        market.bed.time = start + 300
        #expect(try market.balance(Who.port, .coupon).held == 1_000)
        #expect(try Self.expired(market) == 50)
    }

    /// An order of 50 coupons, 40 of which end while they are locked.
    private func locked() throws -> (Market, UInt64) {
        var market = try Market()
        let end = market.bed.time + 1_500
        try market.run(Self.coupons(40, until: end), Who.issuer)
        let inCoupons = terms { $0.plans = [Plan(unit: .coupon, price: 50, model: .once)] }
        try market.run(Market.publication(inCoupons), Who.city)
        try market.run(Market.order(from: Who.city) { $0.maxPrice = 50 }, Who.maker)
        #expect(try market.lock(Market.id(Who.maker), .payment).lots == [CouponLot(until: end, amount: 40)])
        return (market, end)
    }

    @Test("coupons that are locked do not end; paid, they are redeemed and end no more")
    func redeemed() throws {
        var (market, end) = try locked()
        let id = Market.id(Who.maker)
        try market.run(Market.delivery(id), Who.city)
        market.bed.time = end + 100
        try market.bed.applyDeadlines()
        #expect(try market.supply(.coupon).expired == 0)
        try market.run(Market.confirmation(id), Who.maker)
        try market.run(Market.opening(id), Who.city)
        try market.run(Market.acceptance(id), Who.maker)
        #expect(try market.balance(Who.city, .coupon).held == 1_050)
        #expect(try market.balance(Who.city, .coupon).ending == 0)
        try checkInvariants(of: market)
    }

    @Test("coupons that come back after their end are over, whichever way the refund came", arguments: [true, false])
    func releasedTooLate(byQueue: Bool) throws {
        var (market, end) = try locked()
        let id = Market.id(Who.maker)
        try market.run(Market.delivery(id), Who.city)
        // The buyer's confirmation is missing at 2000, after the coupons' end at 1500.
        market.bed.time = end + 501
        if byQueue { try market.bed.applyDeadlines() }
        #expect(try market.order(id).state == .cancelled)
        if !byQueue { #expect(market.refusal(Market.cancellation(id), Who.maker) == .deadline) }
        try market.bed.applyDeadlines()
        #expect(try market.balance(Who.maker, .coupon).held == 990 + 10)
        #expect(try market.supply(.coupon).expired == 40)
        try checkInvariants(of: market)
    }

    @Test("coupons that come back before their end go on to it")
    func releasedInTime() throws {
        var (market, end) = try locked()
        market.bed.time = end - 500
        try market.bed.applyDeadlines()
        #expect(try market.order(Market.id(Who.maker)).state == .refunded)
        #expect(try market.balance(Who.maker, .coupon).ending == 40)
        market.bed.time = end
        #expect(try market.balance(Who.maker, .coupon).ending == 0)
        #expect(try Self.expired(market) == 40)
    }

    @Test("one call takes from a bounded number of lots")
    func boundedLots() throws {
        var market = try Market()
        for number in UInt64(1)...17 {
            try market.run(Self.coupons(1, until: market.bed.time + number), Who.issuer)
        }
        #expect(market.refusal(Market.transfer(17, .coupon, to: Who.port), Who.maker) == .limit)
        try market.run(Market.transfer(16, .coupon, to: Who.port), Who.maker)
        try market.run(Market.transfer(17, .coupon, to: Who.port), Who.maker)
        #expect(try market.balance(Who.maker, .coupon) == balance(held: 984))
    }

    @Test("only coupons end, not in the past, and none is a stake")
    func refuses() throws {
        var market = try Market()
        let before = market.bed.state
        var points = Market.issuance(1, .point, to: Who.maker)
        points.until = market.bed.time + 1
        #expect(market.refusal(points, Who.issuer) == .policy)
        #expect(market.refusal(Self.coupons(1, until: market.bed.time), Who.issuer) == .deadline)
        #expect(market.refusal(Self.coupons(1, until: market.bed.time + 1), Who.maker) == .role)
        #expect(market.refusal(Market.publication(terms { $0.depositUnit = .coupon }), Who.city) == .policy)
        #expect(market.bed.state == before)
    }
}
