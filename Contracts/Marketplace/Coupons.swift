internal import ContractKit
internal import Primitives

/// An amount on its way from one balance or lock to another. Points and currency have no lots.
struct Parcel {
    let amount: UInt64
    /// What of the amount ends, the earliest first.
    var lots: [CouponLot] = []
}

/// Balances and the coupons in them that end. The earliest to end is spent first.
extension Treasury {
    static func debit(
        _ amount: UInt64,
        _ unit: ValueUnit,
        from account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) -> Parcel {
        if unit == .coupon { try expire(of: account, &context) }
        let key = Pair(account, ChoiceKey(unit))
        var balance = try Marketplace.balances.get(key, &context) ?? Balance()
        guard balance.held >= amount else { throw ContractError(.funds, "not enough " + unit.name) }
        var parcel = Parcel(amount: amount)
        if balance.ending > 0 { try take(min(amount, balance.ending), from: account, into: &parcel, &context) }
        let ending = parcel.lots.reduce(0) { $0 &+ $1.amount }
        balance.held = try balance.held.subtracting(amount)
        balance.ending = try balance.ending.subtracting(ending)
        try Marketplace.balances.put(key, balance, &context)
        return parcel
    }

    /// Takes coupons out of an account's lots. LIMIT, if more lots would be needed than one call may touch.
    private static func take(
        _ amount: UInt64,
        from account: AccountID,
        into parcel: inout Parcel,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var missing = amount
        let page = try Marketplace.coupons.scan(prefix: account, limit: UInt64(Lock.lotLimit), &context)
        for entry in page.entries where missing > 0 {
            let taken = min(missing, entry.row.amount)
            missing = try missing.subtracting(taken)
            let rest = try entry.row.amount.subtracting(taken)
            try setLot(rest, until: entry.row.until, of: account, &context)
            parcel.lots.append(CouponLot(until: entry.row.until, amount: taken))
        }
        guard missing == 0 else { throw ContractError(.limit, "too many small lots of coupons at once") }
    }

    /// What comes out of a lock after its end is due at once, and goes the way of everything that is due.
    static func credit(
        _ parcel: Parcel,
        _ unit: ValueUnit,
        to account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let key = Pair(account, ChoiceKey(unit))
        var balance = try Marketplace.balances.get(key, &context) ?? Balance()
        balance.held = try balance.held.adding(parcel.amount)
        for lot in parcel.lots {
            let before = try Marketplace.coupons.get(Pair(account, lot.until), &context)?.amount ?? 0
            try setLot(try before.adding(lot.amount), until: lot.until, of: account, &context)
            balance.ending = try balance.ending.adding(lot.amount)
        }
        try Marketplace.balances.put(key, balance, &context)
    }

    private static func setLot(
        _ amount: UInt64,
        until end: UInt64,
        of account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let key = Pair(account, end)
        if amount == 0 {
            try Marketplace.coupons.delete(key, &context)
            try context.cancel(at: end, kind: Marketplace.couponDeadline, key: key)
        } else {
            try Marketplace.coupons.put(key, CouponLot(until: end, amount: amount), &context)
            try context.schedule(at: end, kind: Marketplace.couponDeadline, key: key)
        }
    }

    /// Ends the account's coupons whose time has come. Every look at coupons does it first; the queue does the rest.
    static func expire(of account: AccountID, _ context: inout ContractContext) throws(ContractError) {
        var expired: UInt64 = 0
        let end = try context.time.adding(1)
        while true {
            let page = try Marketplace.coupons.scan(
                from: Pair(account, UInt64(0)),
                to: Pair(account, end),
                limit: PageCursor.greatestPage,
                &context
            )
            for entry in page.entries {
                expired = try expired.adding(entry.row.amount)
                try setLot(0, until: entry.row.until, of: account, &context)
            }
            guard page.next != nil else { break }
        }
        guard expired > 0 else { return }
        try change(Pair(account, ChoiceKey(.coupon)), &context) { balance throws(ContractError) in
            balance.held = try balance.held.subtracting(expired)
            balance.ending = try balance.ending.subtracting(expired)
        }
        try change(.coupon, &context) { supply throws(ContractError) in
            supply.held = try supply.held.subtracting(expired)
            supply.expired = try supply.expired.adding(expired)
        }
        try context.emit(ValueMoved(.expired, .coupon, expired, from: account, to: account))
    }
}
