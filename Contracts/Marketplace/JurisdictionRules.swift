package import ContractKit
internal import Primitives

/// One line of the table: where data about people may go.
package struct JurisdictionRule: Hashable, Sendable {
    package let name: String
    package let origin: Jurisdiction
    package let destination: Jurisdiction
    /// Any recipient, where missing.
    package let recipient: Sector?
    /// When it came into force.
    package let from: UInt64
    /// When it ended; still in force, where missing.
    package let until: UInt64?
}

/// The table of rules for data about people. What no line allows is refused, so the sale of European data to a
/// Japanese public body, which the adequacy decision does not cover, needs no line of its own. The table is part of
/// the contract's version; changing it by vote comes with governance's proposals.
package enum JurisdictionTable {
    package static let rules: [JurisdictionRule] = [
        JurisdictionRule(
            name: "domestic-jp",
            origin: .japan,
            destination: .japan,
            recipient: nil,
            from: 0,
            until: nil
        ),
        JurisdictionRule(
            name: "domestic-eu",
            origin: .europeanUnion,
            destination: .europeanUnion,
            recipient: nil,
            from: 0,
            until: nil
        ),
        // Commission Implementing Decision (EU) 2019/419 of 23 January 2019, with the Supplementary Rules: business
        // operators only.
        JurisdictionRule(
            name: "adequacy-decision",
            origin: .europeanUnion,
            destination: .japan,
            recipient: .privateOperator,
            from: 1_548_201_600_000,
            until: nil
        ),
        // APPI article 28, in force since 1 April 2022 (JST), with the designation of the European Union.
        JurisdictionRule(
            name: "appi-28",
            origin: .japan,
            destination: .europeanUnion,
            recipient: nil,
            from: 1_648_738_800_000,
            until: nil
        ),
    ]

    /// The first rule that allows it at a time; nil refuses it.
    package static func rule(
        from origin: Jurisdiction,
        to destination: Jurisdiction,
        _ recipient: Sector,
        at time: UInt64
    ) -> JurisdictionRule? {
        rules.first { rule in
            rule.origin == origin && rule.destination == destination
                && (rule.recipient == nil || rule.recipient == recipient)
                && rule.from <= time && time < rule.until ?? .max
        }
    }
}
