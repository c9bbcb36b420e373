internal import ContractKit
internal import Contracts
internal import Governance
internal import Primitives

/// Runs deadlines and transactions over a world state. All calls of a transaction take effect, or none does.
struct TransactionRunner {
    private let chain: Digest
    private let parameters: Parameters
    /// What governance says about an account, remembered until governance writes anything.
    private var standings: [AccountID: Standing] = [:]
    private let names: [Identifier]

    private static let greatestStandingCount = 100_000

    /// The two answers that execution needs about a signer. Both can be missing.
    private struct Standing {
        let row: AccountRow?
        let caller: Caller?
    }

    init(chain: Digest, parameters: Parameters) {
        self.chain = chain
        self.parameters = parameters
        names = (0...UInt8.max).map { ContractRegistry.name(of: ContractID($0)) }
    }

    mutating func forget() { standings = [:] }

    /// What is due comes before any transaction of the block.
    mutating func applyDeadlines(_ world: WorldState, _ outcome: inout BlockOutcome) {
        var context = context(world, outcome, transaction: .zero, caller: .chain)
        do throws(ContractError) {
            try ContractRegistry.due(&context)
        } catch {
            // The queue has no limit that it could run into, and a case that is refused is its own matter. Should it
            // be refused after all, it is on every machine alike, and the block goes on without it.
            return
        }
        take(context.writes, world)
        outcome.addOwn(events(of: context), used: context.used)
    }

    /// What comes behind all transactions of the block: if it is the boundary, the epoch ends with it (rule 26).
    ///
    /// - Returns: the validators of the next epoch.
    mutating func cross(_ world: WorldState, _ outcome: inout BlockOutcome) -> ValidatorSet? {
        var context = context(world, outcome, transaction: .zero, caller: .chain, limit: .max)
        var next: ValidatorSet?
        do throws(ContractError) {
            let rows = try Governance.cross(&context) { ValidatorSet(rows: $0) != nil }
            next = rows.flatMap { ValidatorSet(rows: $0) }
            outcome.boundary = try next == nil ? Governance.boundary(&context) : outcome.height
        } catch {
            // It meets no limit and refuses nothing. Should it do so after all, it is on every machine alike.
            return nil
        }
        take(context.writes, world)
        outcome.addOwn(events(of: context), used: next == nil ? 0 : context.used)
        return next
    }

    mutating func run(
        _ transactions: [SignedTransaction],
        _ world: WorldState,
        _ outcome: inout BlockOutcome
    ) throws(LedgerFault) {
        for transaction in transactions {
            run(transaction, world, &outcome)
            if let failure = world.failure { throw .storage(failure) }
        }
    }

    private mutating func run(_ transaction: SignedTransaction, _ world: WorldState, _ outcome: inout BlockOutcome) {
        let caller: Caller
        do throws(ContractError) {
            caller = try self.caller(of: transaction, world, outcome)
        } catch {
            outcome.add(transaction, failed(error), [], used: 0)
            return
        }
        var context = context(world, outcome, transaction: transaction.id, caller: caller)
        do throws(ContractError) {
            for call in transaction.calls {
                try ContractRegistry.execute(
                    contract: call.contract,
                    method: call.method,
                    arguments: call.arguments,
                    &context
                )
            }
        } catch {
            outcome.add(transaction, failed(error), [], used: context.used)
            return
        }
        take(context.writes, world)
        outcome.add(transaction, .ok, events(of: context), used: context.used)
    }

    /// The account as it stands at this point of the block.
    ///
    /// The signature was checked under the key as of s − W (rule 6). If that is no longer the account's key, or the
    /// account or its organisation is no longer active, the transaction gets ROLE.
    private mutating func caller(
        of transaction: SignedTransaction,
        _ world: WorldState,
        _ outcome: BlockOutcome
    ) throws(ContractError) -> Caller {
        let standing = try standing(of: transaction.account, world, outcome)
        guard let row = standing.row, let caller = standing.caller else {
            throw ContractError(.role, "the account is not active")
        }
        let signedUnder = Governance.key(of: row, asOf: outcome.height.reduced(by: parameters.window))
        guard let signedUnder, signedUnder == row.currentKey else {
            throw ContractError(.role, "the key is no longer the account's")
        }
        return caller
    }

    private mutating func standing(
        of account: AccountID,
        _ world: WorldState,
        _ outcome: BlockOutcome
    ) throws(ContractError) -> Standing {
        if let known = standings[account] { return known }
        var context = context(world, outcome, transaction: .zero, caller: .chain)
        let standing = Standing(
            row: try Governance.account(account, &context),
            caller: try Governance.standing(of: account, &context)
        )
        if standings.count >= TransactionRunner.greatestStandingCount { standings = [:] }
        standings[account] = standing
        return standing
    }

    private mutating func take(_ writes: [StateWrite], _ world: WorldState) {
        world.apply(writes)
        if writes.contains(where: { $0.key.first == ContractID.governance.number }) { standings = [:] }
    }

    private func context(
        _ world: WorldState,
        _ outcome: BlockOutcome,
        transaction: Digest,
        caller: Caller,
        limit: UInt64? = nil
    ) -> ContractContext {
        ContractContext(
            host: Host.functions(of: world),
            chain: chain,
            height: outcome.height,
            time: outcome.time,
            transaction: transaction,
            caller: caller,
            limit: limit ?? parameters.transactionWork
        )
    }

    private func failed(_ error: ContractError) -> Receipt.Status {
        .failed(RefusalCode(error.code), message: error.message)
    }

    private func events(of context: ContractContext) -> [Event] {
        context.events.map { event in
            Event(
                contract: names[Int(event.contract.number)],
                name: Identifier.constant(event.name),
                fields: event.fields
            )
        }
    }
}
