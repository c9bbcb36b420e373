import Consent
import ContractKit
import ContractTesting
import Marketplace
import Primitives
import Testing

@Suite struct SaleTests {
    @Test("an accepted sale pays the seller the price and gives the deposit back into the bond")
    func settles() throws {
        var market = try Market.market(at: .opened)
        let id = Market.id(Who.maker)
        #expect(try market.balance(Who.maker).held == 970 && market.balance(Who.maker).locked == 30)
        #expect(try market.lock(Market.listing(Who.city), .bond).amount == 90)
        try market.run(Market.acceptance(id), Who.maker)
        let order = try market.order(id)
        #expect(order.state == .settled && order.reason == .accepted && order.amount == 30)
        #expect(try market.balance(Who.maker) == balance(held: 970))
        #expect(try market.balance(Who.city) == balance(held: 930, locked: 100))
        #expect(try market.lock(id, .payment).state == .paid)
        #expect(try market.lock(id, .deposit).state == .returned)
        #expect(try market.bed.events(OrderClosed.self).map(\.state) == [.settled])
    }

    @Test("an order keeps what was delivered: root, commitment, location, and the key sealed to the buyer")
    func keepsWhatWasDelivered() throws {
        let market = try Market.market(at: .opened)
        let order = try market.order(Market.id(Who.maker))
        let delivery = Market.delivery(Market.id(Who.maker))
        #expect(order.cipherRoot == delivery.cipherRoot && order.keyCommitment == delivery.keyCommitment)
        #expect(order.location == delivery.location && order.sealedKey?.count == 80)
        #expect(order.buyerKey == [UInt8](repeating: 9, count: 32))
        #expect(try market.bed.events(OrderOpened.self).first?.sealedKey == order.sealedKey)
    }

    @Test("a plan by the record multiplies its price, in its own unit")
    func multiplies() throws {
        var market = try Market()
        try market.run(Market.publication(terms()), Who.city)
        let method = Market.order(from: Who.city) {
            $0.plan = 1
            $0.quantity = 20
            $0.maxPrice = 140
        }
        try market.run(method, Who.maker)
        #expect(try market.order(Market.id(Who.maker)).amount == 140)
        #expect(try market.balance(Who.maker, .currency) == balance(held: 860, locked: 140))
        #expect(try market.balance(Who.maker, .point) == balance(held: 1_000))
    }

    @Test("an order binds the version it was placed on: a later version changes neither windows nor deposit")
    func bindsVersion() throws {
        var market = try Market.market(at: .funded)
        try market.run(
            Market.publication(
                terms {
                    $0.windows.confirmation = 77
                    $0.deposit = 50
                },
                bond: 5
            ),
            Who.city
        )
        #expect(market.refusal(Market.order(from: Who.city, 2), Who.maker) == .state)
        try market.run(Market.order(from: Who.city, 2) { $0.version = 2 }, Who.maker)
        let (first, second) = (Market.id(Who.maker), Market.id(Who.maker, 2))
        for id in [first, second] { try market.run(Market.delivery(id), Who.city) }
        #expect(try market.order(first).deadline == market.bed.time + 2_000)
        #expect(try market.order(second).deadline == market.bed.time + 77)
        #expect(try market.lock(first, .deposit).amount == 10)
        #expect(try market.lock(second, .deposit).amount == 50)
    }

    @Test("withdrawing a listing gives the rest of the bond back, and open orders go on to their own end")
    func withdrawsWithOpenOrder() throws {
        var market = try Market.market(at: .opened)
        try market.run(Market.withdrawal(Who.city), Who.city)
        #expect(try market.balance(Who.city) == balance(held: 990, locked: 10))
        try market.run(Market.acceptance(Market.id(Who.maker)), Who.maker)
        #expect(try market.balance(Who.city) == balance(held: 1_030))
        #expect(try market.lock(Market.id(Who.maker), .deposit).state == .released)
        #expect(market.refusal(Market.withdrawal(Who.city), Who.city) == .state)
        #expect(market.refusal(Market.publication(terms()), Who.city) == .state)
    }

    @Test("the catalogue holds what can be ordered, by class and in pages, and nothing that was withdrawn")
    func catalogue() throws {
        var market = try Market()
        for name in ["park", "beach", "plaza"] {
            try market.run(Market.publication(terms(), name: name), Who.city)
        }
        try market.run(Market.publication(terms { $0.dataClass = .climate }, name: "weather"), Who.city)
        var query = CatalogueQuery()
        query.dataClass = .park
        query.limit = 2
        let first = try market.ask(query)
        query.after = first.next
        let second = try market.ask(query)
        #expect(first.listings.count == 2 && second.listings.count == 1 && second.next == nil)
        let found = (first.listings + second.listings).map(\.id)
        #expect(found == ["park", "beach", "plaza"].map { Market.listing(Who.city, $0) }.sorted())
        try market.run(Market.withdrawal(Who.city), Who.city)
        // A version of another class moves the listing.
        try market.run(Market.publication(terms { $0.dataClass = .climate }, name: "beach"), Who.city)
        query.after = nil
        #expect(try market.ask(query).listings.map(\.id) == [Market.listing(Who.city, "plaza")])
        query.dataClass = .climate
        #expect(try market.ask(query).listings.count == 2)
    }

    @Test("an account's orders are listed for buyer and seller, each as it stands when asked")
    func ordersOfAnAccount() throws {
        var market = try Market.market(at: .funded)
        try market.run(Market.order(from: Who.city, 2), Who.port)
        market.bed.time += 1_000
        for (actor, count) in [(Who.city, 2), (Who.maker, 1), (Who.port, 1), (Who.rival, 0)] {
            var query = OrdersQuery()
            query.account = actor.account
            let orders = try market.ask(query).orders
            #expect(orders.count == count)
            #expect(orders.allSatisfy { $0.order.state == .refunded })
        }
        var query = OrdersQuery()
        query.account = Who.city.account
        query.limit = 1
        let first = try market.ask(query)
        query.after = first.next
        let second = try market.ask(query)
        #expect(first.orders.count == 1 && second.orders.count == 1 && second.next == nil)
        #expect(first.orders[0].id != second.orders[0].id)
    }
}

func balance(held: UInt64, locked: UInt64 = 0) -> Balance {
    var balance = Balance()
    balance.held = held
    balance.locked = locked
    return balance
}
