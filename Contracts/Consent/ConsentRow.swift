package import ContractKit
package import Primitives

package enum ConsentState: UInt64, Choice {
    case granted = 1
    case amended = 2
    case withdrawn = 3
    case expired = 4

    package var name: String {
        switch self {
        case .granted: "GRANTED"
        case .amended: "AMENDED"
        case .withdrawn: "WITHDRAWN"
        case .expired: "EXPIRED"
        }
    }

    /// Whether data may flow under it.
    package var isLive: Bool { self == .granted || self == .amended }
}

/// What is allowed: the same fields in a grant, an amendment and the row.
package struct ConsentTerms: Record, Hashable {
    package var purpose = Identifier.unset
    package var dataClasses = DataClasses()
    /// Who may receive the data.
    package var recipient = Sector.privateOperator
    /// Where the recipient is.
    package var country = Jurisdiction.japan
    /// Until when, this moment not included.
    package var until: UInt64 = 0
    /// The digest of the notice that the subject was shown.
    package var notice = Digest.zero

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "purpose", &purpose)
        try visitor.choices(2, "data_classes", &dataClasses)
        try visitor.choice(3, "recipient", &recipient)
        try visitor.choice(4, "country", &country)
        try visitor.time(5, "until", &until)
        try visitor.digest(6, "notice", &notice)
    }

    /// Terms that allow something at this time.
    func check(_ context: borrowing ContractContext) throws(ContractError) {
        guard !dataClasses.isEmpty else { throw ContractError(.schema, "data_classes: none") }
        guard until > context.time else { throw ContractError(.deadline, "the consent would be over already") }
    }

    /// What the terms do not cover of a use; nil if they cover it.
    func objection(to use: DataUse) -> String? {
        guard purpose == use.purpose else { return "for another purpose" }
        guard dataClasses.contains(use.dataClass) else { return "for other data" }
        guard recipient == use.recipient else { return "for other recipients" }
        guard country == use.country else { return "for another country" }
        return nil
    }
}

/// A use of data that needs a consent.
package struct DataUse: Hashable, Sendable {
    package let purpose: Identifier
    package let dataClass: DataClass
    package let recipient: Sector
    package let country: Jurisdiction

    package init(purpose: Identifier, dataClass: DataClass, recipient: Sector, country: Jurisdiction) {
        self.purpose = purpose
        self.dataClass = dataClass
        self.recipient = recipient
        self.country = country
    }
}

package struct ConsentRow: Record, Hashable {
    /// The subject under one pseudonym.
    package var pseudonym = AccountID.unset
    package var terms = ConsentTerms()
    package var state = ConsentState.granted
    /// Counts the grant and every amendment.
    package var revision: UInt64 = 1
    /// The block that brought this state.
    package var since = Height.genesis

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "pseudonym", &pseudonym)
        try visitor.record(2, "terms", &terms)
        try visitor.choice(3, "state", &state)
        try visitor.unsigned(4, "revision", &revision, in: 1...UInt64.max)
        try visitor.height(5, "since", &since)
    }
}
