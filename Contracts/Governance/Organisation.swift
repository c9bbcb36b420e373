package import ContractKit
package import Primitives

package enum OrganisationStatus: UInt64, Choice {
    case active = 1
    case suspended = 2
    case left = 3

    package var name: String {
        switch self {
        case .active: "ACTIVE"
        case .suspended: "SUSPENDED"
        case .left: "LEFT"
        }
    }
}

/// The number under which a register knows an organisation.
package enum OrganisationNumber: TableKey {
    case corporate(CorporateNumber)
    case legalEntity(LegalEntityIdentifier)

    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .corporate(let number):
            bytes.append(1)
            number.number.append(to: &bytes)
        case .legalEntity(let identifier):
            bytes.append(2)
            bytes.append(contentsOf: identifier.bytes)
        }
    }

    package static func read(from reader: inout KeyReader) -> OrganisationNumber? {
        switch UInt8.read(from: &reader) {
        case 1: UInt64.read(from: &reader).flatMap { CorporateNumber($0) }.map { .corporate($0) }
        case 2: reader.take(20).flatMap { LegalEntityIdentifier(Array($0)) }.map { .legalEntity($0) }
        default: nil
        }
    }
}

/// A member of the consortium. It has one of the two numbers.
package struct OrganisationRow: Record, Hashable {
    package var corporateNumber: CorporateNumber?
    package var legalEntityIdentifier: LegalEntityIdentifier?
    package var jurisdiction = Jurisdiction.japan
    package var status = OrganisationStatus.active
    /// The privileged roles that its registrars may grant, declared at genesis.
    package var privileges = Roles()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.optional(1, "corporate_number", &corporateNumber, .corporateNumber)
        try visitor.optional(2, "legal_entity_identifier", &legalEntityIdentifier, .legalEntityIdentifier)
        try visitor.choice(3, "jurisdiction", &jurisdiction)
        try visitor.choice(4, "status", &status)
        try visitor.choices(5, "privileges", &privileges)
    }

    package var number: OrganisationNumber? {
        if let corporateNumber { return .corporate(corporateNumber) }
        return legalEntityIdentifier.map { .legalEntity($0) }
    }

    /// Known for Japanese numbers, which show it; others count as private until governance can declare it.
    package var sector: Sector { corporateNumber?.isPublicBody == true ? .publicBody : .privateOperator }
}

package struct OrganisationReferenceRow: Record, Hashable {
    package var organisation = Identifier.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "organisation", &organisation)
    }
}
