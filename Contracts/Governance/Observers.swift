package import ContractKit
package import Primitives

/// Machines of an organisation that may follow the chain although they are no validators: candidates before they report,
/// archives, and validators that were removed.
package struct ObserversRow: Record, Hashable {
    /// SHA-256 of the SubjectPublicKeyInfo of each machine's TLS key; the oldest first.
    package var pins: [Digest] = []

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.list(1, "pins", &pins, of: .digest, atMost: ObserversRow.greatestCount)
    }

    static let greatestCount = 16

    /// Adds those that are not there; the oldest give way, since nobody may be kept from being removed by a full list.
    mutating func admit(_ comers: [Digest]) {
        pins += comers.filter { !pins.contains($0) }
        pins.removeFirst(max(0, pins.count - ObserversRow.greatestCount))
    }
}

package struct AdmitObserver: ContractMethod {
    package static let name = "admit-observer"
    package static let summary = "A registrar lets a machine of its organisation follow the chain, by its TLS pin."
    package static let errors: [ErrorCode] = [.role, .reference, .duplicate, .limit]

    package var pin = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "pin", &pin)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        _ = try Governance.registrarsOrganisation(&context)
        let organisation = context.caller.organisation
        var row = try Governance.observers.get(organisation, &context) ?? ObserversRow()
        guard !row.pins.contains(pin) else { throw ContractError(.duplicate, "it is an observer already") }
        guard row.pins.count < ObserversRow.greatestCount else { throw ContractError(.limit, "too many observers") }
        row.admit([pin])
        try Governance.observers.put(organisation, row, &context)
        try Governance.emitObserversChanged(row, of: organisation, &context)
    }
}

package struct DismissObserver: ContractMethod {
    package static let name = "dismiss-observer"
    package static let summary = "A registrar no longer lets a machine of its organisation follow the chain."
    package static let errors: [ErrorCode] = [.role, .reference]

    package var pin = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.digest(1, "pin", &pin)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        _ = try Governance.registrarsOrganisation(&context)
        let organisation = context.caller.organisation
        guard var row = try Governance.observers.get(organisation, &context), row.pins.contains(pin) else {
            throw ContractError(.reference, "no such observer")
        }
        row.pins.removeAll { $0 == pin }
        try Governance.observers.put(organisation, row, &context)
        try Governance.emitObserversChanged(row, of: organisation, &context)
    }
}

package struct ObserversChanged: ContractEvent, Hashable {
    package static let name = "observers-changed"

    package var organisation = Identifier.unset
    package var count: UInt64 = 0

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
        try visitor.unsigned(2, "count", &count, in: 0...UInt64.max)
    }
}

package struct ObserversQuery: ContractQuery {
    package static let name = "observers"
    package static let summary = "The machines of an organisation that follow the chain and are no validators."

    package var organisation = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
    }

    package func answer(_ context: inout ContractContext) throws(ContractError) -> ObserversRow {
        try Governance.observers.existing(organisation, "observers", &context)
    }
}

extension Governance {
    /// Every TLS pin whose holder may follow the chain, with its organisation: of validators in force and to come, of
    /// candidates and of observers, as long as the organisation is active. Validators first: nobody else's claim to a pin
    /// takes it from them.
    ///
    /// - Parameter limit: how many at most, since registrars may report any number of candidates.
    package static func followers(
        atMost limit: Int,
        _ context: inout ContractContext
    ) throws(ContractError) -> [Digest: Identifier] {
        try context.limited(to: .max) { context throws(ContractError) in
            try context.call(into: id) { context throws(ContractError) in
                var followers = Followers(limit: limit)
                let rows = try validatorsInForce(&context) + coming(&context)
                for row in rows { try followers.add(row.tlsPins, of: row.organisation, &context) }
                var cursor: [UInt8]?
                repeat {
                    let page = try observers.scan(after: cursor, limit: PageCursor.greatestPage, &context)
                    for (organisation, row) in page.entries.map({ ($0.key, $0.row) }) {
                        try followers.add(row.pins, of: organisation, &context)
                    }
                    cursor = page.next
                } while cursor != nil && !followers.isFull
                cursor = nil
                repeat {
                    let page = try candidates.scan(after: cursor, limit: PageCursor.greatestPage, &context)
                    for row in page.entries.map(\.row.validator) {
                        try followers.add(row.tlsPins, of: row.organisation, &context)
                    }
                    cursor = page.next
                } while cursor != nil && !followers.isFull
                return followers.organisations
            }
        }
    }

    private struct Followers {
        let limit: Int
        var organisations: [Digest: Identifier] = [:]
        private var isActive: [Identifier: Bool] = [:]

        init(limit: Int) { self.limit = limit }

        var isFull: Bool { organisations.count >= limit }

        mutating func add(
            _ pins: [Digest],
            of organisation: Identifier,
            _ context: inout ContractContext
        ) throws(ContractError) {
            if isActive[organisation] == nil {
                isActive[organisation] = try Governance.organisations.get(organisation, &context)?.status == .active
            }
            guard isActive[organisation] == true else { return }
            for pin in pins where organisations[pin] == nil && !isFull { organisations[pin] = organisation }
        }
    }

    static func emitObserversChanged(
        _ row: ObserversRow,
        of organisation: Identifier,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var event = ObserversChanged()
        event.organisation = organisation
        event.count = UInt64(row.pins.count)
        try context.emit(event)
    }

    /// Who becomes a validator follows as one; were its pin kept here, it would outlive the validator's next TLS key.
    static func forgetObserver(_ comer: ValidatorRow, _ context: inout ContractContext) throws(ContractError) {
        guard var row = try observers.get(comer.organisation, &context),
            row.pins.contains(where: { comer.tlsPins.contains($0) })
        else { return }
        row.pins.removeAll { comer.tlsPins.contains($0) }
        try observers.put(comer.organisation, row, &context)
        try emitObserversChanged(row, of: comer.organisation, &context)
    }

    /// Who leaves the set goes on following, until its organisation's registrar says otherwise.
    static func observe(_ leaver: ValidatorRow, _ context: inout ContractContext) throws(ContractError) {
        var row = try observers.get(leaver.organisation, &context) ?? ObserversRow()
        row.admit(leaver.tlsPins)
        try observers.put(leaver.organisation, row, &context)
        try emitObserversChanged(row, of: leaver.organisation, &context)
    }
}
