import ContractKit
import ContractTesting
import Marketplace
import Primitives
import Testing

/// The machine of an order as one table, and who may not touch it.
@Suite struct OrderMachineTests {
    /// How an order can stand, closed ones by what closed them.
    enum Place: CaseIterable, Sendable {
        case funded, delivered, received, opened, accepted
        case undelivered, unconfirmed, unopened, windowOver
    }

    static func market(at place: Place) throws -> Market {
        func late(_ state: OrderState) throws -> Market {
            var market = try Market.market(at: state)
            market.bed.time = try market.order(Market.id(Who.maker)).deadline
            return market
        }
        switch place {
        case .funded: return try Market.market(at: .funded)
        case .delivered: return try Market.market(at: .delivered)
        case .received: return try Market.market(at: .received)
        case .opened: return try Market.market(at: .opened)
        case .accepted:
            var market = try Market.market(at: .opened)
            try market.run(Market.acceptance(Market.id(Who.maker)), Who.maker)
            return market
        case .undelivered: return try late(.funded)
        case .unconfirmed: return try late(.delivered)
        case .unopened: return try late(.received)
        case .windowOver: return try late(.opened)
        }
    }

    /// deliver, confirm, open, accept, cancel; nil where the call takes effect.
    static let answers: [(Place, OrderState, OrderReason, [ErrorCode?])] = [
        (.funded, .funded, .open, [nil, .state, .state, .state, .policy]),
        (.delivered, .delivered, .open, [.state, nil, .state, .state, .policy]),
        (.received, .received, .open, [.state, .state, nil, .state, .policy]),
        (.opened, .opened, .open, [.state, .state, .state, nil, .state]),
        (.accepted, .settled, .accepted, [.state, .state, .state, .state, .state]),
        (.undelivered, .refunded, .delivery, [.deadline, .deadline, .deadline, .deadline, .deadline]),
        (.unconfirmed, .cancelled, .confirmation, [.deadline, .deadline, .deadline, .deadline, .deadline]),
        (.unopened, .refunded, .key, [.deadline, .deadline, .deadline, .deadline, .deadline]),
        (.windowOver, .settled, .window, [.deadline, .deadline, .deadline, .deadline, .deadline]),
    ]

    @Test("every method answers every state as the table says, also after the queue came first", arguments: answers)
    func answersByTable(place: Place, state: OrderState, reason: OrderReason, expected: [ErrorCode?]) throws {
        let fresh = try OrderMachineTests.market(at: place)
        var queued = fresh
        try queued.bed.applyDeadlines()
        let id = Market.id(Who.maker)
        for market in [fresh, queued] {
            #expect(try market.order(id).state == state)
            #expect(try market.order(id).reason == reason)
            #expect(answer(Market.delivery(id), Who.city, in: market) == expected[0])
            #expect(answer(Market.confirmation(id), Who.maker, in: market) == expected[1])
            #expect(answer(Market.opening(id), Who.city, in: market) == expected[2])
            #expect(answer(Market.acceptance(id), Who.maker, in: market) == expected[3])
            #expect(answer(Market.cancellation(id), Who.maker, in: market) == expected[4])
        }
    }

    private func answer<Method: ContractMethod>(
        _ method: Method,
        _ actor: TestActor,
        in market: Market
    ) -> ErrorCode? {
        var market = market
        let before = market.bed.state
        let code = market.refusal(method, actor)
        #expect((code == nil) == (market.bed.state != before))
        return code
    }

    @Test("the table covers every way that an order can stand")
    func tableIsComplete() {
        #expect(Set(OrderMachineTests.answers.map(\.0)) == Set(Place.allCases))
        #expect(Set(OrderMachineTests.answers.map(\.1)) == Set(OrderState.allCases))
    }

    @Test(
        "nobody but its seller delivers and opens, and nobody but its buyer confirms and accepts",
        arguments: Place.allCases
    )
    func foreigners(place: Place) throws {
        var market = try OrderMachineTests.market(at: place)
        let id = Market.id(Who.maker)
        let before = market.bed.state
        for actor in [Who.rival, Who.port, Who.maker, Who.nobody] {
            #expect(market.refusal(Market.delivery(id), actor) == .role)
            #expect(market.refusal(Market.opening(id), actor) == .role)
        }
        for actor in [Who.rival, Who.port, Who.city, Who.nobody] {
            #expect(market.refusal(Market.confirmation(id), actor) == .role)
            #expect(market.refusal(Market.acceptance(id), actor) == .role)
        }
        for actor in [Who.rival, Who.port, Who.nobody] {
            #expect(market.refusal(Market.cancellation(id), actor) == .role)
        }
        #expect(market.bed.state == before)
    }

    @Test("what does not exist is REFERENCE")
    func unknownIsReference() throws {
        var market = try Market()
        #expect(market.refusal(Market.delivery(.zero), Who.city) == .reference)
        #expect(market.refusal(Market.confirmation(.zero), Who.maker) == .reference)
        #expect(market.refusal(Market.opening(.zero), Who.city) == .reference)
        #expect(market.refusal(Market.acceptance(.zero), Who.maker) == .reference)
        #expect(market.refusal(Market.cancellation(.zero), Who.maker) == .reference)
        #expect(throws: ContractError.self) { try market.order(.zero) }
        #expect(throws: ContractError.self) { try market.lock(.zero, .bond) }
    }

    @Test("a buyer confirms the root that was delivered and no other")
    func confirmsTheRoot() throws {
        var market = try Market.market(at: .delivered)
        var method = Market.confirmation(Market.id(Who.maker))
        method.cipherRoot = .zero
        #expect(market.refusal(method, Who.maker) == .reference)
    }

    @Test("a sealed key has the one length that HPKE gives it", arguments: [0, 79, 81])
    func sealedKeyLength(count: Int) throws {
        var market = try Market.market(at: .received)
        var method = Market.opening(Market.id(Who.maker))
        method.sealedKey = [UInt8](repeating: 5, count: count)
        #expect(market.refusal(method, Who.city) == .schema)
    }
}

@Suite struct OrderDeadlineTests {
    typealias Place = OrderMachineTests.Place

    @Test(
        "an order's act is in time up to the last millisecond before its deadline",
        arguments: [OrderState.funded, .delivered, .received, .opened]
    )
    func edges(state: OrderState) throws {
        let market = try Market.market(at: state)
        let id = Market.id(Who.maker)
        let deadline = try market.order(id).deadline
        for (time, isInTime) in [(deadline - 1, true), (deadline, false), (deadline + 1, false)] {
            var late = market
            late.bed.time = time
            #expect(try late.order(id).state.isClosed == !isInTime)
            var queued = late
            try queued.bed.applyDeadlines()
            #expect(try queued.order(id) == late.order(id))
            let code =
                switch state {
                case .funded: late.refusal(Market.delivery(id), Who.city)
                case .delivered: late.refusal(Market.confirmation(id), Who.maker)
                case .received: late.refusal(Market.opening(id), Who.city)
                default: late.refusal(Market.acceptance(id), Who.maker)
                }
            #expect(code == (isInTime ? nil : .deadline))
        }
    }

    /// What buyer and seller hold and have locked of points afterwards; both began with 1000, the bond is 100.
    @Test(
        "money goes where the machine says, once, whichever way the deadline is applied",
        arguments: [
            (
                Place.undelivered, balance(held: 1_010), balance(held: 900, locked: 90), LockState.released,
                LockState.paid
            ),
            (.unopened, balance(held: 1_010), balance(held: 900, locked: 90), .released, .paid),
            (.unconfirmed, balance(held: 1_000), balance(held: 900, locked: 100), .released, .returned),
            (.windowOver, balance(held: 970), balance(held: 930, locked: 100), .paid, .returned),
        ]
    )
    func money(place: Place, buyer: Balance, seller: Balance, payment: LockState, deposit: LockState) throws {
        var market = try OrderMachineTests.market(at: place)
        let id = Market.id(Who.maker)
        // Asked before the queue came to it, the answer is already right.
        #expect(try market.lock(id, .payment).state == payment)
        for _ in 0..<3 {
            try market.bed.applyDeadlines()
            #expect(try market.balance(Who.maker) == buyer)
            #expect(try market.balance(Who.city) == seller)
            #expect(try market.lock(id, .payment).state == payment)
            #expect(try market.lock(id, .deposit).state == deposit)
            market.bed.advance(milliseconds: 10_000)
        }
        try checkInvariants(of: market)
    }

    @Test(
        "an order that a deadline closed says when, however late somebody looks",
        arguments: [OrderState.funded, .delivered, .received, .opened]
    )
    func closesAtItsDeadline(state: OrderState) throws {
        var market = try Market.market(at: state)
        let id = Market.id(Who.maker)
        let deadline = try market.order(id).deadline
        market.bed.time = deadline
        var punctual = market
        try punctual.bed.applyDeadlines()
        market.bed.advance(milliseconds: 77_777)
        #expect(try market.order(id).deadline == deadline)
        #expect(try market.order(id) == punctual.order(id))
        try market.bed.applyDeadlines()
        #expect(try market.order(id) == punctual.order(id))
    }

    @Test("every act takes the deadline before it off the queue, so that an order is in it once, and closed never")
    func oneEntryInTheQueue() throws {
        for (place, count) in [(Place.funded, 1), (.delivered, 1), (.received, 1), (.opened, 1), (.accepted, 0)] {
            var market = try OrderMachineTests.market(at: place)
            market.bed.advance(milliseconds: 1_000_000)
            #expect(try market.bed.applyDeadlines() == count)
        }
    }

    @Test("many orders that are due together are applied a bounded number at a time, and all in the end")
    func boundedQueue() throws {
        var market = try Market()
        try market.run(Market.publication(terms { $0.plans[0].price = 1 }, bond: 200), Who.city)
        for number in UInt8(1)...20 { try market.run(Market.order(from: Who.city, number), Who.maker) }
        market.bed.advance(milliseconds: 1_000)
        var rounds = 0
        while try market.bed.applyDeadlines(limit: 6) > 0 {
            rounds += 1
            try checkInvariants(of: market)
        }
        #expect(rounds == 4)
        #expect(try market.balance(Who.maker) == balance(held: 1_200))
    }
}
