package import ContractKit
internal import Contracts
package import Governance
internal import LedgerCrypto
package import Primitives

/// A chain for contract tests, in memory: a sorted state, a clock that the test moves, and calls that go the same way
/// as in the executor, from encoded arguments to writes.
///
/// A call that is refused must leave nothing in its context, and one that takes effect changes the indexes as they follow
/// from the leaves; the testbed checks that each time.
package struct Testbed {
    package static let chain = SHA256Function.digest(of: Array("testbed".utf8))

    /// Sorted by key.
    package private(set) var state: [StateEntry] = []
    package var time: UInt64 = 1_800_000_000_000
    package var height = Height(1)
    package var limit = Meter.standardLimit
    /// Events of the last call that took effect, deadlines included.
    package private(set) var events: [EmittedEvent] = []
    /// Units of work of the last call.
    package private(set) var used: UInt64 = 0
    private var transactions: UInt64 = 0

    package init() {}

    /// A chain with actors, enrolled at genesis in the organisations that they name.
    package init(
        organisations: [GenesisOrganisation] = TestOrganisation.all,
        actors: [TestActor],
        validators: [ValidatorRow] = [],
        parameters: ParametersRow = ParametersRow()
    ) {
        height = .genesis
        do throws(ContractError) {
            try apply(by: .chain) { context throws(ContractError) in
                try ContractRegistry.genesis(
                    organisations: organisations,
                    accounts: actors.map(\.genesis),
                    validators: validators,
                    parameters: parameters,
                    &context
                )
            }
        } catch { preconditionFailure("genesis: \(error.code.text) \(error.message)") }
        height = Height(1)
    }

    /// Lets blocks and time pass without a call.
    package mutating func advance(blocks: UInt64 = 1, milliseconds: UInt64 = 0) {
        height = height.advanced(by: blocks)
        time += milliseconds
    }
}

// MARK: Calls

extension Testbed {
    /// Runs a method as a transaction of its own.
    package mutating func run<Domain: Contract, Method: ContractMethod>(
        _ method: Method,
        of contract: Domain.Type,
        by actor: TestActor
    ) throws(ContractError) {
        try execute(contract, method: Method.name, arguments: try method.encoded(), by: try caller(actor))
    }

    /// Runs a method for a caller that governance need not know.
    package mutating func run<Domain: Contract, Method: ContractMethod>(
        _ method: Method,
        of contract: Domain.Type,
        by caller: Caller
    ) throws(ContractError) {
        try execute(contract, method: Method.name, arguments: try method.encoded(), by: caller)
    }

    package mutating func execute<Domain: Contract>(
        _ contract: Domain.Type,
        method: String,
        arguments: [UInt8],
        by caller: Caller
    ) throws(ContractError) {
        try apply(by: caller) { context throws(ContractError) in
            try Domain.execute(method: .constant(method), arguments: arguments, &context)
        }
    }

    /// Runs anything in a transaction's context: for tests of the kit, and for several calls in one transaction.
    @discardableResult
    package mutating func apply<Result>(
        by caller: Caller,
        _ body: (inout ContractContext) throws(ContractError) -> Result
    ) throws(ContractError) -> Result {
        var context = makeContext(caller)
        defer { used = context.used }
        let before = context.savepoint
        let result: Result
        do { result = try body(&context) } catch {
            context.restore(before)
            precondition(context.writes.isEmpty && context.events.isEmpty, "a refused call left something behind")
            throw error
        }
        take(context)
        return result
    }

    /// The code of a refusal, or nil if the call took effect. A refused call must leave the state as it was, and its
    /// contract must have undone its own changes.
    package mutating func refusal<Domain: Contract, Method: ContractMethod>(
        of method: Method,
        of contract: Domain.Type,
        by actor: TestActor
    ) -> ErrorCode? {
        do throws(ContractError) {
            let arguments = try method.encoded()
            var context = makeContext(try caller(actor))
            do throws(ContractError) {
                try Domain.execute(method: .constant(Method.name), arguments: arguments, &context)
            } catch {
                precondition(context.writes.isEmpty && context.events.isEmpty, "a refused call left something behind")
                throw error
            }
            take(context)
            return nil
        } catch { return error.code }
    }

    /// What the executor knows of an actor before its call.
    package func caller(_ actor: TestActor) throws(ContractError) -> Caller {
        var context = makeContext(.chain)
        return try Governance.caller(actor.account, signingWith: actor.key.publicKey, &context)
    }

    private mutating func take(_ context: ContractContext) {
        let check = IndexCheck(context.writes) { value(of: $0) }
        for write in context.writes { set(write) }
        check.verify { value(of: $0) }
        events = context.events
        transactions += 1
    }
}

// MARK: Questions and deadlines

extension Testbed {
    package func ask<Domain: Contract, Query: ContractQuery>(
        _ query: Query,
        of contract: Domain.Type
    ) throws(ContractError) -> Query.Answer {
        var context = makeContext(.chain)
        let arguments = try query.encoded()
        let answer = try Domain.query(name: .constant(Query.name), arguments: arguments, &context)
        return try Query.Answer(decoding: answer)
    }

    /// Applies the queue of deadlines as the start of a block does, for the contracts of the registry.
    @discardableResult
    package mutating func applyDeadlines(limit: Int = Deadlines.standardLimit) throws(ContractError) -> Int {
        try apply(by: .chain) { context throws(ContractError) in try ContractRegistry.due(limit: limit, &context) }
    }

    /// The same for one contract, whether the registry lists it or not.
    @discardableResult
    package mutating func applyDeadlines<Domain: Contract>(
        of contract: Domain.Type,
        limit: Int = Deadlines.standardLimit
    ) throws(ContractError) -> Int {
        try apply(by: .chain) { context throws(ContractError) in
            try Deadlines.apply(limit: limit, &context) { dueCase, context throws(ContractError) in
                if dueCase.contract == Domain.id { try Domain.due(dueCase, &context) }
            }
        }
    }

    /// Runs something in a context whose writes are dropped.
    package func peek<Result>(
        _ body: (inout ContractContext) throws(ContractError) -> Result
    ) throws(ContractError) -> Result {
        var context = makeContext(.chain)
        return try body(&context)
    }

    /// The last call's events of one type.
    package func events<Event: ContractEvent>(_: Event.Type) throws(ContractError) -> [Event] {
        var found: [Event] = []
        for event in events where event.name == Event.name { found.append(try Event(decoding: event.fields)) }
        return found
    }
}

// MARK: State

extension Testbed {
    package func makeContext(_ caller: Caller) -> ContractContext {
        let state = state
        let host = HostFunctions(
            read: { key in
                let position = Testbed.position(of: key, in: state)
                return position < state.count && state[position].key == key ? state[position].value : nil
            },
            scan: { from, to, limit in
                let start = Testbed.position(of: from, in: state)
                let end = Swift.max(start, Testbed.position(of: to, in: state))
                return Array(state[start..<end].prefix(limit))
            },
            sha256: { SHA256Function.digest(of: $0) },
            verify: { key, signature, digest in
                VerificationKey(key)?.verify(signature, over: digest) ?? false
            }
        )
        var number: [UInt8] = []
        transactions.append(to: &number)
        return ContractContext(
            host: host,
            chain: Testbed.chain,
            height: height,
            time: time,
            transaction: SHA256Function.digest(of: number),
            caller: caller,
            limit: limit
        )
    }

    private func value(of key: StateKey) -> [UInt8]? {
        let position = Testbed.position(of: key, in: state)
        return position < state.count && state[position].key == key ? state[position].value : nil
    }

    private mutating func set(_ write: StateWrite) {
        let position = Testbed.position(of: write.key, in: state)
        let exists = position < state.count && state[position].key == write.key
        switch (write.value, exists) {
        case (let value?, true): state[position] = StateEntry(key: write.key, value: value)
        case (let value?, false): state.insert(StateEntry(key: write.key, value: value), at: position)
        case (nil, true): state.remove(at: position)
        case (nil, false): break
        }
    }

    private static func position(of key: StateKey, in state: [StateEntry]) -> Int {
        var low = 0
        var high = state.count
        while low < high {
            let middle = (low + high) / 2
            if state[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
