import ContractKit
import ContractTesting
import Marketplace
import Primitives
import SeededRandom
import Testing

/// issued = held + locked + burned + expired, per unit, as the rows are and after what is due was applied; and then both
/// sides agree with the sums over accounts.
func checkInvariants(of market: Market, _ location: SourceLocation = #_sourceLocation) throws {
    var settled = market
    try settled.bed.applyDeadlines()
    for unit in ValueUnit.allCases {
        let unsettled = try market.supply(unit)
        #expect(
            unsettled.issued == unsettled.held + unsettled.locked + unsettled.burned + unsettled.expired,
            sourceLocation: location
        )
        let supply = try settled.supply(unit)
        #expect(
            supply.issued == supply.held + supply.locked + supply.burned + supply.expired,
            sourceLocation: location
        )
        var (held, locked) = (UInt64(0), UInt64(0))
        for actor in Who.all {
            let balance = try settled.balance(actor, unit)
            held += balance.held
            locked += balance.locked
        }
        #expect(held == supply.held && locked == supply.locked, sourceLocation: location)
    }
}

@Suite struct ValueInvariantTests {
    /// A trader's random life: what it sells, what it ordered.
    struct Walk {
        var market: Market
        var generator: SplitMix64
        var orders: [(id: Digest, buyer: TestActor, seller: TestActor)] = []
        var accepted = 0
        var next: UInt8 = 0
        var closed: [Digest: OrderState] = [:]

        init(seed: UInt64) throws {
            market = try Market()
            generator = SplitMix64(seed: seed)
        }

        mutating func pick(_ range: ClosedRange<UInt64>) -> UInt64 { UInt64.random(in: range, using: &generator) }

        mutating func trader() -> TestActor { Who.traders[Int(pick(0...3))] }

        mutating func unit() -> ValueUnit { ValueUnit.allCases[Int(pick(0...2))] }

        /// Small, large, and far too large.
        mutating func amount() -> UInt64 {
            switch pick(0...9) {
            case 0: UInt64.max - pick(0...3)
            case 1: pick(500...2_000)
            default: pick(1...60)
            }
        }

        mutating func step() {
            let code: ErrorCode? =
                switch pick(0...13) {
                case 0: move()
                case 1: publish()
                case 2...4: order()
                case 5: market.refusal(Market.withdrawal(trader()), trader())
                default: act()
                }
            if code == nil { accepted += 1 }
        }

        private mutating func move() -> ErrorCode? {
            switch pick(0...3) {
            case 0: issue()
            case 1: market.refusal(Market.burning(amount(), unit()), trader())
            default: market.refusal(Market.transfer(amount(), unit(), to: trader()), trader())
            }
        }

        private mutating func issue() -> ErrorCode? {
            var method = Market.issuance(amount(), unit(), to: trader())
            if method.unit == .coupon { method.until = market.bed.time + pick(1...5_000) }
            return market.refusal(method, pick(0...3) > 0 ? Who.issuer : trader())
        }

        private mutating func publish() -> ErrorCode? {
            let terms = terms {
                $0.plans = (0..<2).map { _ in
                    Plan(unit: unit(), price: pick(0...9) == 0 ? amount() : pick(1...9), model: .record)
                }
                $0.deposit = pick(1...40)
                $0.depositUnit = pick(0...9) == 0 ? .currency : .point
            }
            return market.refusal(Market.publication(terms, bond: pick(0...120)), trader())
        }

        private mutating func order() -> ErrorCode? {
            let (buyer, seller) = (trader(), trader())
            next &+= 1
            let number = next
            var query = ListingQuery()
            query.listing = Market.listing(seller)
            let version = (try? market.ask(query))?.listing.version ?? 1
            let (plan, quantity) = (pick(0...1), pick(0...9) == 0 ? amount() : pick(1...6))
            let method = Market.order(from: seller, number) {
                $0.version = version
                $0.plan = plan
                $0.quantity = quantity
                $0.maxPrice = .max
            }
            let code = market.refusal(method, buyer)
            if code == nil { orders.append((Market.id(buyer, number), buyer, seller)) }
            return code
        }

        /// One of the recent orders, mostly by whose turn it is.
        private mutating func act() -> ErrorCode? {
            guard let order = orders.suffix(6).randomElement(using: &generator) else { return nil }
            let isRight = pick(0...5) > 0
            let (seller, buyer) = isRight ? (order.seller, order.buyer) : (trader(), trader())
            return switch pick(0...4) {
            case 0: market.refusal(Market.delivery(order.id), seller)
            case 1: market.refusal(Market.confirmation(order.id), buyer)
            case 2: market.refusal(Market.opening(order.id), seller)
            case 3: market.refusal(Market.acceptance(order.id), buyer)
            default: market.refusal(Market.cancellation(order.id), buyer)
            }
        }

        /// An order that closed stays as it closed, and both of its locks are out.
        mutating func checkOrders() throws {
            for order in orders.suffix(8) {
                let row = try market.order(order.id)
                if let before = closed[order.id] { #expect(row.state == before) }
                guard row.state.isClosed else {
                    #expect(try market.lock(order.id, .payment).state == .locked)
                    #expect(try market.lock(order.id, .deposit).state == .locked)
                    continue
                }
                closed[order.id] = row.state
                #expect(try market.lock(order.id, .payment).state == (row.state == .settled ? .paid : .released))
                #expect(try market.lock(order.id, .deposit).state != .locked)
            }
        }
    }

    @Test("no value appears or vanishes, after each of thousands of random operations", arguments: UInt64(1)...6)
    func valueIsConserved(seed: UInt64) throws {
        var walk = try Walk(seed: seed)
        for step in 0..<600 {
            walk.step()
            if step.isMultiple(of: 5) {
                walk.market.bed.advance(milliseconds: walk.pick(0...600))
                if walk.pick(0...2) > 0 { try walk.market.bed.applyDeadlines() }
            }
            try checkInvariants(of: walk.market)
            if step.isMultiple(of: 10) { try walk.checkOrders() }
        }
        #expect(walk.accepted > 50 && walk.orders.count > 10)
        // Every order comes to an end, and every lock but the bonds with it.
        walk.market.bed.advance(milliseconds: 100_000)
        try walk.market.bed.applyDeadlines()
        for order in walk.orders {
            #expect(try walk.market.order(order.id).state.isClosed)
            #expect(try walk.market.lock(order.id, .payment).state != .locked)
        }
        for seller in Who.traders where walk.market.refusal(Market.withdrawal(seller), seller) == nil {}
        for unit in ValueUnit.allCases { #expect(try walk.market.supply(unit).locked == 0) }
        try checkInvariants(of: walk.market)
    }
}
