package import Primitives

/// Everything that a contract sees and touches while it runs: the caller, the block, the state of its own tables,
/// events, deadlines, and work that is paid for.
///
/// One context serves one transaction. On success the executor takes `writes`, `events` and `used`; on failure it
/// takes nothing but the error and `used`.
package struct ContractContext {
    package let chain: Digest
    package let height: Height
    /// The block's time, in milliseconds.
    package let time: UInt64
    package let transaction: Digest
    package let caller: Caller
    /// Whose tables are open: the contract that runs.
    package private(set) var contract: ContractID
    /// The contract that called this one; nil where the transaction did.
    package private(set) var callingContract: ContractID?
    package private(set) var events: [EmittedEvent] = []

    private let host: HostFunctions
    private var overlay = WriteSet()
    private var meter: Meter
    private var depth = 0

    /// How deep contracts may call each other.
    package static let greatestDepth = 8

    package init(
        host: HostFunctions,
        chain: Digest,
        height: Height,
        time: UInt64,
        transaction: Digest,
        caller: Caller,
        limit: UInt64 = Meter.standardLimit
    ) {
        self.host = host
        self.chain = chain
        self.height = height
        self.time = time
        self.transaction = transaction
        self.caller = caller
        self.meter = Meter(limit: limit)
        self.contract = .kit
    }

    /// The changes so far, sorted by key.
    package var writes: [StateWrite] { overlay.writes }

    /// Units of work used so far.
    package var used: UInt64 { meter.used }
}

// MARK: State

// For tables and deadlines only: a contract reaches rows through its tables, which know whose they are.
extension ContractContext {
    /// A row as this transaction sees it.
    mutating func read(_ key: StateKey) throws(ContractError) -> [UInt8]? {
        try meter.charge(Price.read)
        let value: [UInt8]?
        if let change = overlay.change(of: key) { value = change } else { value = host.read(key) }
        if let value { try meter.charge(Price.bytes(value.count)) }
        return value
    }

    mutating func write(_ key: StateKey, _ value: [UInt8]?) throws(ContractError) {
        try meter.charge(Price.write &+ Price.bytes(key.count &+ (value?.count ?? 0)))
        overlay.set(key, to: value)
    }

    /// Rows with from ≤ key < to as this transaction sees them, in order, at most as many as the limit: the host's
    /// rows merged with the changes made here.
    mutating func scan(
        from: StateKey,
        to: StateKey,
        limit: Int
    ) throws(ContractError) -> [StateEntry] {
        var result: [StateEntry] = []
        var start = from
        while result.count < limit, start.lexicographicallyPrecedes(to) {
            try meter.charge(Price.read)
            let page = host.scan(start, to, limit)
            for entry in page { try meter.charge(Price.read &+ Price.bytes(entry.value.count)) }
            // A full page says nothing of what comes after its last key.
            let end = page.count < limit ? to : (page.last?.key ?? to) + [0]
            try merge(page, from: start, to: end, limit: limit, into: &result)
            start = end
        }
        return result
    }

    /// Appends the merge of a page and of the changes in the same range.
    private mutating func merge(
        _ page: [StateEntry],
        from: StateKey,
        to: StateKey,
        limit: Int,
        into result: inout [StateEntry]
    ) throws(ContractError) {
        var next = 0
        var position = overlay.position(from: from)
        while result.count < limit {
            let candidate = overlay.write(at: position)
            let change = candidate.flatMap { $0.key.lexicographicallyPrecedes(to) ? $0 : nil }
            let entry = next < page.count ? page[next] : nil
            switch (entry, change) {
            case (nil, nil):
                return
            case (.some(let entry), nil):
                result.append(entry)
                next += 1
            case (let entry, .some(let change)):
                if let entry, entry.key.lexicographicallyPrecedes(change.key) {
                    result.append(entry)
                    next += 1
                    continue
                }
                // The change hides the host's row of the same key.
                if let entry, entry.key == change.key { next += 1 }
                try meter.charge(Price.read)
                if let value = change.value { result.append(StateEntry(key: change.key, value: value)) }
                position = overlay.position(after: position)
            }
        }
    }
}

// MARK: What contracts ask for

extension ContractContext {
    /// Work that no other call counts.
    package mutating func charge(_ units: UInt64) throws(ContractError) { try meter.charge(units) }

    package mutating func sha256(_ bytes: [UInt8]) throws(ContractError) -> Digest {
        try meter.charge(Price.hash &+ Price.bytes(bytes.count))
        return host.sha256(bytes)
    }

    /// Whether the signature over the digest is the key's (ES256K, low s).
    package mutating func verify(
        _ signature: Signature,
        by key: PublicKey,
        over digest: Digest
    ) throws(ContractError) -> Bool {
        try meter.charge(Price.verification)
        return host.verify(key, signature, digest)
    }

    package mutating func emit<Event: ContractEvent>(_ event: Event) throws(ContractError) {
        let fields = try event.encoded()
        try meter.charge(Price.event &+ Price.bytes(fields.count))
        events.append(EmittedEvent(contract: contract, name: Event.name, version: Event.version, fields: fields))
    }

    /// Refuses a caller without the role.
    package func require(_ role: Role) throws(ContractError) {
        guard caller.has(role) else { throw ContractError(.role, "needs the role " + role.name) }
    }
}

// MARK: Bounded work within a transaction

extension ContractContext {
    /// Runs the body with a meter of its own, so that one case of many cannot use up the work of the others. The work
    /// done counts as used here as well, but does not run into this context's limit. Only for the chain's own work, at
    /// genesis and for deadlines: a contract cannot give itself another meter.
    package mutating func limited<Result>(
        to units: UInt64,
        _ body: (inout ContractContext) throws(ContractError) -> Result
    ) throws(ContractError) -> Result {
        guard contract == .kit else { throw ContractError(.policy, "a contract has the meter that it was given") }
        let outer = meter
        meter = Meter(limit: units)
        defer { meter = outer.adding(meter) }
        return try body(&self)
    }
}

// MARK: Calls between contracts

extension ContractContext {
    /// What can be taken back: everything but the work done.
    package struct Savepoint {
        fileprivate let overlay: WriteSet
        fileprivate let eventCount: Int
    }

    package var savepoint: Savepoint { Savepoint(overlay: overlay, eventCount: events.count) }

    package mutating func restore(_ savepoint: Savepoint) {
        overlay = savepoint.overlay
        events.removeLast(events.count - savepoint.eventCount)
    }

    /// Runs the body with another contract's tables open. If it throws, what it did is undone, also where the
    /// calling contract goes on after that.
    package mutating func call<Result>(
        into callee: ContractID,
        _ body: (inout ContractContext) throws(ContractError) -> Result
    ) throws(ContractError) -> Result {
        guard depth < ContractContext.greatestDepth else {
            throw ContractError(.limit, "contracts call each other too deep")
        }
        try meter.charge(Price.call)
        let before = savepoint
        let (outerContract, outerCaller) = (contract, callingContract)
        callingContract = contract == .kit ? nil : contract
        contract = callee
        depth += 1
        defer {
            depth -= 1
            contract = outerContract
            callingContract = outerCaller
        }
        do { return try body(&self) } catch {
            restore(before)
            throw error
        }
    }
}
