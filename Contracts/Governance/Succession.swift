package import ContractKit
package import Primitives

/// Who votes now and who will vote next (rule 26 of the protocol). The validators in force stand in a table of their own.
package struct SuccessionRow: Record, Hashable {
    /// The present epoch; its validators are those of the table.
    package var epoch: UInt64 = 0
    /// The last block of the epoch before, genesis for the first.
    package var start = Height.genesis
    /// Where the present epoch ends, while a change is pending.
    package var boundary: Height?
    /// The validators above the boundary, by index; empty while no change is pending.
    package var next: [ValidatorRow] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "epoch", &epoch, in: 0...UInt64.max)
        try visitor.height(2, "start", &start)
        try visitor.optional(3, "boundary", &boundary, .height)
        try visitor.list(4, "next", &next, of: .record(ValidatorRow.self), atMost: Governance.greatestValidatorCount)
    }
}

/// A key under which somebody votes, did, or wants to. It belongs to one organisation and to one place in the set for
/// good: a key that was given up comes back for nobody, so that whoever lost its journal can never vote under it again
/// (rule 20 of the protocol).
package struct ConsensusKeyRow: Record, Hashable {
    package var organisation = Identifier.unset
    /// The first epoch in which it votes.
    package var since: UInt64?
    /// The first epoch in which it votes no more.
    package var until: UInt64?
    /// The block in which its organisation last renewed the validator.
    package var renewed: Height?

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
        try visitor.optional(2, "since", &since, .unsigned(from: 0, through: .max))
        try visitor.optional(3, "until", &until, .unsigned(from: 0, through: .max))
        try visitor.optional(4, "renewed", &renewed, .height)
    }

    /// Whether it was a validator's key in an epoch.
    func votes(in epoch: UInt64) -> Bool {
        guard let since, since <= epoch else { return false }
        return until.map { epoch < $0 } ?? true
    }
}

extension Governance {
    /// n, of which each certificate holds a quorum of signatures.
    package static let greatestValidatorCount = 31

    static func validatorsInForce(_ context: inout ContractContext) throws(ContractError) -> [ValidatorRow] {
        try validators.scan(limit: PageCursor.greatestPage, &context).entries.map { $0.row }
    }

    /// The validators as they will be, with all changes that are pending.
    static func coming(_ context: inout ContractContext) throws(ContractError) -> [ValidatorRow] {
        let row = try succession.existing(Whole(), "succession", &context)
        return row.boundary == nil ? try validatorsInForce(&context) : row.next
    }

    /// Changes the validators. It takes effect W blocks later, or with the change that is pending already.
    static func changeValidators(
        _ context: inout ContractContext,
        _ body: (inout [ValidatorRow]) throws(ContractError) -> Void
    ) throws(ContractError) {
        var row = try succession.existing(Whole(), "succession", &context)
        var changed = row.boundary == nil ? try validatorsInForce(&context) : row.next
        try body(&changed)
        try check(changed)
        let window = try parameters.existing(Whole(), "parameters", &context).window
        let boundary = row.boundary ?? context.height.advanced(by: window)
        row.boundary = boundary
        row.next = changed
        try succession.put(Whole(), row, &context)
        var event = ValidatorsChanging()
        event.boundary = boundary
        event.count = UInt64(changed.count)
        try context.emit(event)
    }

    /// One machine must not count as two, and somebody must be left.
    private static func check(_ rows: [ValidatorRow]) throws(ContractError) {
        guard !rows.isEmpty else { throw ContractError(.policy, "the last validator stays") }
        guard rows.count <= greatestValidatorCount else { throw ContractError(.limit, "too many validators") }
        let keys = rows.map { $0.consensusKey }
        let pins = rows.flatMap { $0.tlsPins }
        guard Set(keys).count == keys.count, Set(pins).count == pins.count else {
            throw ContractError(.duplicate, "another validator has such a key")
        }
        // Printable ASCII; host and port are parsed where the address is dialled.
        guard rows.allSatisfy({ $0.address.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw ContractError(.schema, "an address of other characters")
        }
    }

    /// Ends the epoch where this block is its boundary: the executor calls it behind the block's transactions. The
    /// validators of the next epoch, or nil where this one goes on, also because all changes were taken back.
    ///
    /// - Parameter isUsable: whether a set of validators can be made of the rows. One that cannot is dropped.
    package static func cross(
        _ context: inout ContractContext,
        isUsable: ([ValidatorRow]) -> Bool
    ) throws(ContractError) -> [ValidatorRow]? {
        try context.call(into: id) { context throws(ContractError) in
            guard var row = try succession.get(Whole(), &context), row.boundary == context.height else { return nil }
            let before = try validatorsInForce(&context)
            let next = row.next
            row.boundary = nil
            row.next = []
            let isNew = next != before && isUsable(next)
            if isNew {
                row.epoch = try row.epoch.adding(1)
                row.start = context.height
                try replace(before, by: next, epoch: row.epoch, &context)
            }
            try succession.put(Whole(), row, &context)
            return isNew ? next : nil
        }
    }

    /// Where the epoch ends, if a change is pending.
    package static func boundary(_ context: inout ContractContext) throws(ContractError) -> Height? {
        try context.call(into: id) { context throws(ContractError) in
            try succession.get(Whole(), &context)?.boundary
        }
    }

    private static func replace(
        _ before: [ValidatorRow],
        by next: [ValidatorRow],
        epoch: UInt64,
        _ context: inout ContractContext
    ) throws(ContractError) {
        for (index, row) in next.enumerated() { try validators.put(UInt64(index), row, &context) }
        for index in next.count..<max(next.count, before.count) { try validators.delete(UInt64(index), &context) }
        let (old, new) = (before.map { $0.consensusKey }, next.map { $0.consensusKey })
        for key in old where !new.contains(key) {
            var row = try consensusKeys.existing(key, "consensus key", &context)
            row.until = epoch
            try consensusKeys.put(key, row, &context)
            try closeAccount(of: key, &context)
        }
        for validator in next where !old.contains(validator.consensusKey) {
            var row = try consensusKeys.existing(validator.consensusKey, "consensus key", &context)
            row.since = epoch
            try consensusKeys.put(validator.consensusKey, row, &context)
            try openAccount(of: validator, &context)
        }
        var event = EpochBegan()
        event.epoch = epoch
        event.start = context.height
        event.count = UInt64(next.count)
        try context.emit(event)
    }

    // What the ledger reads of a state.

    package static var stateKeyOfSuccession: StateKey { succession.stateKey(Whole()) }
}
