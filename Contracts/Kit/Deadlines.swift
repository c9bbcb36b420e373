internal import Primitives

/// One case whose time has come.
package struct DueCase: Hashable, Sendable {
    package let contract: ContractID
    /// Which of the contract's kinds of cases.
    package let kind: UInt8
    /// The bytes of the case's table key.
    package let key: [UInt8]
    /// The time that was asked for.
    package let at: UInt64

    package init(contract: ContractID, kind: UInt8, key: [UInt8], at: UInt64) {
        self.contract = contract
        self.kind = kind
        self.key = key
        self.at = at
    }
}

/// How far the queue has come. Unless it is behind, nothing that is due is left; if it is, everything that was due
/// before `through` is done.
package struct QueueState: Record, Hashable {
    package var isBehind = false
    package var through: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.boolean(1, "is_behind", &isBehind)
        try visitor.time(2, "through", &through)
    }
}

/// The queue of deadlines of all contracts, ordered by time. Its rows are leaves: nobody can restore a state from
/// which deadlines were left out.
///
/// The queue is not what makes a deadline hold. A contract first applies its case's own due transition in every
/// method and query; the queue comes round to the cases that nobody touches, a bounded number per block.
package enum Deadlines {
    static let queue = Table<Pair<UInt64, Pair<UInt8, Pair<UInt8, KeyBytes>>>, Nothing>(.kit, 1)
    package static let state = Table<Whole, QueueState>(.kit, 2)

    static func key(_ dueCase: DueCase) -> Pair<UInt64, Pair<UInt8, Pair<UInt8, KeyBytes>>> {
        Pair(dueCase.at, Pair(dueCase.contract.number, Pair(dueCase.kind, KeyBytes(dueCase.key))))
    }
}

/// The rest of a key, as bytes.
package struct KeyBytes: TableKey {
    package let rest: [UInt8]

    package init(_ rest: [UInt8]) { self.rest = rest }

    package func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: rest) }
    package static func read(from reader: inout KeyReader) -> KeyBytes? { KeyBytes(reader.takeRest()) }
}

extension ContractContext {
    /// Asks for the case's due transition at a time. A case that moves its deadline cancels the old one.
    package mutating func schedule(at time: UInt64, kind: UInt8, key: some TableKey) throws(ContractError) {
        guard time <= TimeFormat.latest else { throw ContractError(.limit, "a deadline too far away") }
        let dueCase = DueCase(contract: contract, kind: kind, key: key.bytes, at: time)
        try write(Deadlines.queue.stateKey(Deadlines.key(dueCase)), try Nothing().encoded())
    }

    package mutating func cancel(at time: UInt64, kind: UInt8, key: some TableKey) throws(ContractError) {
        let dueCase = DueCase(contract: contract, kind: kind, key: key.bytes, at: time)
        try write(Deadlines.queue.stateKey(Deadlines.key(dueCase)), nil)
    }

    /// The earliest case that is due, without taking it off the queue.
    mutating func nextDue() throws(ContractError) -> DueCase? {
        try call(into: .kit) { context throws(ContractError) in
            guard let entry = try Deadlines.queue.first(&context), entry.key.first <= context.time else { return nil }
            let rest = entry.key.second
            return DueCase(
                contract: ContractID(rest.first),
                kind: rest.second.first,
                key: rest.second.second.rest,
                at: entry.key.first
            )
        }
    }

    mutating func remove(_ dueCase: DueCase) throws(ContractError) {
        try write(Deadlines.queue.stateKey(Deadlines.key(dueCase)), nil)
    }

    package mutating func queueState() throws(ContractError) -> QueueState {
        try call(into: .kit) { context throws(ContractError) in
            try Deadlines.state.get(Whole(), &context) ?? QueueState()
        }
    }

    /// Records how far the queue has come, where that changes something.
    mutating func setQueueState(_ state: QueueState) throws(ContractError) {
        try call(into: .kit) { context throws(ContractError) in
            let before = try Deadlines.state.get(Whole(), &context) ?? QueueState()
            guard before.isBehind || state.isBehind else { return }
            try Deadlines.state.put(Whole(), state, &context)
        }
    }
}
