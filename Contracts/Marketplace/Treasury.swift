internal import ContractKit
internal import Primitives

/// Every movement of value. No other file writes a balance, a supply or a lock, so the invariant
/// issued = held + locked + burned + expired has to be looked for here only.
enum Treasury {
    typealias LockKey = Pair<Digest, ChoiceKey<LockKind>>

    static func payment(of order: Digest) -> LockKey { Pair(order, ChoiceKey(.payment)) }
    static func deposit(of order: Digest) -> LockKey { Pair(order, ChoiceKey(.deposit)) }
    static func bond(of listing: Digest) -> LockKey { Pair(listing, ChoiceKey(.bond)) }

    // MARK: Making, moving and destroying value

    /// The end is for coupons only; nil never ends.
    static func issue(
        _ amount: UInt64,
        _ unit: ValueUnit,
        until end: UInt64?,
        to account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try change(unit, &context) { supply throws(ContractError) in
            supply.issued = try supply.issued.adding(amount)
            supply.held = try supply.held.adding(amount)
        }
        var parcel = Parcel(amount: amount)
        if let end { parcel.lots = [CouponLot(until: end, amount: amount)] }
        try credit(parcel, unit, to: account, &context)
    }

    static func transfer(
        _ amount: UInt64,
        _ unit: ValueUnit,
        from sender: AccountID,
        to receiver: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let parcel = try debit(amount, unit, from: sender, &context)
        try credit(parcel, unit, to: receiver, &context)
    }

    static func burn(
        _ amount: UInt64,
        _ unit: ValueUnit,
        of account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        _ = try debit(amount, unit, from: account, &context)
        try change(unit, &context) { supply throws(ContractError) in
            supply.held = try supply.held.subtracting(amount)
            supply.burned = try supply.burned.adding(amount)
        }
    }

    // MARK: Locks

    /// Takes an amount out of its owner's reach. FUNDS, if there is not so much.
    static func lock(
        _ amount: UInt64,
        _ unit: ValueUnit,
        of owner: AccountID,
        as key: LockKey,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let parcel = try debit(amount, unit, from: owner, &context)
        try change(Pair(owner, ChoiceKey(unit)), &context) { balance throws(ContractError) in
            balance.locked = try balance.locked.adding(amount)
        }
        try change(unit, &context) { supply throws(ContractError) in
            supply.held = try supply.held.subtracting(amount)
            supply.locked = try supply.locked.adding(amount)
        }
        var lock = Lock()
        lock.owner = owner
        lock.unit = unit
        if let before = try Marketplace.locks.get(key, &context) {
            // Only a bond is added to.
            guard before.state == .locked, before.owner == owner, before.unit == unit else {
                throw ContractError(.state, "the lock has had its exit")
            }
            lock.amount = before.amount
        }
        lock.lots = parcel.lots
        lock.amount = try lock.amount.adding(amount)
        try Marketplace.locks.put(key, lock, &context)
    }

    /// Takes a part of a lock into a lock of its own. FUNDS, if it holds less.
    static func draw(
        _ amount: UInt64,
        from source: LockKey,
        as key: LockKey,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var bond = try open(source, &context)
        guard bond.amount >= amount else { throw ContractError(.funds, "the seller's bond is too small") }
        bond.amount = try bond.amount.subtracting(amount)
        try Marketplace.locks.put(source, bond, &context)
        var part = bond
        part.amount = amount
        try Marketplace.locks.insert(key, part, "lock", &context)
    }

    /// Back to where it was drawn from, or to its owner, where that lock is gone.
    static func giveBack(
        _ key: LockKey,
        to source: LockKey,
        _ context: inout ContractContext
    ) throws(ContractError) {
        guard var bond = try Marketplace.locks.get(source, &context), bond.state == .locked else {
            return try release(key, &context)
        }
        var part = try open(key, &context)
        part.state = .returned
        try Marketplace.locks.put(key, part, &context)
        bond.amount = try bond.amount.adding(part.amount)
        try Marketplace.locks.put(source, bond, &context)
    }

    static func release(_ key: LockKey, _ context: inout ContractContext) throws(ContractError) {
        let lock = try open(key, &context)
        try exit(key, Parcel(amount: lock.amount, lots: lock.lots), to: lock.owner, as: .released, &context)
    }

    /// Coupons that are paid are redeemed: they were locked before their end, and the receiver has them without one,
    /// to hand in at the issuer *(ours)*.
    static func pay(
        _ key: LockKey,
        to receiver: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try exit(key, Parcel(amount: try open(key, &context).amount), to: receiver, as: .paid, &context)
    }

    /// The one exit that a lock has.
    private static func exit(
        _ key: LockKey,
        _ parcel: Parcel,
        to receiver: AccountID,
        as state: LockState,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var lock = try open(key, &context)
        let amount = lock.amount
        lock.state = state
        try Marketplace.locks.put(key, lock, &context)
        try change(Pair(lock.owner, ChoiceKey(lock.unit)), &context) { balance throws(ContractError) in
            balance.locked = try balance.locked.subtracting(amount)
        }
        try change(lock.unit, &context) { supply throws(ContractError) in
            supply.locked = try supply.locked.subtracting(amount)
            supply.held = try supply.held.adding(amount)
        }
        try credit(parcel, lock.unit, to: receiver, &context)
    }

    private static func open(_ key: LockKey, _ context: inout ContractContext) throws(ContractError) -> Lock {
        let lock = try Marketplace.locks.existing(key, "lock", &context)
        guard lock.state == .locked else { throw ContractError(.state, "the lock has had its exit") }
        return lock
    }

    // MARK: Rows

    static func change(
        _ key: Pair<AccountID, ChoiceKey<ValueUnit>>,
        _ context: inout ContractContext,
        _ body: (inout Balance) throws(ContractError) -> Void
    ) throws(ContractError) {
        var balance = try Marketplace.balances.get(key, &context) ?? Balance()
        try body(&balance)
        try Marketplace.balances.put(key, balance, &context)
    }

    static func change(
        _ unit: ValueUnit,
        _ context: inout ContractContext,
        _ body: (inout Supply) throws(ContractError) -> Void
    ) throws(ContractError) {
        var supply = try Marketplace.supplies.get(ChoiceKey(unit), &context) ?? Supply()
        try body(&supply)
        try Marketplace.supplies.put(ChoiceKey(unit), supply, &context)
    }
}
