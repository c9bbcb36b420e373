internal import ContractKit
internal import Primitives

/// How an order moves on, by an act or because a deadline passed. Money leaves its locks in `close` and nowhere else.
extension Marketplace {
    /// The order with its due transition applied, whether or not the queue has come to it. One is enough: every
    /// deadline closes the order.
    static func settledOrder(_ id: Digest, _ context: inout ContractContext) throws(ContractError) -> Order {
        var order = try orders.existing(id, "order", &context)
        guard !order.state.isClosed, context.time >= order.deadline else { return order }
        switch order.state {
        case .funded: try close(id, &order, as: .refunded, because: .delivery, at: order.deadline, &context)
        case .delivered: try close(id, &order, as: .cancelled, because: .confirmation, at: order.deadline, &context)
        case .received: try close(id, &order, as: .refunded, because: .key, at: order.deadline, &context)
        case .opened: try close(id, &order, as: .settled, because: .window, at: order.deadline, &context)
        case .settled, .refunded, .cancelled: break
        }
        try orders.put(id, order, &context)
        return order
    }

    static func sellersOrder(_ id: Digest, _ context: inout ContractContext) throws(ContractError) -> Order {
        try context.require(.seller)
        let order = try settledOrder(id, &context)
        guard order.seller == context.caller.account else { throw ContractError(.role, "another seller's order") }
        return order
    }

    static func buyersOrder(_ id: Digest, _ context: inout ContractContext) throws(ContractError) -> Order {
        try context.require(.buyer)
        let order = try settledOrder(id, &context)
        guard order.buyer == context.caller.account else { throw ContractError(.role, "another buyer's order") }
        return order
    }

    /// Goes one state further; the other side gets the window that the terms give it.
    static func advance(
        _ id: Digest,
        _ order: inout Order,
        to state: OrderState,
        _ window: (OrderWindows) -> UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let terms = try terms.existing(Pair(order.listing, order.version), "version", &context)
        let deadline = try context.time.adding(window(terms.windows))
        try enter(state, until: deadline, id, &order, &context)
        try orders.put(id, order, &context)
    }

    /// Sets state and deadline; the queue forgets the one before.
    static func enter(
        _ state: OrderState,
        until deadline: UInt64,
        _ id: Digest,
        _ order: inout Order,
        _ context: inout ContractContext
    ) throws(ContractError) {
        if order.deadline != 0 { try context.cancel(at: order.deadline, kind: orderDeadline, key: id) }
        order.state = state
        order.deadline = deadline
        if !state.isClosed { try context.schedule(at: deadline, kind: orderDeadline, key: id) }
    }

    /// Ends the order and gives both locks their one exit. A deposit that is slashed goes to the buyer, who waited
    /// for nothing *(ours)*.
    static func close(
        _ id: Digest,
        _ order: inout Order,
        as state: OrderState,
        because reason: OrderReason,
        at time: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try enter(state, until: time, id, &order, &context)
        order.reason = reason
        let (payment, deposit) = (Treasury.payment(of: id), Treasury.deposit(of: id))
        switch state {
        case .settled:
            try Treasury.pay(payment, to: order.seller, &context)
            try Treasury.giveBack(deposit, to: Treasury.bond(of: order.listing), &context)
        case .refunded:
            try Treasury.release(payment, &context)
            try Treasury.pay(deposit, to: order.buyer, &context)
        default:
            try Treasury.release(payment, &context)
            try Treasury.giveBack(deposit, to: Treasury.bond(of: order.listing), &context)
        }
        try context.emit(OrderClosed(id, order))
    }
}
